"""What the database itself refuses, in SQL, whatever the code does."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from bookings.models import NO_OVERLAP, Appointment, Reservation, StatusChange, TimeOff
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)

INSERT = """
INSERT INTO bookings_reservation (resource_id, during, appointment_id, time_off_id, held_until)
VALUES (%s, %s::tstzrange, %s, %s, %s)
"""


def insert(resource_id, during, appointment=None, time_off=None, held_until=None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, [resource_id, during, appointment, time_off, held_until])


def raises_violation(name: str):
    return pytest.raises(IntegrityError, match=name)


@pytest.fixture
def visit():
    clinic = make_small_clinic()
    return book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))


@pytest.fixture
def other_room(visit):
    return visit.location.rooms.exclude(pk=visit.room_id).get().resource_id


def test_overlapping_reservation_of_one_resource_is_refused(visit):
    room = visit.room.resource_id

    with raises_violation(NO_OVERLAP):
        insert(room, "[2027-06-08 14:05+00, 2027-06-08 14:15+00)", visit.pk)


def test_reservation_that_touches_is_allowed(visit):
    room = visit.room.resource_id

    insert(room, "[2027-06-08 14:10+00, 2027-06-08 14:30+00)", visit.pk)

    assert Reservation.objects.of_resources([room]).count() == 2


def test_same_time_of_another_resource_is_allowed(visit, other_room):
    insert(other_room, "[2027-06-08 13:00+00, 2027-06-08 14:00+00)", visit.pk)

    assert Reservation.objects.of_resources([other_room]).count() == 1


@pytest.mark.parametrize("during", ["empty", "[2027-06-08 13:00+00,)", "(,2027-06-08 13:00+00)"])
def test_empty_and_unbounded_reservations_are_refused(visit, other_room, during):
    with raises_violation("reservation_during_bounded"):
        insert(other_room, during, visit.pk)


def test_reservation_for_nothing_is_refused(other_room):
    with raises_violation("reservation_for_one_thing"):
        insert(other_room, "[2027-06-08 13:00+00, 2027-06-08 14:00+00)")


def test_reservation_for_visit_and_time_off_is_refused(visit, other_room):
    away = TimeOff.objects.create(
        kind="blocked", room=visit.room, starts_at=NOW, ends_at=NOW + timedelta(hours=1)
    )

    with raises_violation("reservation_for_one_thing"):
        insert(other_room, "[2027-06-09 13:00+00, 2027-06-09 14:00+00)", visit.pk, away.pk)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"state": "gone"}, "appointment_state_known"),
        ({"ends_at": at(TUESDAY, 9)}, "appointment_ends_after_start"),
        ({"held_until": NOW}, "appointment_held_until_only_when_held"),
        ({"state": "held"}, "appointment_held_until_only_when_held"),
        ({"client": None}, "appointment_has_client_once_booked"),
        ({"cancelled_late": True}, "appointment_late_only_when_cancelled"),
    ],
)
def test_visit_out_of_shape_is_refused(visit, fields, constraint):
    with raises_violation(constraint), transaction.atomic():
        Appointment.objects.filter(pk=visit.pk).update(**fields)


def test_time_off_of_two_things_is_refused(visit):
    with raises_violation("time_off_of_one_thing"), transaction.atomic():
        TimeOff.objects.create(
            kind="away",
            practitioner=visit.practitioner,
            room=visit.room,
            starts_at=NOW,
            ends_at=NOW + timedelta(hours=1),
        )


def test_time_off_that_ends_before_it_starts_is_refused(visit):
    with raises_violation("time_off_ends_after_start"), transaction.atomic():
        TimeOff.objects.create(kind="blocked", room=visit.room, starts_at=NOW, ends_at=NOW)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE bookings_statuschange SET reason = 'x'", "DELETE FROM bookings_statuschange"],
)
def test_history_is_neither_changed_nor_deleted(visit, statement):
    with raises_violation("append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert StatusChange.objects.filter(appointment=visit).count() == 1
