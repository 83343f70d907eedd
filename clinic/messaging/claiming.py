"""Take messages that are due, and write down what became of them.

A claim is a mark of one worker on some rows, in a transaction of a few milliseconds; nobody
waits for another's rows. What became of a row is written only where the mark still stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet

from clinic.models import Message
from clinic.selectors.reach import Channel

BATCH = 100
State = Message.State


@dataclass(frozen=True, slots=True)
class Claimed:
    """Rows that are ours for a while, with `client`, `user` and `location` loaded.

    `lost_twice`: the rows (by pk) that a worker was lost with before, and now again.
    """

    messages: tuple[Message, ...] = ()
    lost_twice: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a claimed row. `tries_back` takes a claim back that was no try."""

    message_id: int
    claim: UUID
    state: str
    due_at: datetime | None = None
    sent_at: datetime | None = None
    last_error: str = ""
    reason: str = ""
    provider_id: str = ""
    address: str = ""
    subject: str = ""
    tries_back: int = 0
    may_be_out: bool = False


@transaction.atomic
def claim(channel: Channel, now: datetime, limit: int = BATCH) -> Claimed:
    """Claim up to `limit` messages of a channel: first what a lost worker left, then what is due.

    Rows that another worker is claiming at this moment are passed over. At most eight
    statements, each by an index.
    """
    of_channel = Message.objects.filter(channel=channel)
    lost = _locked(
        of_channel.filter(state=State.CLAIMED, lease_until__lte=now), "lease_until", limit
    )
    waiting = of_channel.filter(state=State.DUE, due_at__lte=now)
    due = _locked(waiting, "due_at", limit - len(lost))
    lost_twice = frozenset(message.pk for message in lost if message.recovered)
    mark, lease_until = uuid4(), now + settings.MESSAGE_LEASE
    _mark(due, mark, lease_until)
    _mark(lost, mark, lease_until, recovered=True)
    return Claimed((*lost, *due), lost_twice)


def record(outcomes: Sequence[Outcome]) -> int:
    """Write what became of messages, in one statement; return how many were still ours.

    A row whose lease ran out and that another worker took is left to that one.
    """
    if not outcomes:
        return 0
    columns = [list(column) for column in zip(*map(_values, outcomes), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(RECORD, columns)
        return int(cursor.rowcount)


def _locked(rows: "QuerySet[Message]", order: str, limit: int) -> list[Message]:
    # Most are of a few places: each is read once, not once a message.
    found = rows.order_by(order, "pk").select_related("client").prefetch_related("user", "location")
    return list(found.select_for_update(skip_locked=True, of=("self",))[:limit])


def _mark(
    messages: Sequence[Message], mark: UUID, lease_until: datetime, **changes: object
) -> None:
    if not messages:
        return
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(
        state=State.CLAIMED, claim=mark, lease_until=lease_until, tries=F("tries") + 1, **changes
    )
    for message in messages:
        message.claim, message.lease_until, message.state = mark, lease_until, State.CLAIMED
        message.tries += 1


# A copy of all fields without a look into them, which `dataclasses.astuple` takes.
_values = attrgetter(*(field.name for field in fields(Outcome)))

# One array a column, in the order of `Outcome`.
RECORD = """
    UPDATE clinic_message AS message
    SET state = found.state, claim = NULL, lease_until = NULL,
        due_at = COALESCE(found.due_at, message.due_at), sent_at = found.sent_at,
        last_error = found.last_error, reason = found.reason,
        provider_id = found.provider_id, address = found.address, subject = found.subject,
        tries = message.tries - found.tries_back,
        recovered = message.recovered OR found.may_be_out
    FROM unnest(
        %s::bigint[], %s::uuid[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[],
        %s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[], %s::boolean[]
    ) AS found (
        message_id, claim, state, due_at, sent_at, last_error,
        reason, provider_id, address, subject, tries_back, may_be_out
    )
    WHERE message.id = found.message_id AND message.claim = found.claim
"""
