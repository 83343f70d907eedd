"""The visits in a private calendar."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from clinic.models import CalendarFeed

PAST = timedelta(days=30)
AHEAD = timedelta(days=400)
"""Further than anybody books: the horizon of a location is a year at most."""

NOT_SHOWN = (State.HELD, State.EXPIRED, State.CANCELLED)

COLUMNS = (
    "public_id",
    "version",
    "created_at",
    "starts_at",
    "ends_at",
    "room__name",
    "location__address",
    "location__zone",
)
"""The fields of `Entry`, in this order."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Whatever of a visit stands in a calendar's file; another entry makes another file."""

    public_id: UUID
    version: int
    created_at: datetime
    starts_at: datetime
    ends_at: datetime
    room: str
    address: str
    zone: str


def entries_of_feed(feed: CalendarFeed, now: datetime) -> list[Entry]:
    """Return the visits of a client or practitioner, of the last month and ahead. One query.

    What was cancelled is not there: whoever subscribes takes the file as the whole truth.
    """
    whose = {"client": feed.client_id} if feed.client_id else {"practitioner": feed.practitioner_id}
    visits = Appointment.objects.exclude(state__in=NOT_SHOWN)
    found = visits.filter(starts_at__gte=now - PAST, starts_at__lt=now + AHEAD, **whose)
    return [Entry(*row) for row in found.order_by("starts_at", "pk").values_list(*COLUMNS)]
