"""Private calendar addresses."""

from uuid import UUID

from django.db.models import Q

from clinic.models import CalendarFeed, Client, Practitioner


def feed_with_owner(public_id: UUID) -> CalendarFeed | None:
    """Return a feed whose owner still is one: no merged record, closed login or former role."""
    client = Q(client__isnull=False, client__merged_into=None) & ~Q(client__user__is_active=False)
    treats = Q(practitioner__user__is_active=True, practitioner__user__is_practitioner=True)
    return CalendarFeed.objects.filter(client | treats).filter(public_id=public_id).first()


def feed_of(owner: Client | Practitioner) -> CalendarFeed | None:
    """Return the feed of somebody, if one was made."""
    whose = {"client": owner} if isinstance(owner, Client) else {"practitioner": owner}
    return CalendarFeed.objects.filter(**whose).first()
