"""The colour roles of static/meridian.css keep text readable, light and dark."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "static" / "meridian.css").read_text()
LIGHT = r"^:root \{(.*?)^\}"
DARK_BY_SYSTEM = r":root:not\(\[data-bs-theme=\"light\"\]\) \{(.*?)\}"
DARK_BY_CHOICE = r"^\[data-bs-theme=\"dark\"\] \{(.*?)^\}"

TEXT_PAIRS = [
    ("ink", "paper"),
    ("ink", "surface"),
    ("ink", "sunk"),
    ("ink", "pine-soft"),
    ("muted", "paper"),
    ("muted", "surface"),
    ("muted", "sunk"),
    ("muted", "pine-soft"),
    ("pine", "paper"),
    ("pine", "surface"),
    ("pine", "sunk"),
    ("pine", "pine-soft"),
    ("on-pine", "pine"),
    ("on-pine", "pine-hover"),
    ("clay", "paper"),
    ("clay", "surface"),
    ("clay", "clay-soft"),
    ("gold", "surface"),
    ("gold", "gold-soft"),
    ("danger", "paper"),
    ("danger", "surface"),
    ("danger", "danger-soft"),
    ("surface", "danger"),
    ("surface", "danger-hover"),
]
EDGE_PAIRS = [("edge", "surface"), ("edge", "paper"), ("focus", "paper"), ("focus", "surface")]


def roles(pattern: str) -> dict[str, str]:
    block = re.search(pattern, CSS, re.DOTALL | re.MULTILINE)
    assert block is not None
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block.group(1)))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", [LIGHT, DARK_BY_CHOICE], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_reads_on_its_ground(scheme: str, text: str, ground: str) -> None:
    colours = roles(scheme)

    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK_BY_CHOICE], ids=["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), EDGE_PAIRS)
def test_edges_of_controls_are_seen(scheme: str, edge: str, ground: str) -> None:
    colours = roles(scheme)

    assert contrast(colours[edge], colours[ground]) >= 3


def test_both_ways_into_dark_show_the_same_colours() -> None:
    assert roles(DARK_BY_SYSTEM) == roles(DARK_BY_CHOICE)


def test_dark_names_every_role_of_light() -> None:
    assert roles(DARK_BY_CHOICE).keys() == roles(LIGHT).keys()
