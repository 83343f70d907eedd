"""The visits in a private calendar."""

from datetime import datetime, timedelta

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from clinic.models import CalendarFeed

PAST = timedelta(days=30)
AHEAD = timedelta(days=400)
"""Further than anybody books: the horizon of a location is a year at most."""

NOT_SHOWN = (State.HELD, State.EXPIRED, State.CANCELLED)


def visits_of_feed(feed: CalendarFeed, now: datetime) -> list[Appointment]:
    """Return the visits of a client or practitioner, of the last month and ahead. One query.

    What was cancelled is not there: whoever subscribes takes the file as the whole truth.
    """
    whose = {"client": feed.client_id} if feed.client_id else {"practitioner": feed.practitioner_id}
    visits = Appointment.objects.select_related("location", "room").exclude(state__in=NOT_SHOWN)
    found = visits.filter(starts_at__gte=now - PAST, starts_at__lt=now + AHEAD, **whose)
    return list(found.order_by("starts_at", "pk"))
