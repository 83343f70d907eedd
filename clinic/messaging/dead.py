"""Addresses and numbers that give messages back: nothing more is sent, and reception calls."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction

from clinic.messaging.outbox import About, ToClient, call
from clinic.messaging.registry import kind_named
from clinic.models import CallEntry, Client, DeadAddress, Message, Purpose

Channel = Message.Channel

MOST_AHEAD = 50
"""Waiting messages of an address for which reception is asked to call; more say nothing new."""


@transaction.atomic
def mark_dead(*, channel: Channel, address: str, reason: str, now: datetime) -> None:
    """Keep that an address gave messages back; its clients go onto the call list.

    That is for what still waits for it and is about visits: nobody else would tell them.
    Told again, it changes nothing. `address`: e-mail in any letters, or E.164.
    """
    known = address.lower()
    DeadAddress.objects.bulk_create(
        [DeadAddress(channel=channel, address=known, reason=reason[:200], at=now)],
        ignore_conflicts=True,
    )
    clients = clients_at(channel, known)
    waiting = Message.objects.waiting().filter(channel=channel, client__in=clients)
    call_instead(waiting.order_by("due_at", "pk")[:MOST_AHEAD], now)


def clients_at(channel: Channel, address: str) -> Collection[Client]:
    """Return the clients whom an address or number reaches."""
    field = {"email__iexact": address} if channel == Channel.EMAIL else {"phone": address}
    return list(Client.objects.filter(merged_into=None, **field).order_by("pk"))


def call_instead(messages: Iterable[Message], now: datetime) -> None:
    """Put the clients of these messages onto the call list, where they tell of a visit."""
    wishes = [wish for row in messages if (wish := _wish(row))]
    call(wishes, reason=CallEntry.Reason.UNDELIVERED, call_by=None, now=now)


def call_unless_called(messages: Iterable[Message], now: datetime) -> None:
    """Put clients whom nothing reaches any more onto the call list, if no call waits already."""
    for row in messages:
        wish = _wish(row)
        calls = CallEntry.objects.filter(
            about=row.about, about_id=row.about_id, about_version=row.about_version
        )
        if wish and not calls.exists():
            call([wish], reason=CallEntry.Reason.NO_ADDRESS, call_by=None, now=now)


def _wish(row: Message) -> ToClient | None:
    if row.client is None or row.location_id is None or not _is_service(row):
        return None
    return ToClient(
        kind=row.kind,
        client=row.client,
        about=About(row.about, row.about_id, row.about_version),
        location_id=row.location_id,
        due_at=row.due_at,
    )


def _is_service(row: Message) -> bool:
    kind = kind_named(row.kind)
    return kind is not None and kind.purpose == Purpose.SERVICE
