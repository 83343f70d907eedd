"""Ask the engine questions in tests, and book through it."""

from datetime import date, datetime, timedelta
from uuid import uuid4

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.selectors.questions import ClientMarks, SlotQuestion
from bookings.selectors.slots import FreeTime, free_time
from bookings.services.booking import VisitWish, book
from bookings.services.needling import record_needles_in, record_needles_out
from bookings.services.status import record_status, start_visit
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


def fresh(visit: Appointment) -> Appointment:
    """Return a visit as it stands now, with everybody loaded."""
    return Appointment.objects.with_people().get(pk=visit.pk)


def begin_visit(visit: Appointment, *, now: datetime | None = None) -> Appointment:
    """Have the client arrive and the visit's own practitioner start, at its start."""
    visit, at = fresh(visit), now or visit.starts_at
    by = visit.practitioner.user
    record_status(appointment=visit, to_state=State.ARRIVED, by=by, now=at)
    return start_visit(appointment=visit, history_seen=True, by=by, now=at)


def finish_visit(visit: Appointment, *, needles: int = 40) -> Appointment:
    """Have a visit begun, its needles counted in and out, and completed at its end."""
    visit = begin_visit(visit)
    by = visit.practitioner.user
    if visit.service.uses_needles:
        in_at = visit.starts_at + timedelta(minutes=20)
        record_needles_in(appointment=visit, count=needles, by=by, now=in_at)
        record_needles_out(appointment=visit, count=needles, by=by, now=visit.ends_at)
    return record_status(appointment=visit, to_state=State.COMPLETED, by=by, now=visit.ends_at)
