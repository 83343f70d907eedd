"""Moving is all or nothing, within the policy for clients."""

from datetime import date, datetime, timedelta

import pytest

from bookings.models import Appointment, Reservation
from bookings.refusals import NotBookable, SlotTaken, TooLateToChange
from bookings.services.cancelling import cancel_appointment
from bookings.services.moving import move_appointment
from clinic.models import Client, Message, User
from clinic.refusals import AlreadyChanged, NotAllowed
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_practitioner, make_small_clinic

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)


def move(
    visit: Appointment,
    starts_at: datetime,
    by: User | None,
    now: datetime = NOW,
    practitioner_id: int | None = None,
    reason: str = "",
    room_id: int | None = None,
) -> Appointment:
    assert by is not None
    return move_appointment(
        appointment=visit,
        starts_at=starts_at,
        practitioner_id=practitioner_id or visit.practitioner_id,
        catalogue=catalogue(),
        by=by,
        now=now,
        room_id=room_id,
        override_reason=reason,
    )


def spans(visit: Appointment) -> set[tuple[str, datetime, datetime]]:
    rows = Reservation.objects.filter(appointment=visit).select_related("resource")
    return {(row.resource.kind, row.during.lower, row.during.upper) for row in rows}


def test_move_takes_the_new_time_and_frees_the_old():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    moved = move(visit, at(TUESDAY, 14), clinic.alice.user)

    assert spans(moved) == {
        ("hands", at(TUESDAY, 14), at(TUESDAY, 14, 20)),
        ("hands", at(TUESDAY, 14, 45), at(TUESDAY, 15)),
        ("lane", at(TUESDAY, 14), at(TUESDAY, 15)),
        ("room", at(TUESDAY, 14), at(TUESDAY, 15, 10)),
        ("client", at(TUESDAY, 14), at(TUESDAY, 15)),
    }
    assert (moved.version, moved.client_moves, moved.changed_by_clinic) == (1, 1, False)


def test_move_may_overlap_its_own_old_time():
    clinic = make_small_clinic(lanes=1, rooms=1)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    moved = move(visit, at(TUESDAY, 9, 30), clinic.alice.user)

    assert moved.starts_at == at(TUESDAY, 9, 30)


def test_lost_slot_leaves_the_old_booking_as_it_was():
    clinic = make_small_clinic(lanes=1)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 14))
    before = spans(visit)

    with pytest.raises(SlotTaken) as refusal:
        move(visit, at(TUESDAY, 14), clinic.alice.user)

    visit.refresh_from_db()
    assert (visit.starts_at, visit.version, spans(visit)) == (at(TUESDAY, 9), 0, before)
    assert len(refusal.value.alternatives) == 3


def test_move_to_the_same_time_changes_nothing():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    move(visit, at(TUESDAY, 9), clinic.alice.user)

    visit.refresh_from_db()
    assert (visit.version, visit.client_moves) == (0, 0)


def test_move_read_before_another_change_is_refused():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    stale = Appointment.objects.with_people().get(pk=visit.pk)
    move(visit, at(TUESDAY, 11), clinic.alice.user)

    with pytest.raises(AlreadyChanged):
        move(stale, at(TUESDAY, 15), clinic.alice.user)

    visit.refresh_from_db()
    assert visit.starts_at == at(TUESDAY, 11)


def test_cancelled_visit_cannot_be_moved():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    cancel_appointment(appointment=visit, by=clinic.rosa, now=NOW)

    with pytest.raises(AlreadyChanged):
        move(visit, at(TUESDAY, 15), clinic.rosa)


def test_fourth_move_by_the_client_is_refused():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 15), 9))
    for hour in (10, 11, 12):
        visit = move(visit, at(date(2027, 6, 15), hour), clinic.alice.user)

    with pytest.raises(TooLateToChange):
        move(visit, at(date(2027, 6, 15), 13), clinic.alice.user)

    assert move(visit, at(date(2027, 6, 15), 13), clinic.rosa).client_moves == 3


@pytest.mark.parametrize(("hours", "allowed"), [(24, True), (23, False)])
def test_client_moves_until_24_hours_before(hours, allowed):
    clinic = make_small_clinic()
    start = at(date(2027, 6, 15), 9)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, start)
    now = start - timedelta(hours=hours)

    if allowed:
        assert move(visit, at(date(2027, 6, 16), 9), clinic.alice.user, now=now).version == 1
    else:
        with pytest.raises(TooLateToChange):
            move(visit, at(date(2027, 6, 16), 9), clinic.alice.user, now=now)


def test_what_the_clinic_moved_the_client_moves_freely():
    clinic = make_small_clinic()
    start = at(date(2027, 6, 15), 9)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, start)
    visit = move(visit, at(date(2027, 6, 15), 15), clinic.rosa)
    two_hours_before = at(date(2027, 6, 15), 13)

    moved = move(visit, at(date(2027, 6, 17), 9), clinic.alice.user, now=two_hours_before)

    assert moved.starts_at == at(date(2027, 6, 17), 9)


