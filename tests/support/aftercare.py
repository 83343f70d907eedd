"""Courses that lost a session, drift, or are completed, as the pages after them meet them."""

from datetime import date, datetime, timedelta

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.services.status import record_status
from clinic.models import Client
from tests.factories.clinic import NOW, SmallClinic, make_client
from tests.factories.courses import make_course
from treatments.domain.wishes import Wishes
from treatments.models import Course, Maintenance, Repair
from treatments.selectors.courses import view_of
from treatments.services.maintenance import start_maintenance
from treatments.services.repairing import plan_repair

WEEKLY_AT_TEN = Wishes(only_weekdays=frozenset({1, 2, 3, 4, 5}), around_minute=10 * 60)
LAST = date(2027, 3, 15)
"""12 weeks before `NOW`, across a clock change: a maintenance visit is due today."""


def make_weekly(clinic: SmallClinic, client: Client | None = None, **more) -> Course:
    """Book five sessions on Mondays at 10, from 7 June on; other clients find other hours."""
    return make_course(clinic, client=client, wishes=WEEKLY_AT_TEN, length=5, **more)


def other_clients(clinic: SmallClinic, count: int) -> list[Client]:
    """Give so many clients: Bea and new ones."""
    made = [make_client(f"{name} Other") for name in ("Ella", "Finn")[: count - 1]]
    return [clinic.bea, *made]


def visit_in(course: Course, number: int) -> Appointment:
    """Return the visit of a session as it stands."""
    visit = view_of(Course.objects.with_people().get(pk=course.pk)).sessions[number - 1].visit
    assert visit is not None
    return Appointment.objects.with_people().get(pk=visit.pk)


def complete(course: Course, *numbers: int) -> None:
    """Have sessions done, without what follows from that."""
    for number in numbers:
        Appointment.objects.filter(pk=visit_in(course, number).pk).update(state="completed")


def miss(course: Course, number: int, clinic: SmallClinic) -> tuple[Repair, datetime]:
    """Have a client not come; return what is wanted, and half an hour after the start."""
    visit = visit_in(course, number)
    now = visit.starts_at + timedelta(minutes=30)
    record_status(appointment=visit, to_state=State.NO_SHOW, by=clinic.rosa, now=now)
    wanted = Repair.objects.select_related("course__client")
    return wanted.get(course=course, state=Repair.State.WANTED), now


def missed_and_planned(course: Course, clinic: SmallClinic) -> tuple[Repair, datetime]:
    """Have the second session missed and a new date proposed."""
    complete(course, 1)
    repair, now = miss(course, 2, clinic)
    return plan_repair(repair=repair, now=now), now


def keep(clinic: SmallClinic, client: Client | None = None, last_date: date = LAST) -> Maintenance:
    """Complete a client's course long ago, so that maintenance runs."""
    course = make_course(clinic, client=client, length=1)
    Appointment.objects.filter(session_visit__session__course=course).update(state="cancelled")
    Course.objects.filter(pk=course.pk).update(ending="completed", ended_at=NOW)
    return start_maintenance(course=course, last_date=last_date, by=None, now=NOW)
