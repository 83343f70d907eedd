"""A busy clinic in which somebody falls ill, for tests of cover."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bookings.models import Appointment
from clinic.domain.intervals import Interval
from clinic.models import Client, Practitioner
from tests.factories.bookings import book_visit
from tests.factories.clinic import (
    TODAY,
    SmallClinic,
    at,
    make_client,
    make_practitioner,
    make_small_clinic,
)
from tests.factories.courses import make_course, make_protocol
from treatments.domain.wishes import Hours, Wishes
from treatments.models import Course, CoverPlan
from treatments.selectors.cover_scope import CoverScope

ILL_FROM = TODAY + timedelta(days=14)
"""Monday 21 June 2027: the week in which Chen is ill."""

ILL_WEEK = Interval(at(ILL_FROM, 0), at(ILL_FROM + timedelta(days=7), 0))
READY_BY = ILL_FROM + timedelta(days=4)
COURSES_AT = ((9, 0), (9, 20), (11, 30), (11, 50))


@dataclass
class BusyClinic:
    """The small clinic with more people and rooms; `visits` are Chen's of the week."""

    clinic: SmallClinic
    others: list[Practitioner]

    @property
    def chen(self) -> Practitioner:
        return self.clinic.chen

    def visits(self) -> list[Appointment]:
        """Return Chen's booked visits of the week, in order."""
        rows = Appointment.objects.with_people().filter(
            practitioner=self.chen,
            state="booked",
            starts_at__gte=ILL_WEEK.starts_at,
            starts_at__lt=ILL_WEEK.ends_at,
        )
        return list(rows.order_by("starts_at", "pk"))


def away(
    practitioner: Practitioner,
    span: Interval = ILL_WEEK,
    cause: CoverPlan.Cause = CoverPlan.Cause.ILL,
) -> CoverScope:
    """Say that a practitioner can't come for some time."""
    return CoverScope(CoverPlan.Scope.PRACTITIONER, cause, span, practitioner_id=practitioner.pk)


def make_busy_clinic() -> BusyClinic:
    """Make a clinic where Chen has 30 visits in one week, 20 of them of courses.

    Each day: courses at 9:00, 9:20, 11:30, 11:50, single visits at 14:00 and 14:20. Edo and
    Fay treat one client at a time; Fay has visits at 10:15 and 12:45 and goes at 14:00, so
    that who takes the first of two visits decides about the second one. The courses at 9:20
    are to be ready by the end of the very week.
    """
    clinic = make_small_clinic(lanes=2, rooms=3)
    services = [clinic.follow_up, clinic.first_visit]
    edo = make_practitioner("Edo Falk", services=services, location=clinic.location)
    fay = make_practitioner(
        "Fay Gray", services=services, location=clinic.location, hours=((9, 14),)
    )
    protocol = make_protocol(clinic)
    protocol.first_service = clinic.follow_up
    protocol.save()
    for day in range(5):
        for number, (hour, minute) in enumerate(COURSES_AT):
            _course(clinic, day, number, hour * 60 + minute)
        on = ILL_FROM + timedelta(days=day)
        for number, minute in enumerate((0, 20)):
            client = make_client(f"Single{day}{number} Client")
            _book(clinic, client, clinic.chen, at(on, 14, minute))
        for number, (hour, minute) in enumerate(((10, 15), (12, 45))):
            client = make_client(f"Other{day}{number} Client")
            _book(clinic, client, fay, at(on, hour, minute))
    return BusyClinic(clinic, [edo, fay])


def _course(clinic: SmallClinic, day: int, number: int, minute: int) -> None:
    wishes = Wishes(
        only_weekdays=frozenset({day + 1}),
        only_hours=Hours(minute, minute + 5),
        rather_practitioner_id=clinic.chen.pk,
    )
    course = make_course(
        clinic,
        client=make_client(f"Course{day}{number} Client"),
        wishes=wishes,
        length=3 if number == 1 else 5,
        event_date=READY_BY + timedelta(days=10) if number == 1 else None,
    )
    # They may come on any day from now on, where this one is not possible.
    Course.objects.filter(pk=course.pk).update(wishes={"rather_practitioner_id": clinic.chen.pk})


def _book(clinic: SmallClinic, client: Client, who: Practitioner, starts_at: datetime) -> None:
    book_visit(
        client, clinic.follow_up, clinic.location, starts_at, practitioner=who, by=clinic.rosa
    )
