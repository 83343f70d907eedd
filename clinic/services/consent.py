"""What clients allow us to send: each yes or no is a row, and the newest counts."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from clinic.messaging.dead import clients_at
from clinic.models import Client, Consent, DeadAddress, Purpose, User
from clinic.permissions import CHOOSE_MESSAGES, ENTER_CLIENTS, require
from clinic.selectors.reach import Channel, choices, reach_of

Choice = tuple[Purpose, Channel]
Source = Consent.Source


@transaction.atomic
def record_choices(
    *,
    client: Client,
    wanted: Mapping[Choice, bool],
    source: Consent.Source,
    by: User,
    now: datetime,
) -> list[Consent]:
    """Keep what a client allows now; return the rows written, none for what stands so already.

    By the client, or by the desk for what the client said. Raises `NotAllowed`.
    """
    require(by, CHOOSE_MESSAGES, client)
    _lock([client])
    reach = reach_of([client])[client.pk]
    changed = {choice: given for choice, given in wanted.items() if reach.may(*choice) is not given}
    return _write(client, changed, source=source, by=by, now=now)


@transaction.atomic
def stop_by_link(*, client: Client, choice: Choice, now: datetime) -> bool:
    """Take one consent back by a signed link. Return whether it stood until now."""
    _lock([client])
    if not reach_of([client])[client.pk].may(*choice):
        return False
    _write(client, {choice: False}, source=Source.LINK, by=None, now=now)
    return True


@transaction.atomic
def stop_address(*, channel: Channel, address: str, source: Consent.Source, now: datetime) -> bool:
    """Take back all consent by one channel, of every client with that address or number.

    Return whether anything changed: said again, it changes nothing.
    """
    clients = clients_at(channel, address)
    _lock(clients)
    said = choices([client.pk for client in clients])
    written = [
        row
        for client in clients
        for row in _write(
            client,
            {
                (purpose, channel): False
                for purpose in Purpose
                if said.get(client.pk, {}).get((purpose, channel)) is not False
            },
            source=source,
            by=None,
            now=now,
        )
    ]
    return bool(written)


def clear_address(*, channel: Channel, address: str, by: User, now: datetime) -> bool:
    """Let messages go to an address again that had given them back; the client has said it works.

    Return whether one was marked. Clearing twice changes nothing. Raises `NotAllowed`.
    """
    require(by, ENTER_CLIENTS)
    marked = DeadAddress.objects.filter(channel=channel, address=address, cleared_at=None)
    return bool(marked.update(cleared_at=now, cleared_by=by))


def _lock(clients: Collection[Client]) -> None:
    # So that a double click writes one row, and of two opposite clicks the later one counts.
    pks = [client.pk for client in clients]
    list(Client.objects.select_for_update().filter(pk__in=pks).order_by("pk"))


def _write(
    client: Client,
    said: Mapping[Choice, bool],
    *,
    source: Consent.Source,
    by: User | None,
    now: datetime,
) -> list[Consent]:
    return Consent.objects.bulk_create(
        Consent(
            client=client,
            purpose=purpose,
            channel=channel,
            given=given,
            source=source,
            by=by,
            at=now,
        )
        for (purpose, channel), given in said.items()
    )
