"""Two devices at the needles of one visit; each race beside its twin without the guard.

Both sides are made to meet between the look and the writing, so that the twin breaks each time.
Where the guard lets nobody meet, the first to come waits a second and goes on.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from types import ModuleType
from unittest import mock

import pytest

from bookings.domain.lifecycle import State
from bookings.models import Appointment, NeedleChange, Needling, RetentionChange
from bookings.services import needling, reserving, status
from bookings.services.needling import record_needles_in, record_needles_out, undo_needles
from bookings.services.retention import set_retention
from bookings.services.status import record_status
from tests.concurrency.test_race import no_guard, overlaps, race
from tests.factories.bookings import begin_visit, book_visit, fresh
from tests.factories.clinic import NOW, SmallClinic, at, make_small_clinic

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TUESDAY = date(2027, 6, 8)
TEN = at(TUESDAY, 10)
IN_AT = TEN + timedelta(minutes=20)
OUT_AT = TEN + timedelta(minutes=45)
LATER = TEN + timedelta(minutes=50)


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic(lanes=1, rooms=1)


@pytest.fixture
def visit(clinic: SmallClinic) -> Appointment:
    booked = book_visit(clinic.alice, clinic.follow_up, clinic.location, TEN)
    return begin_visit(booked)


@contextmanager
def meeting_at(module: ModuleType, name: str, *, seconds: float = 60) -> Iterator[None]:
    """Have two who call a function wait for each other there, once, so many seconds at most."""
    real = getattr(module, name)
    both = threading.Barrier(2, timeout=seconds)
    have_met = threading.Event()

    def wait(*args: object, **kwargs: object) -> object:
        answer = real(*args, **kwargs)
        if not have_met.is_set():
            with suppress(threading.BrokenBarrierError):
                both.wait()
            have_met.set()
        return answer

    with mock.patch.object(module, name, wait):
        yield


@contextmanager
def no_row_lock() -> Iterator[None]:
    """Let nobody lock the row of a visit."""
    with (
        mock.patch.object(needling, "lock_visit", return_value=None),
        mock.patch.object(status, "lock_visit", return_value=None),
    ):
        yield


def counting(
    record: Callable[..., Needling], visit: Appointment, counts: tuple[int, int], now=IN_AT
) -> list[Callable[[], Needling]]:
    return [
        lambda count=count, read=read: record(
            appointment=read, count=count, by=read.practitioner.user, now=now
        )
        for count, read in zip(counts, (fresh(visit), fresh(visit)), strict=True)
    ]


def test_two_devices_with_two_numbers_in_leave_one(visit):
    with meeting_at(needling, "needling_of", seconds=1):
        outcomes, _ = race(counting(record_needles_in, visit, (40, 41)))

    assert outcomes == {"booked": 1, "AlreadyChanged": 1}
    assert list(NeedleChange.objects.values_list("count")) == [(Needling.objects.get().in_count,)]


def test_two_devices_with_two_numbers_in_meet_an_error_without_the_lock(visit):
    with no_row_lock(), meeting_at(needling, "needling_of"):
        outcomes, _ = race(counting(record_needles_in, visit, (40, 41)))

    assert outcomes == {"booked": 1, "IntegrityError": 1}


def put_in(visit: Appointment) -> None:
    counting(record_needles_in, visit, (40, 40))[0]()


def take_out(visit: Appointment) -> None:
    counting(record_needles_out, visit, (40, 40), OUT_AT)[0]()


def test_two_devices_with_two_numbers_out_leave_one(visit):
    put_in(visit)

    with meeting_at(needling, "needling_of", seconds=1):
        outcomes, _ = race(counting(record_needles_out, visit, (40, 38), OUT_AT))

    assert outcomes == {"booked": 1, "AlreadyChanged": 1}
    assert NeedleChange.objects.filter(kind="out").count() == 1


def test_two_devices_with_two_numbers_out_both_win_without_the_lock(visit):
    put_in(visit)

    with no_row_lock(), meeting_at(needling, "needling_of"):
        outcomes, _ = race(counting(record_needles_out, visit, (40, 38), OUT_AT))

    assert outcomes == {"booked": 2}
    assert NeedleChange.objects.filter(kind="out").count() == 2


def test_two_devices_with_the_same_number_both_pass_and_count_once(visit):
    outcomes, _ = race(counting(record_needles_in, visit, (40, 40)) * 3)

    assert outcomes == {"booked": 6}
    assert NeedleChange.objects.count() == 1


def completing_beside_an_undo(visit: Appointment) -> list[Callable[[], object]]:
    put_in(visit)
    take_out(visit)
    done, back = fresh(visit), fresh(visit)
    by = visit.practitioner.user
    return [
        lambda: record_status(appointment=done, to_state=State.COMPLETED, by=by, now=LATER),
        lambda: undo_needles(appointment=back, by=by, now=LATER),
    ]


def completed_with_needles_in() -> bool:
    return Needling.objects.filter(out_at=None, appointment__state="completed").exists()


def test_completing_beside_an_undone_removal_never_ends_with_needles_in(visit):
    acts = completing_beside_an_undo(visit)

    with meeting_at(needling, "needling_of", seconds=1):
        outcomes, _ = race(acts)

    assert outcomes in (
        {"booked": 1, "AlreadyChanged": 1},
        {"booked": 1, "NeedlesNotCounted": 1},
    )
    assert not completed_with_needles_in()


def test_completing_beside_an_undone_removal_ends_with_needles_in_without_the_lock(visit):
    acts = completing_beside_an_undo(visit)

    with no_row_lock(), meeting_at(needling, "needling_of"):
        outcomes, _ = race(acts)

    assert outcomes == {"booked": 2}
    assert completed_with_needles_in()


def resting_beside_a_booking(clinic: SmallClinic) -> list[Callable[[], object]]:
    """Give Alice a longer rest, and Bea the visit that follows hers, at once."""
    visit = fresh(book_visit(clinic.alice, clinic.follow_up, clinic.location, TEN))
    after = TEN + timedelta(minutes=75)
    return [
        lambda: set_retention(appointment=visit, minutes=40, by=clinic.rosa, now=NOW),
        lambda: book_visit(clinic.bea, clinic.follow_up, clinic.location, after),
    ]


def test_longer_rest_and_a_booking_of_that_time_leave_one_winner(clinic):
    acts = resting_beside_a_booking(clinic)

    with meeting_at(reserving, "reserve_all", seconds=1):
        outcomes, _ = race(acts)

    assert outcomes == {"booked": 1, "SlotTaken": 1}
    assert overlaps() == 0


def test_longer_rest_and_a_booking_of_that_time_collide_without_the_guard(clinic):
    acts = resting_beside_a_booking(clinic)

    with no_guard(), meeting_at(reserving, "reserve_all"):
        outcomes, _ = race(acts)
        found = overlaps()

    assert outcomes == {"booked": 2}
    assert found > 0


def test_freed_time_can_be_booked_once_the_rest_is_shorter_and_not_before(clinic):
    visit = fresh(book_visit(clinic.alice, clinic.follow_up, clinic.location, TEN))
    after = TEN + timedelta(minutes=60)

    outcomes, _ = race(
        [
            lambda: set_retention(appointment=visit, minutes=15, by=clinic.rosa, now=NOW),
            lambda: book_visit(clinic.bea, clinic.follow_up, clinic.location, after),
        ]
    )

    assert outcomes in ({"booked": 2}, {"booked": 1, "SlotTaken": 1})
    assert fresh(visit).ends_at == TEN + timedelta(minutes=50)
    assert overlaps() == 0


def test_two_devices_with_two_rests_leave_one(clinic):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, TEN)

    outcomes, _ = race(
        [
            lambda minutes=minutes, read=read: set_retention(
                appointment=read, minutes=minutes, by=clinic.rosa, now=NOW
            )
            for minutes, read in ((15, fresh(visit)), (35, fresh(visit)))
        ]
    )

    assert outcomes == {"booked": 1, "AlreadyChanged": 1}
    change = RetentionChange.objects.get()
    assert fresh(visit).ends_at == TEN + timedelta(minutes=35 + change.minutes)
