"""Moves, cancellations and holds at the same moment leave one truth."""

from datetime import date, timedelta

import pytest

from bookings.domain.lifecycle import State
from bookings.models import Appointment, Reservation
from bookings.services.cancelling import cancel_appointment
from bookings.services.holding import confirm_hold, place_hold
from bookings.services.moving import move_appointment
from bookings.services.status import record_status
from bookings.services.time_off import close_on_public_holidays
from clinic.selectors.catalogue import catalogue
from tests.concurrency.test_race import overlaps, race
from tests.factories.bookings import book_visit, wish
from tests.factories.clinic import NOW, at, make_client, make_small_clinic

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TUESDAY = date(2027, 6, 8)


def mover(visit: Appointment, starts_at):
    read = Appointment.objects.with_people().get(pk=visit.pk)
    return lambda: move_appointment(
        appointment=read,
        starts_at=starts_at,
        practitioner_id=None,
        catalogue=catalogue(),
        by=read.client.user,
        now=NOW,
    )


def test_two_visits_moved_onto_each_others_time_do_not_deadlock():
    clinic = make_small_clinic(lanes=1, rooms=2)
    first = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    second = book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 12))

    outcomes, _ = race([mover(first, at(TUESDAY, 12)), mover(second, at(TUESDAY, 9))] * 5)

    assert set(outcomes) <= {"booked", "SlotTaken", "AlreadyChanged"}
    assert overlaps() == 0
    assert Appointment.objects.filter(state="booked").count() == 2


def test_many_moves_to_one_slot_leave_one_there():
    clinic = make_small_clinic(lanes=1, rooms=2)
    clients = [make_client(f"C{number} X") for number in range(6)]
    visits = [
        book_visit(client, clinic.follow_up, clinic.location, at(TUESDAY, 9 + number))
        for number, client in enumerate(clients)
    ]

    outcomes, _ = race([mover(visit, at(TUESDAY, 16)) for visit in visits])

    assert outcomes == {"booked": 1, "SlotTaken": 5}
    left = Appointment.objects.exclude(starts_at=at(TUESDAY, 16)).count()
    assert left == 5
    assert Reservation.objects.filter(resource__kind="lane").count() == 6


def test_many_moves_to_one_wished_room_leave_one_there():
    clinic = make_small_clinic(lanes=3, rooms=3)
    chosen = clinic.rooms[1]
    clients = [make_client(f"C{number} X") for number in range(4)]
    visits = [
        book_visit(client, clinic.follow_up, clinic.location, at(TUESDAY, 9 + number))
        for number, client in enumerate(clients)
    ]

    def desk(visit: Appointment):
        read = Appointment.objects.with_people().get(pk=visit.pk)
        return lambda: move_appointment(
            appointment=read,
            starts_at=at(TUESDAY, 16),
            practitioner_id=None,
            room_id=chosen.pk,
            catalogue=catalogue(),
            by=clinic.rosa,
            now=NOW,
        )

    outcomes, _ = race([desk(visit) for visit in visits])

    assert outcomes == {"booked": 1, "SlotTaken": 3}
    assert Appointment.objects.filter(starts_at=at(TUESDAY, 16), room=chosen).count() == 1
    assert overlaps() == 0


def test_one_visit_dragged_to_two_rooms_at_once_stands_in_one():
    clinic = make_small_clinic(rooms=3)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    others = [room for room in clinic.rooms if room != visit.room]

    def desk(room):
        read = Appointment.objects.with_people().get(pk=visit.pk)
        return lambda: move_appointment(
            appointment=read,
            starts_at=read.starts_at,
            practitioner_id=read.practitioner_id,
            room_id=room.pk,
            catalogue=catalogue(),
            by=clinic.rosa,
            now=NOW,
        )

    outcomes, _ = race([desk(room) for room in others])

    visit.refresh_from_db()
    assert outcomes == {"booked": 1, "AlreadyChanged": 1}
    assert visit.reservations.filter(resource=visit.room.resource_id).count() == 1


def test_one_visit_moved_from_two_tabs_moves_once():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    outcomes, _ = race([mover(visit, at(TUESDAY, 12)), mover(visit, at(TUESDAY, 14))])

    visit.refresh_from_db()
    assert outcomes == {"booked": 1, "AlreadyChanged": 1}
    assert visit.version == 1


def test_cancel_and_move_at_once_leave_no_half():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    read = Appointment.objects.with_people().get(pk=visit.pk)

    outcomes, _ = race(
        [
            mover(visit, at(TUESDAY, 12)),
            lambda: cancel_appointment(appointment=read, by=clinic.rosa, now=NOW),
        ]
    )

    visit.refresh_from_db()
    assert outcomes == {"booked": 1, "AlreadyChanged": 1}
    assert visit.reservations.exists() == (visit.state == "booked")


def test_expired_hold_has_one_heir():
    clinic = make_small_clinic(lanes=1, rooms=1)
    hold = place_hold(
        wish=wish(clinic.follow_up, clinic.location, at(TUESDAY, 9)), client=None, now=NOW
    )
    later = NOW + timedelta(minutes=11)
    rivals = [make_client(f"C{number} X") for number in range(10)]

    outcomes, _ = race(
        [
            lambda: confirm_hold(
                hold=Appointment.objects.select_related("location", "service").get(pk=hold.pk),
                client=clinic.alice,
                catalogue=catalogue(),
                by=clinic.alice.user,
                now=later,
            ),
            *[
                lambda client=client: book_visit(
                    client, clinic.follow_up, clinic.location, at(TUESDAY, 9), now=later
                )
                for client in rivals
            ],
        ]
    )

    assert outcomes == {"booked": 1, "SlotTaken": 10}
    assert Appointment.objects.filter(state="booked").count() == 1
    assert overlaps() == 0


def test_two_taps_at_once_record_one_arrival():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    def tap():
        read = Appointment.objects.with_people().get(pk=visit.pk)
        record_status(appointment=read, to_state=State.ARRIVED, by=clinic.rosa, now=read.starts_at)

    outcomes, _ = race([tap] * 6)

    assert set(outcomes) <= {"booked", "AlreadyChanged"}
    assert visit.status_changes.filter(to_state="arrived").count() == 1


def test_two_managers_close_the_holidays_at_once():
    clinic = make_small_clinic()

    outcomes, _ = race(
        [lambda: close_on_public_holidays(location=clinic.location, year=2027, by=clinic.mia)] * 4
    )

    days = list(clinic.location.closures.values_list("starts_at", flat=True))
    assert outcomes == {"booked": 4}
    assert len(days) == len(set(days)) > 5
