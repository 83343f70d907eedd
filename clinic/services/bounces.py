"""What providers tell us later: a message came back, or somebody wants no more of them."""

from datetime import datetime

from django.db import transaction

from clinic.messaging.dead import call_instead, clients_at, mark_dead
from clinic.models import Consent, Message
from clinic.selectors.reach import Channel
from clinic.services.consent import stop_address


@transaction.atomic
def gave_back(
    *, channel: Channel, address: str, provider_id: str, reason: str, is_dead: bool, now: datetime
) -> None:
    """Keep that a message which went out was not delivered; reception calls instead.

    `is_dead`: nothing else would be delivered there either, so nothing more is sent. Told
    again, it changes nothing. The message stays one that went out, with what came back.
    """
    if is_dead:
        mark_dead(channel=channel, address=address, reason=reason, now=now)
    if not provider_id:
        return
    rows = Message.objects.filter(
        channel=channel,
        client__in=clients_at(channel, address),
        provider_id=provider_id,
        state=Message.State.SENT,
    )
    rows.update(last_error=reason[:200])
    call_instead(rows.select_related("client", "location").order_by("pk"), now)


def wants_no_more(*, channel: Channel, address: str, now: datetime) -> bool:
    """Take back all consent by a channel, since the provider was told so; see `stop_address`."""
    return stop_address(channel=channel, address=address, source=Consent.Source.PROVIDER, now=now)
