"""Cancelling frees the room at once; late is marked and can be undone by staff."""

from datetime import date, timedelta

import pytest

from bookings.domain.lifecycle import State
from bookings.models import Appointment, Reservation, StatusChange
from bookings.refusals import SlotTaken, TooLateToChange
from bookings.services.cancelling import cancel_appointment
from bookings.services.holding import place_hold
from bookings.services.moving import move_appointment
from bookings.services.status import (
    HistoryNotSeen,
    NotItsDay,
    record_status,
    start_visit,
    undo_status,
)
from clinic.refusals import AlreadyChanged, NotAllowed
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import book_visit, wish
from tests.factories.clinic import NOW, at, make_small_clinic

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)
MORNING = at(TUESDAY, 8)


def test_cancelling_frees_the_slot_for_the_next():
    clinic = make_small_clinic(lanes=1, rooms=1)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    cancel_appointment(appointment=visit, by=clinic.alice.user, now=NOW)
    next_visit = book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    assert not Reservation.objects.filter(appointment=visit).exists()
    assert next_visit.starts_at == at(TUESDAY, 9)


@pytest.mark.parametrize(("hours", "late"), [(24, False), (23, True)])
def test_cancelling_within_24_hours_is_late(hours, late):
    clinic = make_small_clinic()
    start = at(date(2027, 6, 15), 9)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, start)

    cancel_appointment(appointment=visit, by=clinic.alice.user, now=start - timedelta(hours=hours))

    visit.refresh_from_db()
    assert (visit.state, visit.cancelled_late, visit.cancelled_by_client, visit.version) == (
        "cancelled",
        late,
        True,
        1,
    )


def test_cancelling_what_the_clinic_moved_is_never_late():
    clinic = make_small_clinic()
    start = at(date(2027, 6, 15), 9)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, start)
    visit = move_appointment(
        appointment=visit,
        starts_at=start + timedelta(hours=2),
        practitioner_id=None,
        catalogue=catalogue(),
        by=clinic.rosa,
        now=NOW,
    )

    cancel_appointment(appointment=visit, by=clinic.alice.user, now=start)

    assert not visit.cancelled_late


def test_client_cannot_cancel_after_the_start():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(TooLateToChange):
        cancel_appointment(appointment=visit, by=clinic.alice.user, now=at(TUESDAY, 9))


def test_cancelling_twice_changes_nothing_the_second_time():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    cancel_appointment(appointment=visit, by=clinic.alice.user, now=NOW)

    cancel_appointment(appointment=visit, by=clinic.alice.user, now=NOW)

    assert StatusChange.objects.filter(to_state="cancelled").count() == 1


def test_stranger_cannot_cancel():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(NotAllowed):
        cancel_appointment(appointment=visit, by=clinic.bea.user, now=NOW)


def test_undoing_a_cancellation_takes_the_time_again():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    had = set(visit.reservations.values_list("resource_id", "during"))
    cancel_appointment(appointment=visit, by=clinic.rosa, now=NOW)

    undo_status(appointment=visit, by=clinic.rosa, now=NOW + timedelta(minutes=15))

    visit.refresh_from_db()
    assert (visit.state, visit.version) == ("booked", 2)
    assert set(visit.reservations.values_list("resource_id", "during")) == had


def test_undo_is_refused_once_the_slot_went_to_somebody_else():
    clinic = make_small_clinic(lanes=1)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    cancel_appointment(appointment=visit, by=clinic.rosa, now=NOW)
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(SlotTaken):
        undo_status(appointment=visit, by=clinic.rosa, now=NOW)

    visit.refresh_from_db()
    assert visit.state == "cancelled"


def test_undo_is_refused_after_15_minutes():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.rosa, now=MORNING)

    with pytest.raises(TooLateToChange):
        undo_status(
            appointment=visit, by=clinic.rosa, now=MORNING + timedelta(minutes=15, seconds=1)
        )


def test_undo_of_an_undo_is_refused():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.rosa, now=MORNING)
    start_visit(appointment=visit, history_seen=True, by=clinic.chen.user, now=MORNING)
    undo_status(appointment=visit, by=clinic.rosa, now=MORNING)

    with pytest.raises(Exception, match="nothing to undo"):
        undo_status(appointment=visit, by=clinic.rosa, now=MORNING)

    visit.refresh_from_db()
    assert visit.state == "arrived"


def test_no_show_needs_the_start_to_have_passed():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(TooLateToChange):
        record_status(appointment=visit, to_state=State.NO_SHOW, by=clinic.rosa, now=NOW)
    record_status(appointment=visit, to_state=State.NO_SHOW, by=clinic.rosa, now=at(TUESDAY, 9))

    assert not visit.reservations.exists()


def test_step_that_the_table_does_not_know_is_refused():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(AlreadyChanged):
        record_status(appointment=visit, to_state=State.COMPLETED, by=clinic.rosa, now=NOW)


def test_tap_does_not_cancel():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(AlreadyChanged):
        record_status(appointment=visit, to_state=State.CANCELLED, by=clinic.rosa, now=NOW)


def test_tapping_twice_records_once():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.rosa, now=MORNING)
    record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.rosa, now=MORNING)

    assert StatusChange.objects.filter(to_state="arrived").count() == 1


def test_practitioner_records_own_visits_only():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(NotAllowed):
        record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.dora.user, now=MORNING)
    record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.chen.user, now=MORNING)

    assert visit.state == "arrived"


def test_needles_start_on_the_tick_of_their_practitioner():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.rosa, now=MORNING)

    with pytest.raises(NotAllowed):
        start_visit(appointment=visit, history_seen=True, by=clinic.rosa, now=MORNING)
    with pytest.raises(HistoryNotSeen):
        start_visit(appointment=visit, history_seen=False, by=clinic.chen.user, now=MORNING)
    start_visit(appointment=visit, history_seen=True, by=clinic.chen.user, now=MORNING)

    begun = visit.status_changes.get(to_state="in_session")
    assert (begun.by, begun.at, begun.reason) == (
        clinic.chen.user,
        MORNING,
        "Health history, changes and consent seen",
    )


def test_double_click_on_cancel_cancels_once():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    second_click = Appointment.objects.with_people().get(pk=visit.pk)
    cancel_appointment(appointment=visit, by=clinic.alice.user, now=NOW)

    answer = cancel_appointment(appointment=second_click, by=clinic.alice.user, now=NOW)

    assert (answer.state, answer.version) == ("cancelled", 1)
    assert StatusChange.objects.filter(to_state="cancelled").count() == 1


def test_hold_that_ran_out_does_not_block_an_undo():
    clinic = make_small_clinic(lanes=1, rooms=1)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    cancel_appointment(appointment=visit, by=clinic.rosa, now=NOW)
    hold = place_hold(
        wish=wish(clinic.follow_up, clinic.location, at(TUESDAY, 9)), client=None, now=NOW
    )

    undo_status(appointment=visit, by=clinic.rosa, now=NOW + timedelta(minutes=11))

    hold.refresh_from_db()
    assert (visit.state, hold.state) == ("booked", "expired")


@pytest.mark.parametrize("now", [NOW, at(date(2027, 6, 9), 9)])
def test_arrival_on_another_day_is_refused(now):
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(NotItsDay):
        record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.rosa, now=now)

    visit.refresh_from_db()
    assert visit.state == "booked"
