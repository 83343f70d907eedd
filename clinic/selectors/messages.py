"""What went out, what waits and what failed, as the desk looks it up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from clinic.models import Message
from clinic.selectors.client_search import find_clients

State = Message.State

WAITING, SENT, FAILED, LEFT_OUT = "waiting", "sent", "failed", "left-out"
GROUPS: Mapping[str, tuple[Message.State, ...]] = {
    WAITING: (State.DUE, State.CLAIMED),
    SENT: (State.SENT,),
    FAILED: (State.FAILED,),
    LEFT_OUT: (State.DROPPED, State.SKIPPED),
}
"""The states as the desk thinks of them."""

TOLD_SHOWN = 30
NEWEST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class LogQuestion:
    """Which messages; empty means all. `words` are searched for in clients."""

    group: str = ""
    kind: str = ""
    words: str = ""
    client_id: int | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether nothing is left out."""
        return not (self.group or self.kind or self.words or self.client_id)


def message_log(question: LogQuestion) -> QuerySet[Message]:
    """Return messages, the newest first, with whom they go to and where."""
    rows = _with_people(Message.objects.all())
    if question.group:
        rows = rows.filter(state__in=GROUPS[question.group])
    if question.kind:
        rows = rows.filter(kind=question.kind)
    if question.client_id is not None:
        rows = rows.filter(client=question.client_id)
    if question.words:
        rows = rows.filter(client__in=find_clients(question.words).order_by().values("pk"))
    return rows


def told_to(client_id: int) -> Sequence[Message]:
    """Return the newest messages to a client. One query."""
    return list(_with_people(Message.objects.filter(client=client_id))[:NEWEST_SHOWN])


def _with_people(rows: QuerySet[Message]) -> QuerySet[Message]:
    return rows.select_related("client", "user", "location").order_by("-created_at", "-pk")
