"""What somebody typed and sent while their screen was locked: kept for them, not done."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib import messages
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils.translation import gettext as _

UNSENT = "unsent"
MAX_CHARACTERS = 20_000
SECRET = re.compile(r"csrf|password|code|pin$|credential|secret", re.IGNORECASE)
NEVER_KEPT = ("account_", "mfa_", "usersessions_", "login", "lock", "pin", "awake")
"""Pages, by the start of their names, whose fields are secrets, or nothing that was typed."""


BUTTON = "unsent-button"
"""A field that names a button of a form that was half typed: its name, value and words."""
MOST_BUTTONS, MOST_LETTERS = 8, 120


@dataclass(frozen=True, slots=True)
class Button:
    """A way to send a form; without a name where the form has nothing to choose."""

    name: str
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Unsent:
    """A form that was sent to a locked screen: where to, what, and when.

    `buttons` are those that it has, of one that was half typed and has several.
    """

    path: str
    fields: list[tuple[str, str]]
    sent_at: datetime
    buttons: list[Button]


def refuse_form(request: HttpRequest, now: datetime) -> None:
    """Keep words that somebody typed, in the session; of a mere tap say that it was not done.

    The message is shown once the screen is open. Files and secrets are never kept.
    """
    name = request.resolver_match.url_name if request.resolver_match else None
    if (name or "").startswith(NEVER_KEPT):
        return
    if not _keep(request, now):
        messages.warning(request, _("The screen was locked: what you did last was not done."))


def _keep(request: HttpRequest, now: datetime) -> bool:
    fields = [
        (field, value)
        for field, values in request.POST.lists()
        for value in values
        if field != BUTTON and not SECRET.search(field)
    ]
    buttons = _buttons(request.POST.getlist(BUTTON))
    size = sum(len(field) + len(value) for field, value in fields)
    if request.FILES or size > MAX_CHARACTERS or not words_of(fields):
        return False
    path = request.get_full_path()
    request.session[UNSENT] = {
        "path": path,
        "fields": fields,
        "at": now.timestamp(),
        "buttons": buttons,
    }
    return True


def _buttons(told: Sequence[str]) -> list[list[str]]:
    """Return name, value and words of the buttons that a page told; what is no button is left."""
    found = []
    for text in told[:MOST_BUTTONS]:
        try:
            parts = json.loads(text)
        except ValueError:
            continue
        is_button = isinstance(parts, list) and len(parts) == 3
        if is_button and all(isinstance(part, str) and len(part) <= MOST_LETTERS for part in parts):
            found.append(parts)
    return found


def words_of(fields: Sequence[tuple[str, str]]) -> list[str]:
    """Return the values that somebody typed: those of several words."""
    return [value for _field, value in fields if " " in value.strip()]


def has_unsent(session: SessionBase) -> bool:
    """Tell whether something waits to be sent."""
    return UNSENT in session


def take_unsent(session: SessionBase) -> Unsent | None:
    """Return what was kept, once; the page that shows it holds it from then on."""
    kept = session.pop(UNSENT, None)
    if kept is None:
        return None
    fields = [(field, value) for field, value in kept["fields"]]
    buttons = [Button(*parts) for parts in kept.get("buttons", [])]
    return Unsent(kept["path"], fields, datetime.fromtimestamp(kept["at"], UTC), buttons)
