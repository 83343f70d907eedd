"""By which channels somebody may be reached, for which purpose, and at what address."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection

from clinic.models import Client, Message, Purpose

Channel = Message.Channel
Said = dict[int, dict[tuple[Purpose, Channel], bool]]

REACH_SQL = """
(
    SELECT DISTINCT ON (client_id, purpose, channel) client_id, purpose, channel, given, NULL
    FROM clinic_consent WHERE client_id = ANY(%(clients)s)
    ORDER BY client_id, purpose, channel, id DESC
)
UNION ALL
SELECT NULL, NULL, channel, NULL, address
FROM clinic_deadaddress WHERE address = ANY(%(addresses)s::text[]) AND cleared_at IS NULL
"""
"""The newest word of each client, and the dead ones among the addresses."""

WITHOUT_A_ROW = {(Purpose.SERVICE, Channel.EMAIL)}
"""What counts as given as long as a client has said nothing."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a client allows, and the addresses that are there and alive.

    `dead` are the channels whose address gave messages back.
    """

    addresses: Mapping[Channel, str]
    given: frozenset[tuple[Purpose, Channel]]
    dead: frozenset[Channel] = field(default=frozenset())

    def may(self, purpose: Purpose, channel: Channel) -> bool:
        """Tell whether a client has said yes to this, or said nothing where that is enough."""
        return (purpose, channel) in self.given

    def channels(self, purpose: Purpose) -> tuple[Channel, ...]:
        """Return the channels that are allowed and lead somewhere, e-mail first."""
        return tuple(
            channel
            for channel in (Channel.EMAIL, Channel.SMS)
            if channel in self.addresses and self.may(purpose, channel)
        )


def reach_of(clients: Collection[Client]) -> dict[int, Reach]:
    """Return how clients may be reached, by their pk: one query for any number.

    A channel without a provider leads nowhere, so that reception calls instead.
    """
    if not clients:
        return {}
    known = {client.pk: addresses_of(client) for client in clients}
    said, dead = _read(known, {address for item in known.values() for address in item.values()})
    return {pk: _reach(addresses, said.get(pk, {}), dead) for pk, addresses in known.items()}


def is_set_up(channel: Channel) -> bool:
    """Tell whether this clinic sends by a channel at all: text messages need a provider."""
    return channel != Channel.SMS or bool(settings.SMS["provider"])


def addresses_of(client: Client) -> dict[Channel, str]:
    """Return a client's addresses by channel: e-mail in small letters, number as E.164."""
    found = {Channel.EMAIL: client.email.lower()} if client.email else {}
    return {**found, Channel.SMS: client.phone.as_e164} if client.phone else found


def choices(client_ids: Iterable[int]) -> Said:
    """Return the newest yes or no by client, purpose and channel, as far as said. One query."""
    said, _dead = _read(client_ids, ())
    return said


def _read(client_ids: Iterable[int], addresses: Iterable[str]) -> tuple[Said, set[tuple[str, str]]]:
    """Return what clients said, and which of the addresses (with their channel) are dead."""
    said: Said = {}
    dead: set[tuple[str, str]] = set()
    with connection.cursor() as cursor:
        cursor.execute(REACH_SQL, {"clients": list(client_ids), "addresses": list(addresses)})
        for client_id, purpose, channel, given, address in cursor.fetchall():
            if address is not None:
                dead.add((channel, address))
            else:
                said.setdefault(client_id, {})[Purpose(purpose), Channel(channel)] = given
    return said, dead


def _reach(
    addresses: Mapping[Channel, str],
    said: Mapping[tuple[Purpose, Channel], bool],
    dead: Collection[tuple[str, str]],
) -> Reach:
    given = {
        (purpose, channel)
        for purpose in Purpose
        for channel in Channel
        if said.get((purpose, channel), (purpose, channel) in WITHOUT_A_ROW)
    }
    gone = {channel for channel, address in addresses.items() if (channel, address) in dead}
    alive = {
        channel: address
        for channel, address in addresses.items()
        if channel not in gone and is_set_up(channel)
    }
    return Reach(alive, frozenset(given), frozenset(gone))
