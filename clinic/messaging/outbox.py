"""Write messages into the outbox, and take back those that a newer change overtakes.

    a change of a visit ──┐ same transaction
    beat: what is due now ┴──> Message rows (unique key) ──> dispatcher ──> provider

What is rolled back was never said, and what is written twice is written once.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from clinic.models import CallEntry, Client, Location, Message, Purpose, User
from clinic.models.inserting import insert
from clinic.selectors.reach import Channel, Reach, reach_of


@dataclass(frozen=True, slots=True)
class About:
    """What a message tells of: a visit, a course ..., as it stood at `version`."""

    name: str
    id: int
    version: int = 0

    @property
    def key(self) -> str:
        return f"{self.name}:{self.id}:{self.version}"


@dataclass(frozen=True, slots=True)
class ToClient:
    """A message to a client that is not written yet.

    `everywhere`: by each channel that the client allows, not by the best one alone.
    """

    kind: str
    client: Client
    about: About
    location_id: int
    due_at: datetime
    purpose: Purpose = Purpose.SERVICE
    everywhere: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


def after_grace(now: datetime) -> datetime:
    """Return when a confirmation written now is due: an undo before then sends nothing."""
    return now + settings.MESSAGE_GRACE


def tell_clients(wishes: Collection[ToClient], now: datetime) -> list[ToClient]:
    """Write messages in the caller's transaction; return those that no channel can carry.

    Two queries for any number. A message that was written before is left as it is: the
    unique key (kind, what it tells of, version, channel) decides, from two places at once too.
    """
    rows, unreached = messages_to_clients(wishes, now)
    enqueue(rows)
    return unreached


def messages_to_clients(
    wishes: Collection[ToClient], now: datetime
) -> tuple[list[Message], list[ToClient]]:
    """Return messages that are not written yet, and the wishes that no channel can carry.

    One query for any number. For whoever writes them together with what they tell of, which
    must be new; others call `tell_clients`.
    """
    reach = reach_of({wish.client.pk: wish.client for wish in wishes}.values())
    rows: list[Message] = []
    unreached: list[ToClient] = []
    for wish in wishes:
        channels = _channels(wish, reach[wish.client.pk])
        rows += (_row_to_client(wish, channel, now) for channel in channels)
        if not channels:
            unreached.append(wish)
    return rows, unreached


def tell_user(
    *,
    kind: str,
    user: User,
    about: About,
    due_at: datetime,
    now: datetime,
    location: Location | None = None,
) -> Message:
    """Return an e-mail to somebody of the clinic, not written yet: see `enqueue`."""
    return Message(
        dedupe_key=f"{kind}:{about.key}:user:{user.pk}",
        kind=kind,
        channel=Channel.EMAIL,
        user=user,
        about=about.name,
        about_id=about.id,
        about_version=about.version,
        location=location,
        due_at=due_at,
        created_at=now,
    )


def enqueue(messages: Iterable[Message]) -> None:
    """Write messages, in the caller's transaction; one written before is left as it is."""
    insert(messages, but_twins=True)


def call(
    wishes: Iterable[ToClient],
    *,
    reason: CallEntry.Reason,
    call_by: datetime | None,
    now: datetime,
) -> None:
    """Put clients onto reception's call list, once for what each message tells of."""
    CallEntry.objects.bulk_create(
        [
            CallEntry(
                dedupe_key=f"{reason}:{wish.about.key}",
                client=wish.client,
                location_id=wish.location_id,
                reason=reason,
                about=wish.about.name,
                about_id=wish.about.id,
                about_version=wish.about.version,
                created_at=now,
                call_by=call_by,
            )
            for wish in wishes
        ],
        ignore_conflicts=True,
    )


def supersede(
    *, about: str, ids: Collection[int], kinds: Collection[str], reason: str
) -> list[Message]:
    """Drop what waits of these kinds about some things; return it, the oldest first.

    The rows are locked until the caller's transaction ends. What a worker has claimed is left
    to it: it asks again whether the message is wanted, or has sent it already.
    """
    waiting = Message.objects.filter(
        about=about, about_id__in=ids, state=Message.State.DUE, kind__in=kinds
    )
    found = list(waiting.select_for_update().order_by("pk"))
    if found:
        Message.objects.filter(pk__in=[row.pk for row in found]).update(
            state=Message.State.DROPPED, reason=reason
        )
    return found


def let_wait_again(wishes: Collection[ToClient]) -> None:
    """Have messages that were dropped wait anew, since what dropped them is no longer so.

    Those of the same kind, about the same version, for the same client. One query.
    """
    keys = [_key_of(wish, channel) for wish in wishes for channel in Channel]
    dropped = Message.objects.filter(dedupe_key__in=keys, state=Message.State.DROPPED)
    dropped.filter(client__in=[wish.client.pk for wish in wishes]).update(
        state=Message.State.DUE, reason=""
    )


def settle_calls(
    *, about: str, ids: Collection[int], but_version: int | None, now: datetime, note: str
) -> None:
    """Tick off the open calls about things that changed again, but those of the newest version."""
    outdated = Q() if but_version is None else ~Q(about_version=but_version)
    CallEntry.objects.filter(outdated, about=about, about_id__in=ids, settled_at=None).update(
        settled_at=now, note=note
    )


def _channels(wish: ToClient, reach: Reach) -> tuple[Channel, ...]:
    channels = reach.channels(wish.purpose)
    return channels if wish.everywhere else channels[:1]


def _key_of(wish: ToClient, channel: Channel) -> str:
    return f"{wish.kind}:{wish.about.key}:{channel}"


def _row_to_client(wish: ToClient, channel: Channel, now: datetime) -> Message:
    return Message(
        dedupe_key=_key_of(wish, channel),
        kind=wish.kind,
        channel=channel,
        client=wish.client,
        about=wish.about.name,
        about_id=wish.about.id,
        about_version=wish.about.version,
        details=dict(wish.details),
        location_id=wish.location_id,
        due_at=wish.due_at,
        created_at=now,
    )
