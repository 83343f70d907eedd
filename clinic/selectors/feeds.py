"""Private calendar addresses."""

from uuid import UUID

from django.db.models import Q

from clinic.models import CalendarFeed, Client, Practitioner


def feed_with_owner(public_id: UUID) -> CalendarFeed | None:
    """Return a feed whose owner still is one: no record that was merged, no closed login."""
    client = Q(client__isnull=False, client__merged_into=None) & ~Q(client__user__is_active=False)
    feeds = CalendarFeed.objects.filter(client | Q(practitioner__user__is_active=True))
    return feeds.filter(public_id=public_id).first()


def feed_of(owner: Client | Practitioner) -> CalendarFeed | None:
    """Return the feed of somebody, if one was made."""
    whose = {"client": owner} if isinstance(owner, Client) else {"practitioner": owner}
    return CalendarFeed.objects.filter(**whose).first()
