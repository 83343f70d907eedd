"""No page, message or piece of demo data promises what needles do."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FORBIDDEN = re.compile(
    r"""\b(?:
        cur(?:e|es|ed|ing) | guarantee(?:s|d|ing)? | permanent(?:ly)?
      | (?:clinically\s+)?proven | safe(?:ly|r|st)? | pain-?less(?:ly)? | toxins? | detox\w*
      | burns?\s+fat | fat[- ]burning | face-?lift\s+results? | years\s+younger
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""The words of `domain.md` 1 (d); "safe" alone promises that nothing can happen."""

EVIDENCE = ROOT / "templates/components/evidence.html"
"""The one template that may say that nobody can promise a result."""

TEMPLATE_CODE = re.compile(
    r"{%\s*(?!translate|blocktranslate|trans\b)[^%]*%}|{{[^}]*}}|{#.*?#}", re.DOTALL
)


def templates() -> list[Path]:
    found = sorted((ROOT / "templates").rglob("*"))
    return [path for path in found if path.suffix in (".html", ".txt") and path != EVIDENCE]


def modules() -> list[Path]:
    return sorted(
        path
        for app in ("clinic", "bookings", "treatments")
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and "settings" not in path.parts
    )


def visible_text(path: Path) -> str:
    """Return a template without what runs in it: a reader never sees `|safe`."""
    return TEMPLATE_CODE.sub(" ", path.read_text())


def strings(path: Path) -> list[str]:
    """Return the strings of a module that are not documentation of the code."""
    tree = ast.parse(path.read_text())
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documentation
    ]


def promises(text: str) -> list[str]:
    return [found.group(0) for found in FORBIDDEN.finditer(text)]


def test_templates_promise_nothing():
    found = {path.name: promises(visible_text(path)) for path in templates()}

    assert {name: words for name, words in found.items() if words} == {}


def test_strings_of_the_code_and_the_demo_promise_nothing():
    found = {str(path.relative_to(ROOT)): promises("\n".join(strings(path))) for path in modules()}

    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    "text",
    [
        "This cures wrinkles.",
        "We guarantee it.",
        "Results are permanent",
        "A proven method",
        "It is safe.",
        "Painless!",
        "removes toxins",
        "a detox for your skin",
        "burns fat",
        "Look years younger",
        "a facelift result",
    ],
)
def test_the_check_itself_sees_each_word(text):
    assert promises(text)


@pytest.mark.parametrize("text", ["a curve", "unsafe", "security", "manicure", "the procedure"])
def test_the_check_leaves_other_words_alone(text):
    assert not promises(text)


def test_evidence_line_is_written_once():
    line = "evidence for cosmetic acupuncture"

    assert line in EVIDENCE.read_text()
    assert [path.name for path in templates() if line in path.read_text()] == []
