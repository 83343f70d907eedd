"""Ask the engine questions in tests, and book through it."""

from datetime import date, datetime, timedelta
from uuid import uuid4

from bookings.models import Appointment
from bookings.selectors.questions import ClientMarks, SlotQuestion
from bookings.selectors.slots import FreeTime, free_time
from bookings.services.booking import VisitWish, book
from clinic.models import Client, Location, Practitioner, Service, User
from clinic.selectors.catalogue import catalogue
from tests.factories.clinic import NOW


def ask(
    service: Service,
    location: Location,
    day: date,
    *,
    days: int = 1,
    practitioner: Practitioner | None = None,
    client: Client | None = None,
    now: datetime = NOW,
) -> FreeTime:
    """Search for free time of a service on a local date (or several)."""
    snapshot = catalogue()
    return free_time(
        SlotQuestion(
            catalogue=snapshot,
            service=snapshot.services[service.pk],
            location=snapshot.locations[location.pk],
            first_date=day,
            end_date=day + timedelta(days=days),
            practitioner_id=practitioner.pk if practitioner else None,
            client=ClientMarks.of(client) if client else None,
        ),
        now,
    )


def wish(
    service: Service,
    location: Location,
    starts_at: datetime,
    practitioner: Practitioner | None = None,
) -> VisitWish:
    """Make the wish to book a start."""
    snapshot = catalogue()
    return VisitWish(
        catalogue=snapshot,
        service=snapshot.services[service.pk],
        location=snapshot.locations[location.pk],
        starts_at=starts_at,
        practitioner_id=practitioner.pk if practitioner else None,
    )


def book_visit(
    client: Client,
    service: Service,
    location: Location,
    starts_at: datetime,
    *,
    practitioner: Practitioner | None = None,
    by: User | None = None,
    now: datetime = NOW,
    request_id: str = "",
    override_reason: str = "",
) -> Appointment:
    """Book through the public service, as the client unless somebody else is named."""
    sender = by or client.user
    assert sender is not None
    return book(
        wish=wish(service, location, starts_at, practitioner),
        client=client,
        request_id=request_id or str(uuid4()),
        by=sender,
        now=now,
        override_reason=override_reason,
    )
