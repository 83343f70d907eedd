"""A proposal planned, answered and let go at the same moment leaves one truth."""

import pytest

from bookings.models import Appointment
from tests.concurrency.test_race import overlaps, race
from tests.factories.clinic import make_small_clinic
from tests.support.aftercare import complete, make_weekly, miss, missed_and_planned, visit_in
from treatments.models import Repair
from treatments.services.accepting import accept_repair
from treatments.services.repairing import plan_repair
from treatments.services.repairs import release_repair

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def read(repair: Repair) -> Repair:
    return Repair.objects.select_related("course__client").get(pk=repair.pk)


def test_four_workers_hold_one_visit():
    clinic = make_small_clinic()
    course = make_weekly(clinic)
    complete(course, 1)
    repair, now = miss(course, 2, clinic)
    rows = [read(repair) for _ in range(4)]

    race([lambda row=row: plan_repair(repair=row, now=now) for row in rows])

    assert read(repair).state == "open"
    assert Appointment.objects.filter(state="held").count() == 1
    assert overlaps() == 0


def test_client_and_desk_accept_at_once_and_book_once():
    clinic = make_small_clinic()
    course = make_weekly(clinic)
    repair, now = missed_and_planned(course, clinic)
    people = [clinic.alice.user, clinic.rosa] * 3
    rows = [read(repair) for _ in people]

    outcomes, _ = race(
        [
            lambda row=row, by=by: accept_repair(repair=row, by=by, now=now)
            for row, by in zip(rows, people, strict=True)
        ]
    )

    assert outcomes == {"booked": 6}
    assert visit_in(course, 2).state == "booked"
    assert Appointment.objects.filter(client=clinic.alice, state="booked").count() == 4


def test_accepted_and_released_at_once_is_one_of_the_two():
    clinic = make_small_clinic()
    course = make_weekly(clinic)
    repair, now = missed_and_planned(course, clinic)
    one, two = read(repair), read(repair)

    outcomes, _ = race(
        [
            lambda: accept_repair(repair=one, by=clinic.alice.user, now=now),
            lambda: release_repair(repair=two, by=clinic.rosa, now=now),
        ]
    )

    booked = Appointment.objects.filter(client=clinic.alice, state="booked").count()
    assert outcomes == {"booked": 1, "AlreadyChanged": 1}
    assert (read(repair).state, booked) in {("accepted", 4), ("released", 3)}
