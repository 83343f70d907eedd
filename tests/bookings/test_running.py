"""The visits of a day as they really go, read from what was recorded."""

from datetime import timedelta

import pytest

from bookings.domain.lifecycle import State
from bookings.domain.needling import Stage
from bookings.domain.running import expected
from bookings.models import Appointment
from bookings.selectors.running import OpenTimer, open_timers, runs_of
from bookings.services.needling import record_needles_in, record_needles_out
from bookings.services.status import close_left_open, record_status, undo_status
from tests.factories.bookings import begin_visit, book_visit, finish_visit, fresh
from tests.factories.clinic import TODAY, SmallClinic, at, make_client, make_small_clinic

pytestmark = pytest.mark.django_db

TEN = at(TODAY, 10)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def visit(clinic: SmallClinic) -> Appointment:
    return begin_visit(book_visit(clinic.alice, clinic.follow_up, clinic.location, TEN))


def put_in(visit: Appointment, minutes: int = 20) -> None:
    by = visit.practitioner.user
    record_needles_in(appointment=visit, count=40, by=by, now=TEN + minutes * MINUTE)


def day(count: int, clinic: SmallClinic) -> list[Appointment]:
    """Give so many visits of the day, one after the other, all finished."""
    starts = [at(TODAY, 9) + 75 * MINUTE * number for number in range(count)]
    clients = [make_client(f"C{number} X") for number in range(count)]
    for client, starts_at in zip(clients, starts, strict=True):
        visit = book_visit(client, clinic.follow_up, clinic.location, starts_at, by=clinic.rosa)
        finish_visit(visit)
    return list(Appointment.objects.with_people().order_by("starts_at"))


def test_run_has_what_was_recorded(visit):
    put_in(visit)

    (run,) = runs_of([fresh(visit)])

    assert (run.id, run.room, run.practitioner) == (
        visit.pk, visit.room_id, visit.practitioner_id,
    )  # fmt: skip
    assert (run.starts_at, run.state, run.begun_at) == (TEN, State.IN_SESSION, TEN)
    assert (run.in_count, run.in_at, run.stage) == (40, TEN + 20 * MINUTE, Stage.IN)
    assert run.due_at == TEN + 45 * MINUTE


def test_visit_not_begun_has_only_its_plan(clinic):
    booked = book_visit(clinic.alice, clinic.follow_up, clinic.location, TEN)

    (run,) = runs_of([fresh(booked)])

    assert (run.begun_at, run.ended_at, run.in_at, run.stage) == (None, None, None, Stage.NONE)


def test_start_that_was_taken_back_is_not_the_start(visit):
    by = visit.practitioner.user
    undo_status(appointment=visit, by=by, now=TEN + MINUTE)
    assert runs_of([fresh(visit)])[0].begun_at is None

    begin_visit(visit, now=TEN + 5 * MINUTE)

    assert runs_of([fresh(visit)])[0].begun_at == TEN + 5 * MINUTE


def test_end_that_was_taken_back_leaves_the_start(visit):
    put_in(visit)
    by = visit.practitioner.user
    record_needles_out(appointment=visit, count=40, by=by, now=TEN + 50 * MINUTE)
    record_status(appointment=visit, to_state=State.COMPLETED, by=by, now=TEN + 60 * MINUTE)
    assert runs_of([fresh(visit)])[0].ended_at == TEN + 60 * MINUTE

    undo_status(appointment=fresh(visit), by=by, now=TEN + 61 * MINUTE)

    (run,) = runs_of([fresh(visit)])
    assert (run.begun_at, run.ended_at) == (TEN, None)


def test_visit_closed_afterwards_holds_up_neither_room_nor_hands(clinic):
    closed_at = at(TODAY, 14)
    nine = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 9))
    two = book_visit(clinic.bea, clinic.follow_up, clinic.location, closed_at)
    close_left_open(
        appointment=fresh(nine), to_state=State.COMPLETED, by=clinic.rosa, now=closed_at
    )

    runs = runs_of([fresh(nine), fresh(two)])

    assert (runs[0].begun_at, runs[0].ended_at) == (None, None)
    seen = expected(runs, closed_at)
    assert seen[nine.pk].ends_at == TEN
    assert (seen[two.pk].starts_at, seen[two.pk].late_minutes) == (closed_at, 0)


@pytest.mark.parametrize("count", [1, 3])
def test_runs_take_two_queries_whatever_their_number(clinic, django_assert_num_queries, count):
    visits = day(count, clinic)

    with django_assert_num_queries(2):
        assert len(runs_of(visits)) == count


def test_timer_says_where_and_when_and_nobodys_name(clinic, visit):
    put_in(visit)

    (timer,) = open_timers(now=TEN + 50 * MINUTE)

    assert timer == OpenTimer(
        visit_id=visit.pk,
        visit_public_id=visit.public_id,
        room_id=visit.room_id,
        room="Room 1",
        location_id=clinic.location.pk,
        practitioner_id=clinic.chen.pk,
        practitioner="Chen Li",
        starts_at=visit.starts_at,
        in_at=TEN + 20 * MINUTE,
        due_at=TEN + 45 * MINUTE,
        over=5 * MINUTE,
    )


def test_timers_are_asked_of_a_location_or_of_somebody(clinic, visit):
    put_in(visit)
    now = TEN + 30 * MINUTE

    assert len(open_timers(now=now, location_id=clinic.location.pk)) == 1
    assert open_timers(now=now, location_id=clinic.location.pk + 1) == []
    assert len(open_timers(now=now, practitioner_id=clinic.chen.pk)) == 1
    assert open_timers(now=now, practitioner_id=clinic.dora.pk) == []


def test_no_timer_runs_before_needles_are_in_or_once_they_are_out(visit):
    assert open_timers(now=TEN + 10 * MINUTE) == []
    put_in(visit)
    by = visit.practitioner.user
    record_needles_out(appointment=visit, count=38, by=by, now=TEN + 50 * MINUTE)

    assert open_timers(now=TEN + 51 * MINUTE) == []


def test_timers_take_one_query(clinic, visit, django_assert_num_queries):
    other = book_visit(clinic.bea, clinic.follow_up, clinic.location, TEN + 20 * MINUTE)
    for begun, minutes in ((visit, 20), (begin_visit(other), 40)):
        put_in(begun, minutes)

    with django_assert_num_queries(1):
        timers = open_timers(now=TEN + 45 * MINUTE)

    assert [timer.due_at for timer in timers] == [TEN + 45 * MINUTE, TEN + 65 * MINUTE]