def test_move_to_another_practitioner():
    clinic = make_small_clinic()
    eve = make_practitioner("Eve", services=[clinic.follow_up], location=clinic.location)
    visit = book_visit(
        clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9), practitioner=clinic.chen
    )

    moved = move(visit, at(TUESDAY, 9), clinic.rosa, practitioner_id=eve.pk)

    assert (moved.practitioner, moved.starts_at, moved.version) == (eve, at(TUESDAY, 9), 1)


def test_stranger_cannot_move_a_visit():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(NotAllowed):
        move(visit, at(TUESDAY, 15), clinic.bea.user)


def test_booked_visit_keeps_its_segments_when_the_service_changes():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    clinic.follow_up.segments.filter(kind="retention").update(minutes=40)

    moved = move(visit, at(TUESDAY, 14), clinic.alice.user)

    assert moved.ends_at == at(TUESDAY, 15)


def test_visit_of_a_service_that_is_gone_is_moved_by_phone():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    clinic.follow_up.is_active = False
    clinic.follow_up.save()

    with pytest.raises(NotBookable):
        move(visit, at(TUESDAY, 14), clinic.alice.user)


def test_practitioner_moves_an_own_visit_for_the_clinic():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    moved = move(visit, at(TUESDAY, 14, 5), clinic.chen.user)

    assert moved.starts_at == at(TUESDAY, 14, 5)
    assert (moved.version, moved.client_moves, moved.changed_by_clinic) == (1, 0, True)


def test_practitioner_hands_an_own_visit_to_nobody():
    clinic = make_small_clinic()
    eve = make_practitioner("Eve", services=[clinic.follow_up], location=clinic.location)
    visit = book_visit(
        clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9), practitioner=clinic.chen
    )

    with pytest.raises(NotAllowed):
        move(visit, at(TUESDAY, 14), clinic.chen.user, practitioner_id=eve.pk)

    with pytest.raises(NotAllowed):
        move(visit, at(TUESDAY, 14), eve.user)

    visit.refresh_from_db()
    assert (visit.practitioner, visit.version) == (clinic.chen, 0)


def test_practitioner_waives_no_notice():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(NotAllowed):
        move(visit, at(TUESDAY, 14), clinic.chen.user, reason="Swapped with a colleague")


def test_client_who_treats_elsewhere_moves_as_a_client():
    clinic = make_small_clinic()
    own = Client.objects.create(
        name="Dora Novak", user=clinic.dora.user, email="dora@example.com", adult_declared_at=NOW
    )
    visit = book_visit(own, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    moved = move(visit, at(TUESDAY, 14), clinic.dora.user)

    assert (moved.client_moves, moved.changed_by_clinic) == (1, False)


def test_client_starts_on_the_step_only():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(SlotTaken):
        move(visit, at(TUESDAY, 14, 5), clinic.alice.user)


def test_move_to_a_wished_room_takes_that_room():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    other = next(room for room in clinic.rooms if room != visit.room)

    moved = move(visit, at(TUESDAY, 14), clinic.rosa, room_id=other.pk)

    assert (moved.room, moved.starts_at, moved.version) == (other, at(TUESDAY, 14), 1)
    assert moved.reservations.filter(resource=other.resource_id).count() == 1


def test_wished_room_that_is_taken_refuses_the_move():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    rival = book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 14))

    with pytest.raises(SlotTaken):
        move(visit, at(TUESDAY, 14, 20), clinic.rosa, room_id=rival.room_id)

    assert move(visit, at(TUESDAY, 14, 20), clinic.rosa).room != rival.room


def test_another_room_alone_keeps_version_promise_and_silence():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    Appointment.objects.filter(pk=visit.pk).update(promised_at=NOW, promised_version=0)
    visit.refresh_from_db()
    told = list(Message.objects.order_by("pk").values_list("kind", "state"))
    other = next(room for room in clinic.rooms if room != visit.room)

    moved = move(visit, at(TUESDAY, 9), clinic.rosa, room_id=other.pk)

    assert (moved.room, moved.version, moved.is_promised) == (other, 0, True)
    assert list(Message.objects.order_by("pk").values_list("kind", "state")) == told


def test_move_read_before_a_change_of_room_is_refused():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    stale = Appointment.objects.with_people().get(pk=visit.pk)
    other = next(room for room in clinic.rooms if room != visit.room)
    move(visit, at(TUESDAY, 9), clinic.rosa, room_id=other.pk)

    with pytest.raises(AlreadyChanged):
        move(stale, at(TUESDAY, 15), clinic.rosa)
