"""By which channels somebody may be reached, for which purpose, and at what address."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.conf import settings

from clinic.models import Client, Consent, DeadAddress, Message, Purpose

Channel = Message.Channel

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
    """Return how clients may be reached, by their pk: two queries for any number.

    A channel without a provider leads nowhere, so that reception calls instead.
    """
    said = choices([client.pk for client in clients])
    known = {client.pk: addresses_of(client) for client in clients}
    dead = _dead({address for item in known.values() for address in item.values()})
    return {pk: _reach(addresses, said.get(pk, {}), dead) for pk, addresses in known.items()}


def is_set_up(channel: Channel) -> bool:
    """Tell whether this clinic sends by a channel at all: text messages need a provider."""
    return channel != Channel.SMS or bool(settings.SMS["provider"])


def addresses_of(client: Client) -> dict[Channel, str]:
    """Return a client's addresses by channel: e-mail in small letters, number as E.164."""
    found = {Channel.EMAIL: client.email.lower()} if client.email else {}
    return {**found, Channel.SMS: client.phone.as_e164} if client.phone else found


def choices(client_ids: Collection[int]) -> dict[int, dict[tuple[Purpose, Channel], bool]]:
    """Return the newest yes or no by client, purpose and channel, as far as said. One query."""
    newest = (
        Consent.objects.filter(client__in=client_ids)
        .order_by("client", "purpose", "channel", "-id")
        .distinct("client", "purpose", "channel")
    )
    found: dict[int, dict[tuple[Purpose, Channel], bool]] = {}
    for row in newest:
        choice = (Purpose(row.purpose), Channel(row.channel))
        found.setdefault(row.client_id, {})[choice] = row.given
    return found


def _dead(addresses: Collection[str]) -> set[tuple[str, str]]:
    rows = DeadAddress.objects.filter(address__in=addresses, cleared_at=None)
    return set(rows.values_list("channel", "address"))


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
