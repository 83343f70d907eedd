"""Private calendar addresses: made when somebody asks for one, and made anew to end an old one."""

from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from clinic.models import CalendarFeed, Client, Practitioner, User
from clinic.permissions import OWN_FEED, require
from clinic.selectors.feeds import feed_with_owner

SALT = "clinic.services.feeds"
PREFIX = "calendar"


@transaction.atomic
def renew_feed(*, owner: Client | Practitioner, by: User, now: datetime) -> CalendarFeed:
    """Make a private calendar address; one made before opens nothing from now on.

    By its owner alone. Raises `NotAllowed`.
    """
    require(by, OWN_FEED, owner)
    whose = {"client": owner} if isinstance(owner, Client) else {"practitioner": owner}
    feed, is_new = CalendarFeed.objects.select_for_update().get_or_create(
        **whose, defaults={"renewed_at": now}
    )
    if not is_new:
        feed.nonce, feed.renewed_at = uuid4(), now
        feed.save(update_fields=["nonce", "renewed_at"])
    return feed


def secret_of(feed: CalendarFeed) -> str:
    """Return the secret part of a feed's address: 64 hexadecimal digits."""
    return salted_hmac(SALT, f"{feed.public_id}:{feed.nonce}", algorithm="sha256").hexdigest()


def feed_of_address(public_id: UUID, secret: str) -> CalendarFeed | None:
    """Return the feed of an address; None for a wrong secret, as for one that never was."""
    feed = feed_with_owner(public_id)
    # Compared with something in either case, so that time tells nobody which addresses exist.
    expected = secret_of(feed or CalendarFeed(public_id=public_id, nonce=public_id))
    return feed if constant_time_compare(secret, expected) else None


def feed_url(feed: CalendarFeed) -> str:
    """Return the whole private address."""
    return f"{settings.SITE_URL}/{PREFIX}/{feed.public_id}/{secret_of(feed)}.ics"


def subscribe_url(feed: CalendarFeed) -> str:
    """Return the address that opens a calendar program, which then keeps itself up to date."""
    return "webcal://" + feed_url(feed).partition("://")[2]
