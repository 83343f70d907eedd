"""How the outbox stands: is anything waiting too long, and does anybody look after it?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from clinic.models import Heartbeat, Message

DISPATCHER = "dispatcher"

LONGEST_SILENCE = timedelta(minutes=2)
"""A round begins every ten seconds and says every five that it lives; so long means it doesn't."""
LONGEST_WAIT = timedelta(minutes=5)
"""Due for longer than this, a message has been forgotten or there are far too many."""


@dataclass(frozen=True, slots=True)
class OutboxHealth:
    """`last_run_at` is None before the first run; `oldest_due_at` when nothing is due."""

    last_run_at: datetime | None
    oldest_due_at: datetime | None

    def is_silent(self, now: datetime) -> bool:
        """Tell whether nobody looks after the outbox."""
        return self.last_run_at is None or now - self.last_run_at > LONGEST_SILENCE

    def is_behind(self, now: datetime) -> bool:
        """Tell whether something has been due for too long."""
        return self.oldest_due_at is not None and now - self.oldest_due_at > LONGEST_WAIT

    def waited_seconds(self, now: datetime) -> int:
        """Return for how long the oldest message has been due."""
        return int((now - self.oldest_due_at).total_seconds()) if self.oldest_due_at else 0


def outbox_health(now: datetime) -> OutboxHealth:
    """Return when the dispatcher last ran and what has been due for longest: three statements."""
    heartbeat = Heartbeat.objects.filter(name=DISPATCHER).first()
    due = Message.objects.filter(state=Message.State.DUE, due_at__lte=now)
    claimed = Message.objects.filter(state=Message.State.CLAIMED, lease_until__lte=now)
    oldest = [
        found
        for rows in (due, claimed)
        if (found := rows.aggregate(oldest=Min("due_at"))["oldest"]) is not None
    ]
    return OutboxHealth(heartbeat.at if heartbeat else None, min(oldest, default=None))


def waiting_count() -> int:
    """Return how many messages are still to be sent, whenever they are due: two queries.

    Two, since each state has its own small index, and both together would read the table.
    """
    states = (Message.State.DUE, Message.State.CLAIMED)
    return sum(Message.objects.filter(state=state).count() for state in states)
