"""What clients have said about messages, and which of their addresses gave some back."""

from collections.abc import Sequence

from clinic.models import Client, Consent, DeadAddress
from clinic.selectors.reach import addresses_of

HISTORY_SHOWN = 50


def consent_history(client: Client) -> Sequence[Consent]:
    """Return what a client has said, the newest first. One query."""
    rows = Consent.objects.filter(client=client).select_related("by").order_by("-pk")
    return list(rows[:HISTORY_SHOWN])


def dead_addresses_of(client: Client) -> Sequence[DeadAddress]:
    """Return the marks on a client's present addresses. One query."""
    addresses = set(addresses_of(client).items())
    rows = DeadAddress.objects.filter(
        cleared_at=None, address__in=[address for _channel, address in addresses]
    )
    return [row for row in rows.order_by("pk") if (row.channel, row.address) in addresses]
