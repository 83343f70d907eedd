"""Makes an undefined variable in one of our templates fail the test that renders it."""

import sys
from pathlib import Path

import pytest
from django.template.base import Node

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


class UndefinedVariable(str):
    """What Django puts where a variable is undefined (`string_if_invalid`).

    In the templates of packages it is the empty string that it is by default: they lean
    on that. In ours it fails, with the name of the variable and of the template.
    """

    def __bool__(self) -> bool:
        return _template_of_ours() is not None

    def __contains__(self, text: object) -> bool:
        return text == "%s"

    def __mod__(self, variable: object) -> str:
        pytest.fail(f"undefined template variable {variable} in {_template_of_ours()}")


def _template_of_ours() -> str | None:
    """Return the template being rendered, where it is one of ours."""
    frame = sys._getframe(1)
    while frame is not None:
        node = frame.f_locals.get("self")
        if isinstance(node, Node) and frame.f_code.co_name.startswith("render"):
            origin = getattr(node, "origin", None)
            if origin is None:
                return None
            return str(origin) if Path(str(origin)).is_relative_to(TEMPLATES) else None
        frame = frame.f_back  # type: ignore[assignment]
    return None
