"""The visits in a private calendar."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from clinic.models import CalendarFeed

PAST = timedelta(days=30)
AHEAD = timedelta(days=400)
"""Further than anybody books: the horizon of a location is a year at most."""

NOT_SHOWN = (State.HELD, State.EXPIRED, State.CANCELLED)

STAMPED = (
    "public_id",
    "version",
    "starts_at",
    "ends_at",
    "room__name",
    "location__address",
    "location__zone",
)
"""Whatever of a visit stands in a calendar's file."""


def visits_of_feed(feed: CalendarFeed, now: datetime) -> list[Appointment]:
    """Return the visits of a client or practitioner, of the last month and ahead. One query.

    What was cancelled is not there: whoever subscribes takes the file as the whole truth.
    """
    return list(_visits(feed, now).select_related("location", "room"))


def feed_stamps(feed: CalendarFeed, now: datetime) -> Sequence[tuple[object, ...]]:
    """Return what tells whether the file is another one, much cheaper than its visits. One query.

    Asked for before the visits: what changes in between makes another file the next time.
    """
    return list(_visits(feed, now).values_list(*STAMPED))


def _visits(feed: CalendarFeed, now: datetime) -> QuerySet[Appointment]:
    whose = {"client": feed.client_id} if feed.client_id else {"practitioner": feed.practitioner_id}
    visits = Appointment.objects.exclude(state__in=NOT_SHOWN)
    found = visits.filter(starts_at__gte=now - PAST, starts_at__lt=now + AHEAD, **whose)
    return found.order_by("starts_at", "pk")
