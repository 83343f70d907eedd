"""Count the tones of an alarm in a real browser, which nobody hears."""

from playwright.sync_api import Page

A_CALL = 6
"""So many tones make one call."""

COUNT_TONES = """
window.tones = 0;
const make = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () {
  window.tones += 1;
  return make.call(this);
};
"""
SOUND_WAS_TURNED_ON = "localStorage.setItem('meridian-sound', 'on')"


def tones(page: Page) -> int:
    """Return how many tones the page has made so far."""
    return int(page.evaluate("() => window.tones"))


def wait_for_tones(page: Page) -> None:
    """Wait until the page has called."""
    for _ in range(100):
        if tones(page) >= A_CALL:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{tones(page)} tones in ten seconds")
