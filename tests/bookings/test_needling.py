"""Needles counted in and out, and the end of a visit that waits for both numbers."""

import json
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from bookings.domain.lifecycle import State
from bookings.models import Appointment, NeedleChange, Needling, StatusChange
from bookings.refusals import NotBookable, TooLateToChange
from bookings.services.needling import (
    ImpossibleCount,
    NeedlesNotCounted,
    NeedlesRecorded,
    NothingToSearch,
    NotInSession,
    record_needles_in,
    record_needles_out,
    record_searched,
    undo_needles,
)
from bookings.services.status import close_left_open, record_status, undo_status
from clinic.problems import problem_of_refusal
from clinic.refusals import AlreadyChanged, NotAllowed
from tests.factories.bookings import begin_visit, book_visit, finish_visit, fresh
from tests.factories.clinic import TODAY, SmallClinic, at, make_service, make_small_clinic

pytestmark = pytest.mark.django_db

TEN = at(TODAY, 10)
OVER = at(TODAY, 18)


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def booked(clinic: SmallClinic) -> Appointment:
    return fresh(book_visit(clinic.alice, clinic.follow_up, clinic.location, TEN))


@pytest.fixture
def visit(booked: Appointment) -> Appointment:
    return begin_visit(booked)


def after(minutes: int) -> datetime:
    return TEN + timedelta(minutes=minutes)


def put_in(visit: Appointment, count: int = 40, minutes: int = 20) -> Needling:
    by = visit.practitioner.user
    return record_needles_in(appointment=visit, count=count, by=by, now=after(minutes))


def take_out(visit: Appointment, count: int = 40, minutes: int = 50) -> Needling:
    by = visit.practitioner.user
    return record_needles_out(appointment=visit, count=count, by=by, now=after(minutes))


def search(visit: Appointment, minutes: int = 55) -> Needling:
    return record_searched(appointment=visit, by=visit.practitioner.user, now=after(minutes))


def undo(visit: Appointment, minutes: int, kind: NeedleChange.Kind | None = None):
    by = visit.practitioner.user
    return undo_needles(appointment=visit, by=by, now=after(minutes), kind=kind)


def complete(visit: Appointment, minutes: int = 60) -> Appointment:
    by = visit.practitioner.user
    return record_status(appointment=visit, to_state=State.COMPLETED, by=by, now=after(minutes))


def story(visit: Appointment) -> list[tuple[str, int | None]]:
    return list(visit.needle_changes.order_by("pk").values_list("kind", "count"))


def test_equal_numbers_let_the_visit_be_completed(visit):
    put_in(visit)
    take_out(visit)

    assert complete(visit).state == "completed"
    assert story(visit) == [("in", 40), ("out", 40)]


def test_visit_is_not_completed_without_numbers(visit):
    with pytest.raises(NeedlesNotCounted, match="how many needles went in"):
        complete(visit)

    assert fresh(visit).state == "in_session"


def test_visit_is_not_completed_with_needles_in(visit):
    put_in(visit)

    with pytest.raises(NeedlesNotCounted, match=r"Needles: 40 in\. Remove them first"):
        complete(visit)


def test_visit_is_not_completed_with_unequal_numbers_until_searched(visit):
    put_in(visit)
    take_out(visit, 38)

    with pytest.raises(
        NeedlesNotCounted, match=r"Needles: 40 in, 38 removed\. Search first and tell the client"
    ):
        complete(visit)

    search(visit)
    assert complete(visit).state == "completed"
    assert story(visit) == [("in", 40), ("out", 38), ("searched", None)]


def test_more_needles_out_than_in_ask_for_a_search_too(visit):
    put_in(visit)
    take_out(visit, 41)

    with pytest.raises(NeedlesNotCounted):
        complete(visit)


@pytest.mark.parametrize("act", [put_in, take_out])
def test_same_number_tapped_again_changes_nothing(visit, act):
    put_in(visit)
    take_out(visit)

    again = act(visit, 40, 55)

    assert (again.in_at, again.out_at) == (after(20), after(50))
    assert len(story(visit)) == 2


@pytest.mark.parametrize("act", [put_in, take_out])
def test_other_number_of_a_second_device_is_refused(visit, act):
    put_in(visit)
    take_out(visit)

    with pytest.raises(AlreadyChanged):
        act(visit, 39)

    assert len(story(visit)) == 2


@pytest.mark.parametrize("count", [0, -1, 301, 70_000])
def test_impossible_number_in_is_refused(visit, count):
    with pytest.raises(ImpossibleCount, match="from 1 to 300"):
        put_in(visit, count)


