"""A busy clinic in which somebody falls ill, for tests of cover."""

from dataclasses import dataclass
from datetime import date, timedelta

from bookings.models import Appointment
from clinic.domain.intervals import Interval
from clinic.models import Practitioner
from tests.factories.bookings import book_visit
from tests.factories.clinic import (
    NOW,
    TODAY,
    SmallClinic,
    at,
    make_client,
    make_practitioner,
    make_room,
    make_small_clinic,
)
from tests.factories.courses import make_course
from treatments.domain.wishes import Hours, Wishes
from treatments.models import CoverPlan
from treatments.selectors.cover_scope import CoverScope

ILL_FROM = TODAY + timedelta(days=14)
"""Monday 21 June 2027: the week in which Chen is ill."""

ILL_WEEK = Interval(at(ILL_FROM, 0), at(ILL_FROM + timedelta(days=7), 0))
HOURS_OF_COURSES = (9, 10, 11, 13)


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


def make_busy_clinic(*, courses: int = 20, singles: int = 10) -> BusyClinic:
    """Make a clinic where Chen has 30 visits in one week, 20 of them of courses.

    Two others treat the same, and have visits of their own in the way.
    """
    clinic = make_small_clinic(lanes=2, rooms=3)
    services = [clinic.follow_up, clinic.first_visit]
    others = [
        make_practitioner(name, services=services, location=clinic.location, lanes=2, hours=hours)
        for name, hours in (("Edo Falk", ((9, 13),)), ("Fay Gray", ((12, 17),)))
    ]
    room = make_room(clinic.location, "Room 4", services)
    clinic.rooms.append(room)
    for number in range(courses):
        hour = HOURS_OF_COURSES[number % 4]
        wishes = Wishes(
            only_weekdays=frozenset({number // 4 % 5 + 1}),
            only_hours=Hours(hour * 60, hour * 60 + 60),
            rather_practitioner_id=clinic.chen.pk,
        )
        client = make_client(f"Course{number:02} Client")
        make_course(clinic, client=client, wishes=wishes, length=5)
    for number in range(singles):
        _single(clinic, number)
    _fill_others(clinic, others)
    return BusyClinic(clinic, others)


def _single(clinic: SmallClinic, number: int) -> None:
    day = ILL_FROM + timedelta(days=number % 5)
    client = make_client(f"Single{number:02} Client")
    _book_somewhere(clinic, client, clinic.chen, day, hours=(14, 15, 16))


def _fill_others(clinic: SmallClinic, others: list[Practitioner]) -> None:
    for day in range(5):
        on = ILL_FROM + timedelta(days=day)
        for number, person in enumerate(others):
            client = make_client(f"Other{day}{number} Client")
            _book_somewhere(clinic, client, person, on, hours=(10, 12, 13, 15))


def _book_somewhere(
    clinic: SmallClinic, client, person: Practitioner, day: date, *, hours: tuple[int, ...]
) -> None:
    from bookings.refusals import SlotTaken

    for hour in hours:
        for minute in (0, 15, 30, 45):
            try:
                book_visit(
                    client,
                    clinic.follow_up,
                    clinic.location,
                    at(day, hour, minute),
                    practitioner=person,
                    by=clinic.rosa,
                    now=NOW,
                )
            except SlotTaken:
                continue
            return
    raise AssertionError(f"no time for {client} on {day}")
