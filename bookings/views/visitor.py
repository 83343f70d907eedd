"""What the session keeps of a visitor who is booking: the held time, and what was typed."""

from typing import Any, TypedDict
from uuid import UUID

from django.http import Http404, HttpRequest

from bookings.domain.lifecycle import State
from bookings.models import Appointment

SESSION_KEY = "booking"
HOLDS_KEPT = 5


class Typed(TypedDict, total=False):
    """What the visitor said about themselves."""

    name: str
    email: str
    phone: str
    adult: bool
    texts: bool
    recall: bool


class Visitor:
    """The visitor's own part of the session. The last of `holds` is the one that counts."""

    def __init__(self, request: HttpRequest) -> None:
        self._session = request.session
        kept: dict[str, Any] = request.session.get(SESSION_KEY, {})
        self._holds: list[str] = list(kept.get("holds", []))
        self._typed: Typed = kept.get("typed", {})

    @property
    def typed(self) -> Typed:
        """What was typed so far."""
        return self._typed

    def remember(self, typed: Typed) -> None:
        """Keep what was typed, for the next page and for a lost slot."""
        self._typed = {**self._typed, **typed}
        self._save()

    def holds_now(self, hold: Appointment) -> None:
        """Make a hold the one that counts; earlier ones stay known as this visitor's."""
        self._holds = [*self._holds, str(hold.public_id)][-HOLDS_KEPT:]
        self._save()

    def current_hold(self) -> Appointment | None:
        """Return the hold that counts, while it is one."""
        if not self._holds:
            return None
        return Appointment.objects.filter(public_id=self._holds[-1], state=State.HELD).first()

    def hold_or_404(self, public_id: UUID) -> Appointment:
        """Return one of this visitor's holds, whatever became of it; 404 for anybody else's."""
        if str(public_id) not in self._holds:
            raise Http404
        found = Appointment.objects.with_people().filter(public_id=public_id).first()
        if found is None:
            raise Http404
        return found

    def _save(self) -> None:
        self._session[SESSION_KEY] = {"holds": self._holds, "typed": self._typed}