@pytest.mark.parametrize("count", [-1, 301])
def test_impossible_number_out_is_refused(visit, count):
    put_in(visit)

    with pytest.raises(ImpossibleCount, match="from 0 to 300"):
        take_out(visit, count)


def test_none_found_at_removal_is_a_number(visit):
    put_in(visit, 1)

    assert take_out(visit, 0).out_count == 0


def test_needles_are_not_removed_before_they_went_in(visit):
    with pytest.raises(NeedlesNotCounted, match="how many needles went in"):
        take_out(visit)


def test_search_waits_for_the_number_removed(visit):
    put_in(visit)

    with pytest.raises(NeedlesNotCounted, match="were removed"):
        search(visit)


def test_nothing_is_searched_for_when_the_numbers_are_equal(visit):
    put_in(visit)
    take_out(visit)

    with pytest.raises(NothingToSearch):
        search(visit)


def test_search_ticked_again_changes_nothing(visit):
    put_in(visit)
    take_out(visit, 38)
    search(visit)

    assert search(visit, 58).searched_at == after(55)
    assert len(story(visit)) == 3


def test_needles_wait_for_the_start_of_the_visit(booked):
    with pytest.raises(NotInSession):
        put_in(booked)


@pytest.mark.parametrize("act", [put_in, take_out, search])
def test_nothing_is_counted_of_a_completed_visit(booked, act):
    done = close_left_open(
        appointment=booked, to_state=State.COMPLETED, by=booked.practitioner.user, now=OVER
    )

    with pytest.raises(NotInSession):
        act(done)


def test_visit_without_needles_has_none_to_count(clinic):
    talk = make_service("talk", (("consultation", 30, "pcr"),), uses_needles=False)
    for offered in (clinic.chen.services, *[room.services for room in clinic.rooms]):
        offered.add(talk)
    visit = begin_visit(book_visit(clinic.alice, talk, clinic.location, TEN, by=clinic.rosa))

    with pytest.raises(NotInSession, match="needs no needles"):
        put_in(visit)

    assert complete(visit).state == "completed"


def test_only_who_treats_counts_needles(clinic, visit):
    for by in (clinic.rosa, clinic.mia, clinic.dora.user, clinic.alice.user):
        with pytest.raises(NotAllowed):
            record_needles_in(appointment=visit, count=40, by=by, now=after(20))
        with pytest.raises(NotAllowed):
            record_needles_out(appointment=visit, count=40, by=by, now=after(20))
        with pytest.raises(NotAllowed):
            record_searched(appointment=visit, by=by, now=after(20))
        with pytest.raises(NotAllowed):
            undo_needles(appointment=visit, by=by, now=after(20))


def test_wrong_number_is_taken_back_and_entered_anew(visit):
    put_in(visit)
    take_out(visit, 38)

    assert undo(visit, 65).out_count is None
    take_out(visit, 40, 66)

    assert complete(visit, 67).state == "completed"
    assert story(visit) == [("in", 40), ("out", 38), ("undone", 38), ("out", 40)]


def test_search_is_taken_back_before_the_number(visit):
    put_in(visit)
    take_out(visit, 38)
    search(visit)

    left = undo(visit, 56)

    assert (left.searched_at, left.out_count) == (None, 38)


def test_number_in_taken_back_leaves_only_the_story(visit):
    put_in(visit, 4)

    assert undo(visit, 21) is None
    assert not Needling.objects.exists()
    assert story(visit) == [("in", 4), ("undone", 4)]


def test_entry_is_taken_back_for_15_minutes_only(visit):
    put_in(visit)

    with pytest.raises(TooLateToChange):
        undo(visit, 36)

    assert undo(visit, 35) is None


def test_nothing_recorded_is_nothing_to_undo(visit):
    with pytest.raises(NotBookable, match="nothing to undo"):
        undo(visit, 5)


def test_double_click_takes_back_one_entry(visit):
    put_in(visit)
    take_out(visit, 38, 30)

    undo(visit, 31, NeedleChange.Kind.OUT)
    left = undo(visit, 31, NeedleChange.Kind.OUT)

    assert (left.in_count, left.out_count) == (40, None)


def test_numbers_of_a_completed_visit_stay(visit):
    put_in(visit)
    take_out(visit)
    complete(visit)

    with pytest.raises(NotInSession):
        undo(visit, 60)


def test_undone_completion_lets_the_number_be_corrected(visit):
    put_in(visit)
    take_out(visit)
    complete(visit, 52)
    by = visit.practitioner.user
    undo_status(appointment=fresh(visit), by=by, now=after(53))

    assert undo(fresh(visit), 54).out_count is None


