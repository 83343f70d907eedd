"""The diary that is measured: 20 practitioners, visits of an hour, 89 % full."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.core.management import call_command
from django.db import connection

from bookings.models import Appointment, Reservation
from bookings.selectors.questions import SlotQuestion
from clinic.database_roles import as_owner
from clinic.domain.credentials import ALWAYS
from clinic.models import Location
from clinic.selectors.catalogue import (
    Catalogue,
    LocationFacts,
    PractitionerFacts,
    ServiceFacts,
    catalogue,
)
from treatments.loading_place import LOCATION, SERVICE

WINDOW_DAYS = 14
SEARCHES_FROM_DAYS = 7
BOOKINGS_FROM_DAYS = 21
BOOKINGS_DAYS = 21
"""Every diary is full for 62 days ahead: all visits that are searched and booked lie in them."""
HORIZON_DAYS = 26 * 7
"""How far a plan looks."""
RESERVATIONS_A_VISIT = 4


@dataclass(frozen=True, slots=True)
class Diary:
    """One loaded database: who works there, and from which Monday on it is searched."""

    catalogue: Catalogue
    location: LocationFacts
    service: ServiceFacts
    people: tuple[PractitionerFacts, ...]
    monday: date

    def without_papers(self) -> "Diary":
        """Return the same diary where no service requires a paper."""
        open_to_all = dict.fromkeys(self.catalogue.qualified, ALWAYS)
        return replace(self, catalogue=replace(self.catalogue, qualified=open_to_all))

    def days(self) -> list[date]:
        """Return the days of the searched window."""
        return [self.monday + timedelta(days=number) for number in range(WINDOW_DAYS)]

    def one_day(self, person: PractitionerFacts, day: date) -> SlotQuestion:
        """Ask for one practitioner's free starts on one day."""
        return self.window(day, 1, person)

    def window(
        self, first_date: date, days: int = WINDOW_DAYS, person: PractitionerFacts | None = None
    ) -> SlotQuestion:
        """Ask for the free starts of a practitioner, or of all, in a window."""
        return SlotQuestion(
            catalogue=self.catalogue,
            service=self.service,
            location=self.location,
            first_date=first_date,
            end_date=first_date + timedelta(days=days),
            practitioner_id=person.id if person else None,
        )


def load(appointments: int, practitioners: int, days_ahead: int) -> None:
    """Bring the open database up to so many visits: so many days ahead, then further back."""
    call_command(
        "seed_load",
        appointments=appointments,
        practitioners=practitioners,
        days=days_ahead,
        verbosity=0,
    )
    Location.objects.filter(slug=LOCATION).update(horizon_days=HORIZON_DAYS)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def read(now: datetime) -> Diary:
    """Return the diary of the open database."""
    snapshot = catalogue()
    location, service = snapshot.location(LOCATION), snapshot.service(SERVICE)
    assert location is not None
    assert service is not None
    soon = now.astimezone(location.zone).date() + timedelta(days=SEARCHES_FROM_DAYS)
    return Diary(
        catalogue=snapshot,
        location=location,
        service=service,
        people=tuple(snapshot.offering(service.id, location.id)),
        monday=soon + timedelta(days=-soon.weekday() % 7),
    )


def some_appointments(count: int) -> list[int]:
    """Return the ids of some visits, spread over the whole diary."""
    ids = list(Appointment.objects.order_by("pk").values_list("pk", flat=True))
    return ids[:: max(1, len(ids) // count)][:count]


def sizes() -> dict[str, int]:
    """Count what the open database holds."""
    return {
        "appointments": Appointment.objects.count(),
        "reservations": Reservation.objects.count(),
    }
