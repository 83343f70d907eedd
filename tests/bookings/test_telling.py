"""Every change of a visit is told once, with the change itself, and only its net effect."""

from datetime import date, datetime, timedelta

import pytest

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.refusals import SlotTaken
from bookings.services.by_link import cancel_by_link, move_by_link
from bookings.services.cancelling import cancel_allowed, cancel_appointment
from bookings.services.covering import cover_visit
from bookings.services.holding import confirm_hold, place_hold
from bookings.services.moving import move_appointment
from bookings.services.status import record_status, undo_status
from bookings.services.telling import messages_of_booking, standing_of, tell_changed
from clinic.messaging.outbox import after_grace
from clinic.models import CallEntry, Consent, Message, Purpose
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import book_visit, wish
from tests.factories.clinic import NOW, at, make_small_clinic

pytestmark = pytest.mark.django_db

MONDAY, TUESDAY, NEXT_WEEK = date(2027, 6, 7), date(2027, 6, 8), date(2027, 6, 15)
NINE = at(NEXT_WEEK, 9)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clinic():
    return make_small_clinic()


def booked(clinic, starts_at: datetime = NINE, by=None, now=NOW) -> Appointment:
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, starts_at, by=by, now=now)
    return Appointment.objects.with_people().get(pk=visit.pk)


def told(clinic, starts_at: datetime = NINE) -> Appointment:
    """Book a visit whose confirmation was sent."""
    visit = booked(clinic, starts_at)
    send_all()
    return visit


def send_all() -> None:
    Message.objects.filter(state="due").update(state="sent", sent_at=NOW, address="a@example.com")


def move(visit: Appointment, starts_at: datetime, by, now: datetime = NOW) -> Appointment:
    return move_appointment(
        appointment=visit,
        starts_at=starts_at,
        practitioner_id=visit.practitioner_id,
        catalogue=catalogue(),
        by=by,
        now=now,
        override_reason="agreed by phone" if by.is_reception else "",
    )


def cancel(visit: Appointment, by, now: datetime = NOW) -> Appointment:
    return cancel_appointment(appointment=visit, by=by, now=now)


def undo(visit: Appointment, by, now: datetime = NOW) -> Appointment:
    seen = Appointment.objects.with_people().get(pk=visit.pk)
    return undo_status(appointment=seen, by=by, now=now)


def waiting() -> list[tuple[str, int]]:
    rows = Message.objects.filter(state="due").order_by("pk")
    return [(row.kind, row.about_version) for row in rows]


def open_calls() -> list[tuple[str, int]]:
    rows = CallEntry.objects.filter(settled_at=None).order_by("pk")
    return [(row.reason, row.about_version) for row in rows]


def want_texts(client) -> None:
    for channel in ("sms", "email"):
        Consent.objects.create(
            client=client,
            purpose=Purpose.SERVICE,
            channel=channel,
            given=True,
            source=Consent.Source.PREFERENCES,
            at=NOW,
        )


def no_address(client) -> None:
    client.email = ""
    client.save()


def test_booking_is_confirmed_after_the_grace(clinic) -> None:
    visit = booked(clinic)

    row = Message.objects.get()
    assert (row.kind, row.channel, row.client) == ("visit_booked", "email", clinic.alice)
    assert (row.about, row.about_id, row.about_version) == ("visit", visit.pk, 0)
    assert (row.due_at, row.location) == (after_grace(NOW), clinic.location)


def test_booking_sent_twice_is_confirmed_once(clinic) -> None:
    for _ in range(2):
        book_visit(
            clinic.alice, clinic.follow_up, clinic.location, at(NEXT_WEEK, 9), request_id="same"
        )

    assert waiting() == [("visit_booked", 0)]


def test_hold_is_told_when_it_is_confirmed_and_not_before(clinic) -> None:
    hold = place_hold(
        wish=wish(clinic.follow_up, clinic.location, at(NEXT_WEEK, 9)),
        client=clinic.alice,
        now=NOW,
    )
    assert waiting() == []

    for _ in range(2):
        seen = Appointment.objects.with_people().get(pk=hold.pk)
        confirm_hold(
            hold=seen, client=clinic.alice, catalogue=catalogue(), by=clinic.alice.user, now=NOW
        )

    assert waiting() == [("visit_booked", 0)]


def test_refused_booking_tells_nobody(clinic) -> None:
    booked(clinic)
    send_all()

    with pytest.raises(SlotTaken):
        booked(clinic)

    assert waiting() == []


def test_move_names_the_time_that_was_told(clinic) -> None:
    visit = told(clinic)

    move(visit, at(NEXT_WEEK, 11), clinic.alice.user)

    row = Message.objects.get(state="due")
    assert (row.kind, row.about_version, row.due_at) == ("visit_moved", 1, after_grace(NOW))
    assert row.details["old_starts_at"] == at(NEXT_WEEK, 9).isoformat()