def test_start_is_not_undone_once_needles_are_in(visit):
    put_in(visit, minutes=5)

    with pytest.raises(NeedlesRecorded):
        undo_status(appointment=visit, by=visit.practitioner.user, now=after(6))

    undo(visit, 7)
    assert undo_status(appointment=visit, by=visit.practitioner.user, now=after(8)).state == (
        "arrived"
    )


def not_treated(visit: Appointment) -> Appointment:
    by = visit.practitioner.user
    return record_status(
        appointment=visit, to_state=State.NOT_TREATED, by=by, now=after(55), reason="faint"
    )


def test_visit_broken_off_before_any_needle_is_not_treated(visit):
    assert not_treated(visit).state == "not_treated"


def test_visit_broken_off_with_all_needles_out_is_not_treated(visit):
    put_in(visit)
    take_out(visit)

    assert not_treated(visit).state == "not_treated"
    assert not visit.reservations.exists()


@pytest.mark.parametrize("removed", [None, 38])
def test_visit_is_not_broken_off_with_needles_in_or_missing(visit, removed):
    put_in(visit)
    if removed is not None:
        take_out(visit, removed)

    with pytest.raises(NeedlesNotCounted):
        not_treated(visit)

    assert visit.reservations.exists()


@pytest.mark.parametrize("to_state", [State.COMPLETED, State.NOT_TREATED])
def test_visit_in_session_is_not_closed_later_with_needles_in(clinic, visit, to_state):
    put_in(visit)

    with pytest.raises(NeedlesNotCounted):
        close_left_open(appointment=visit, to_state=to_state, by=clinic.rosa, now=OVER)


def test_visit_in_session_is_closed_later_once_counted(clinic, visit):
    put_in(visit)
    take_out(visit)

    closed = close_left_open(appointment=visit, to_state=State.COMPLETED, by=clinic.rosa, now=OVER)

    assert closed.state == "completed"
    assert StatusChange.objects.latest("pk").reason == ""


def test_visit_that_nobody_started_is_closed_as_not_counted(clinic, booked):
    close_left_open(appointment=booked, to_state=State.COMPLETED, by=clinic.rosa, now=OVER)

    assert StatusChange.objects.latest("pk").reason == "Needles not counted"


@pytest.mark.parametrize("to_state", [State.NO_SHOW, State.NOT_TREATED])
def test_visit_that_did_not_happen_says_nothing_of_needles(clinic, booked, to_state):
    close_left_open(appointment=booked, to_state=to_state, by=clinic.rosa, now=OVER)

    assert StatusChange.objects.latest("pk").reason == ""


def test_clock_a_moment_behind_does_not_break_the_removal(visit):
    put_in(visit, minutes=20)

    assert take_out(visit, minutes=19).out_at == after(20)


def test_finished_visit_of_the_factory_has_its_numbers(booked):
    done = finish_visit(booked)

    assert (done.state, done.needling.in_count, done.needling.out_count) == ("completed", 40, 40)


GOOD = {"in_count": 40, "in_at": TEN}
OUT = {"out_count": 40, "out_at": OVER}
WHOLE = "needling_removed_whole"
UNEQUAL = "needling_searched_only_when_unequal"


@pytest.mark.parametrize(
    "fields", [{}, OUT, {**OUT, "out_at": TEN}, {**OUT, "out_count": 38, "searched_at": OVER}]
)
def test_database_takes_needles_that_can_be(booked, fields):
    assert Needling.objects.create(appointment=booked, **GOOD, **fields).pk


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"out_count": 40}, WHOLE),
        ({"out_at": OVER}, WHOLE),
        ({**OUT, "out_at": TEN - timedelta(seconds=1)}, WHOLE),
        ({**OUT, "searched_at": OVER}, UNEQUAL),
        ({"searched_at": OVER}, UNEQUAL),
    ],
)
def test_database_refuses_needles_that_can_not_be(booked, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Needling.objects.create(appointment=booked, **GOOD, **fields)


def test_database_keeps_one_row_a_visit(booked):
    Needling.objects.create(appointment=booked, **GOOD)

    with pytest.raises(IntegrityError, match="appointment_id"), transaction.atomic():
        Needling.objects.create(appointment=booked, **GOOD)


def test_visit_with_needles_is_never_deleted(visit):
    put_in(visit)

    with pytest.raises(ProtectedError):
        visit.delete()


def test_missing_number_has_a_stable_code_for_programs():
    answer = problem_of_refusal(NeedlesNotCounted())

    assert (answer.status_code, json.loads(answer.content)["code"]) == (422, "needles_not_counted")
