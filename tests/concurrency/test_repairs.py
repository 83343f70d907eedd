"""A proposal planned, answered and let go at the same moment leaves one truth."""

from threading import Barrier
from unittest import mock

import pytest

from bookings.models import Appointment
from bookings.services import series
from tests.concurrency.test_race import no_guard, overlaps, race
from tests.factories.clinic import make_small_clinic
from tests.support.aftercare import complete, make_weekly, miss, missed_and_planned, visit_in
from treatments.models import Repair
from treatments.services import repairing, repairs
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


def test_four_workers_without_condition_and_guard_hold_several():
    clinic = make_small_clinic()
    course = make_weekly(clinic)
    complete(course, 1)
    repair, now = miss(course, 2, clinic)
    rows = [read(repair) for _ in range(4)]
    all_have_looked = Barrier(4, timeout=30)
    reserve_all = series.reserve_all

    def reserve_together(*args, **kwargs):
        all_have_looked.wait()
        reserve_all(*args, **kwargs)

    def open_anyway(row, **fields):
        Repair.objects.filter(pk=row.pk).update(state="open", **fields)

    with (
        no_guard(),
        mock.patch.object(series, "reserve_all", reserve_together),
        mock.patch.object(repairing, "_open", open_anyway),
    ):
        race([lambda row=row: plan_repair(repair=row, now=now) for row in rows])

    assert Appointment.objects.filter(state="held").count() == 4


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


def test_late_release_without_the_condition_lets_go_of_what_is_booked():
    clinic = make_small_clinic()
    course = make_weekly(clinic)
    repair, now = missed_and_planned(course, clinic)
    one, two = read(repair), read(repair)

    # In this order every time: the release looked before the other one clicked.
    with mock.patch.object(repairs, "WAITING", list(Repair.State)):
        accept_repair(repair=one, by=clinic.alice.user, now=now)
        release_repair(repair=two, by=clinic.rosa, now=now)

    assert read(repair).state == "released"
    assert visit_in(course, 2).state == "booked"
