"""What somebody typed and sent while their screen was locked: kept for them, not done."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

UNSENT = "unsent"
MAX_CHARACTERS = 20_000
SECRET = re.compile(r"csrf|password|code|pin$|credential|secret", re.IGNORECASE)
NEVER_KEPT = ("account_", "mfa_", "usersessions_", "login", "lock", "pin", "awake")
"""Pages, by the start of their names, whose fields are secrets, or nothing that was typed."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """A form that was sent to a locked screen: where to, what, and when."""

    path: str
    fields: list[tuple[str, str]]
    sent_at: datetime


def keep_unsent(request: HttpRequest, now: datetime) -> None:
    """Keep what a locked request brought, in the session: without files and secrets."""
    name = request.resolver_match.url_name if request.resolver_match else None
    if (name or "").startswith(NEVER_KEPT) or request.FILES:
        return
    fields = [
        (field, value)
        for field, values in request.POST.lists()
        for value in values
        if not SECRET.search(field)
    ]
    if sum(len(field) + len(value) for field, value in fields) <= MAX_CHARACTERS:
        path = request.get_full_path()
        request.session[UNSENT] = {"path": path, "fields": fields, "at": now.timestamp()}


def has_unsent(session: SessionBase) -> bool:
    """Tell whether something waits to be sent."""
    return UNSENT in session


def take_unsent(session: SessionBase) -> Unsent | None:
    """Return what was kept, once; the page that shows it holds it from then on."""
    kept = session.pop(UNSENT, None)
    if kept is None:
        return None
    fields = [(field, value) for field, value in kept["fields"]]
    return Unsent(kept["path"], fields, datetime.fromtimestamp(kept["at"], UTC))