def test_move_within_the_grace_sends_one_confirmation_of_the_final_time(clinic) -> None:
    visit = booked(clinic)

    move(visit, at(NEXT_WEEK, 11), clinic.alice.user, NOW + MINUTE)

    assert waiting() == [("visit_booked", 1)]
    dropped = Message.objects.get(state="dropped")
    assert (dropped.about_version, dropped.reason) == (0, "The visit has changed since.")


def test_booking_cancelled_within_the_grace_sends_nothing(clinic) -> None:
    cancel(booked(clinic), clinic.alice.user)

    assert waiting() == []


def test_visit_moved_and_moved_back_within_the_grace_sends_nothing(clinic) -> None:
    visit = move(told(clinic), at(NEXT_WEEK, 11), clinic.alice.user)

    move(visit, at(NEXT_WEEK, 9), clinic.alice.user, NOW + MINUTE)

    assert waiting() == []


def test_two_moves_within_the_grace_send_one_message_from_the_told_time(clinic) -> None:
    visit = move(told(clinic), at(NEXT_WEEK, 11), clinic.alice.user)

    move(visit, at(NEXT_WEEK, 14), clinic.alice.user, NOW + MINUTE)

    row = Message.objects.get(state="due")
    assert (row.kind, row.about_version) == ("visit_moved", 2)
    assert row.details["old_starts_at"] == at(NEXT_WEEK, 9).isoformat()


def test_visit_moved_and_cancelled_within_the_grace_names_the_told_time(clinic) -> None:
    visit = move(told(clinic), at(NEXT_WEEK, 11), clinic.alice.user)

    cancel(visit, clinic.alice.user, NOW + MINUTE)

    row = Message.objects.get(state="due")
    assert (row.kind, row.about_version) == ("visit_cancelled", 2)
    assert row.details["old_starts_at"] == at(NEXT_WEEK, 9).isoformat()


def test_cancellation_undone_within_the_grace_sends_nothing(clinic) -> None:
    visit = cancel(told(clinic), clinic.rosa)

    undo(visit, clinic.rosa, NOW + MINUTE)

    assert waiting() == []


def test_cancellation_undone_after_it_was_told_is_confirmed_anew(clinic) -> None:
    visit = cancel(told(clinic), clinic.rosa)
    send_all()

    undo(visit, clinic.rosa, NOW + 10 * MINUTE)

    assert waiting() == [("visit_booked", 2)]


def test_what_the_clinic_does_to_a_booking_made_online_a_minute_ago_is_told(clinic) -> None:
    visit = booked(clinic)

    cancel(visit, clinic.rosa, NOW + MINUTE)

    assert waiting() == [("visit_cancelled", 1)]


def test_booking_by_reception_that_was_a_slip_sends_nothing(clinic) -> None:
    visit = booked(clinic, by=clinic.rosa)

    cancel(visit, clinic.rosa, NOW + MINUTE)

    assert waiting() == []


@pytest.mark.parametrize("tries", [0, 1])
def test_message_that_was_tried_may_have_arrived(tries, clinic) -> None:
    visit = booked(clinic)
    Message.objects.update(tries=tries)

    cancel(visit, clinic.alice.user)

    assert waiting() == ([("visit_cancelled", 1)] if tries else [])


def test_message_sent_by_the_other_channel_counts_as_told(clinic) -> None:
    want_texts(clinic.alice)
    visit = told(clinic, at(MONDAY, 15))
    move(visit, at(MONDAY, 16), clinic.rosa)
    email = Message.objects.get(kind="visit_moved", channel="email")
    Message.objects.filter(pk=email.pk).update(state="sent", sent_at=NOW, address="a@example.com")

    move(visit, at(MONDAY, 15), clinic.rosa, NOW + MINUTE)

    assert waiting() == [("visit_moved", 2)] * 2


def test_cover_at_the_same_time_is_told_and_taken_back_within_the_grace(clinic) -> None:
    visit = told(clinic)
    clinic.dora.services.add(clinic.follow_up)
    facts = catalogue()

    covered = cover_visit(
        visit=visit,
        version=0,
        practitioner_id=clinic.dora.pk,
        catalogue=facts,
        by=clinic.rosa,
        now=NOW,
    )
    assert waiting() == [("visit_moved", 1)]

    seen = Appointment.objects.with_people().get(pk=covered.pk)
    cover_visit(
        visit=seen,
        version=1,
        practitioner_id=clinic.chen.pk,
        catalogue=facts,
        by=clinic.rosa,
        now=NOW + MINUTE,
    )
    assert waiting() == []


def test_waiting_reminder_is_dropped_by_a_change(clinic) -> None:
    visit = told(clinic)
    Message.objects.create(
        kind="visit_last",
        dedupe_key="x",
        client=clinic.alice,
        about="visit",
        about_id=visit.pk,
        due_at=NOW,
        created_at=NOW,
    )

    move(visit, at(NEXT_WEEK, 11), clinic.alice.user)

    assert Message.objects.get(kind="visit_last").state == "dropped"
    assert waiting() == [("visit_moved", 1)]


