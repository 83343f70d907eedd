"""Ask axe about a page, on a phone and on a desk, in light and in dark."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from playwright.sync_api import Page

SIZES = ((390, 844), (1280, 900))
TABLET = (820, 1180)
SCHEMES = ("light", "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# Evaluated by the debugger, so the page's Content-Security-Policy stays as it is.
AXE = (settings.NODE_MODULES / "axe-core" / "axe.min.js").read_text()
RUN = "rules => axe.run({runOnly: rules, resultTypes: ['violations']})"
# Colours of nested elements follow a change of scheme a frame or two later, and fonts and what
# htmx swaps in come when they come: two frames in a row must show the same.
SETTLE = """async () => {
  await document.fonts.ready;
  const frame = () => new Promise(requestAnimationFrame);
  const look = () => [...document.querySelectorAll("body, body *")].map(one => {
    const style = getComputedStyle(one);
    return style.color + style.backgroundColor;
  }).join();
  const moves = () => document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling") ||
    document.getAnimations().length > 0;
  let last = "";
  for (let frames = 0; frames < 300; frames += 1) {
    await frame();
    const now = look();
    if (now === last && !moves()) return;
    last = now;
  }
  throw new Error("the page does not come to rest");
}"""
OVERFLOW = "() => document.documentElement.scrollWidth > window.innerWidth"


def faults(page: Page, sizes: Sequence[tuple[int, int]] = SIZES) -> list[str]:
    """Return what axe finds in every size and scheme, and pages that scroll sideways."""
    found = []
    page.wait_for_load_state()
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            # Without motion: half-way through a change of colours everything is too pale.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.evaluate(SETTLE)
            found += [f"{page.url} {width} {scheme}: {fault}" for fault in _ask(page)]
    return found


def _ask(page: Page) -> list[str]:
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    result: dict[str, Any] = page.evaluate(RUN, RULES)
    found = [
        f"{rule['id']} {[(node['target'], node['failureSummary']) for node in rule['nodes']]}"
        for rule in result["violations"]
    ]
    return [*found, "scrolls sideways"] if page.evaluate(OVERFLOW) else found