def test_change_by_the_clinic_on_the_same_day_goes_at_once_by_every_channel(clinic) -> None:
    want_texts(clinic.alice)
    visit = told(clinic, at(MONDAY, 15))

    cancel(visit, clinic.rosa)

    rows = Message.objects.filter(state="due")
    assert {(row.channel, row.due_at) for row in rows} == {("email", NOW), ("sms", NOW)}
    call = CallEntry.objects.get()
    assert (call.reason, call.client, call.call_by) == (
        "changed_soon",
        clinic.alice,
        at(MONDAY, 15),
    )


def test_change_by_the_client_on_the_same_day_waits_for_the_grace(clinic) -> None:
    cancel(told(clinic, at(MONDAY, 15)), clinic.alice.user)

    assert Message.objects.get(state="due").due_at == after_grace(NOW)
    assert open_calls() == []


def test_undo_of_an_urgent_cancellation_is_told_and_ticks_off_the_call(clinic) -> None:
    visit = cancel(told(clinic, at(MONDAY, 15)), clinic.rosa)
    send_all()

    undo(visit, clinic.rosa, NOW + MINUTE)

    row = Message.objects.get(state="due")
    assert (row.kind, row.due_at) == ("visit_booked", NOW + MINUTE)
    assert open_calls() == [("changed_soon", 2)]
    assert CallEntry.objects.get(about_version=1).note == "The visit has changed again."


def test_urgent_change_taken_back_before_it_was_sent_leaves_no_trace(clinic) -> None:
    visit = cancel(told(clinic, at(MONDAY, 15)), clinic.rosa)

    undo(visit, clinic.rosa, NOW + timedelta(seconds=1))

    assert (waiting(), open_calls()) == ([], [])


def test_change_by_the_clinic_without_an_address_is_for_the_call_list(clinic) -> None:
    visit = told(clinic)
    no_address(clinic.alice)
    visit = Appointment.objects.with_people().get(pk=visit.pk)

    move(visit, at(NEXT_WEEK, 11), clinic.rosa)

    assert (waiting(), open_calls()) == ([], [("no_address", 1)])


def test_own_change_without_an_address_is_known_already(clinic) -> None:
    visit = told(clinic)
    no_address(clinic.alice)
    visit = Appointment.objects.with_people().get(pk=visit.pk)

    cancel(visit, clinic.alice.user)

    assert (waiting(), open_calls()) == ([], [])


def test_visit_cancelled_after_its_time_tells_nobody(clinic) -> None:
    visit = told(clinic, at(MONDAY, 9))

    cancel(visit, clinic.rosa, at(MONDAY, 9))

    assert (waiting(), open_calls()) == ([], [])


def test_status_of_a_visit_tells_nobody(clinic) -> None:
    visit = told(clinic, at(MONDAY, 9))

    record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.rosa, now=visit.starts_at)
    undo(visit, clinic.rosa, NOW + MINUTE)

    assert waiting() == []


def test_answers_by_link_are_confirmed_too(clinic) -> None:
    visit = told(clinic)

    moved = move_by_link(
        appointment=visit,
        starts_at=at(NEXT_WEEK, 11),
        practitioner_id=None,
        catalogue=catalogue(),
        now=NOW,
    )
    assert waiting() == [("visit_moved", 1)]
    send_all()

    cancel_by_link(appointment=Appointment.objects.with_people().get(pk=moved.pk), now=NOW)
    assert waiting() == [("visit_cancelled", 2)]


def test_caller_who_speaks_for_several_visits_tells_itself(clinic) -> None:
    visit = told(clinic)

    cancel_allowed(appointment=visit, by_client=False, by=clinic.rosa, now=NOW, tells=False)

    assert waiting() == []


def test_booking_asks_once_for_telling(clinic, django_assert_num_queries) -> None:
    visit = booked(clinic)
    fresh = Appointment.objects.get(pk=visit.pk)
    fresh.client = clinic.alice

    # How the client may be reached; the message goes in with the visit's reservations.
    with django_assert_num_queries(1):
        messages = messages_of_booking(fresh, by_client=True, now=NOW)

    assert [message.dedupe_key for message in messages] == [Message.objects.get().dedupe_key]


def test_change_costs_seven_statements_for_telling(clinic, django_assert_num_queries) -> None:
    visit = booked(clinic)
    before = standing_of(visit)
    visit.starts_at, visit.version = at(NEXT_WEEK, 11), 1

    # Lock and drop what waits, is its twin under way, what cover says, calls; reach of the
    # client, the message.
    with django_assert_num_queries(7):
        tell_changed(visit, before, by_client=True, now=NOW)
