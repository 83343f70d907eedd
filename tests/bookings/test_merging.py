"""Two records of one person become one, with all their visits, or clash."""

from datetime import date

import pytest

from bookings.models import Appointment, Reservation
from bookings.services.cancelling import cancel_appointment
from bookings.services.merging import RecordsClash, TwoLogins, merge_clients
from bookings.services.moving import move_appointment
from bookings.services.status import undo_status
from clinic.refusals import AlreadyChanged, NotAllowed
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_client, make_small_clinic

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)


def test_visits_and_reservations_move_to_the_kept_record():
    clinic = make_small_clinic(rooms=4)
    twin = make_client("Alice A.", login=False, email="alice@old.example", never_overlap=True)
    visit = book_visit(twin, clinic.follow_up, clinic.location, at(TUESDAY, 9), by=clinic.rosa)

    merge_clients(keep=clinic.alice, merge=twin, by=clinic.mia, now=NOW)

    visit.refresh_from_db()
    twin.refresh_from_db()
    rows = Reservation.objects.of_resources([clinic.alice.resource_id])
    assert [row.appointment for row in rows] == [visit]
    assert (visit.client, twin.merged_into, clinic.alice.never_overlap) == (
        clinic.alice,
        clinic.alice,
        True,
    )


def test_login_goes_over_to_the_kept_record():
    clinic = make_small_clinic()
    desk_record = make_client("Bea Brook", login=False, email="bea@example.com")
    login = clinic.bea.user

    merge_clients(keep=desk_record, merge=clinic.bea, by=clinic.mia, now=NOW)

    clinic.bea.refresh_from_db()
    desk_record.refresh_from_db()
    assert (desk_record.user, clinic.bea.user) == (login, None)


def test_visits_at_the_same_time_are_shown_and_nothing_changes():
    clinic = make_small_clinic(lanes=2, rooms=4)
    twin = make_client("Alice A.", login=False)
    mine = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    theirs = book_visit(twin, clinic.follow_up, clinic.location, at(TUESDAY, 9, 20), by=clinic.rosa)

    with pytest.raises(RecordsClash) as refusal:
        merge_clients(keep=clinic.alice, merge=twin, by=clinic.mia, now=NOW)

    theirs.refresh_from_db()
    twin.refresh_from_db()
    assert refusal.value.clashes == [(mine, theirs)]
    assert (theirs.client, twin.merged_into) == (twin, None)


def test_retired_record_is_not_booked_for():
    clinic = make_small_clinic()
    twin = make_client("Alice A.", login=False)
    merge_clients(keep=clinic.alice, merge=twin, by=clinic.mia, now=NOW)

    with pytest.raises(AlreadyChanged):
        book_visit(twin, clinic.follow_up, clinic.location, at(TUESDAY, 9), by=clinic.rosa)


def test_two_logins_are_not_merged():
    clinic = make_small_clinic()

    with pytest.raises(TwoLogins):
        merge_clients(keep=clinic.alice, merge=clinic.bea, by=clinic.mia, now=NOW)


def test_merged_record_is_not_merged_again():
    clinic = make_small_clinic()
    twin = make_client("Alice A.", login=False)
    merge_clients(keep=clinic.alice, merge=twin, by=clinic.mia, now=NOW)

    with pytest.raises(AlreadyChanged):
        merge_clients(keep=clinic.bea, merge=twin, by=clinic.mia, now=NOW)


def test_reception_cannot_merge():
    clinic = make_small_clinic()
    twin = make_client("Alice A.", login=False)

    with pytest.raises(NotAllowed):
        merge_clients(keep=clinic.alice, merge=twin, by=clinic.rosa, now=NOW)


def test_visit_read_before_the_merge_does_not_move_onto_the_retired_record():
    clinic = make_small_clinic()
    twin = make_client("Alice A.", login=False)
    visit = book_visit(twin, clinic.follow_up, clinic.location, at(TUESDAY, 9), by=clinic.rosa)
    read_before = Appointment.objects.with_people().get(pk=visit.pk)
    merge_clients(keep=clinic.alice, merge=twin, by=clinic.mia, now=NOW)

    with pytest.raises(AlreadyChanged):
        move_appointment(
            appointment=read_before,
            starts_at=at(TUESDAY, 12),
            practitioner_id=None,
            catalogue=catalogue(),
            by=clinic.rosa,
            now=NOW,
        )

    assert Reservation.objects.of_resources([clinic.alice.resource_id]).count() == 1


def test_visit_read_before_the_merge_is_not_undone_onto_the_retired_record():
    clinic = make_small_clinic()
    twin = make_client("Alice A.", login=False)
    visit = book_visit(twin, clinic.follow_up, clinic.location, at(TUESDAY, 9), by=clinic.rosa)
    cancel_appointment(appointment=visit, by=clinic.rosa, now=NOW)
    read_before = Appointment.objects.with_people().get(pk=visit.pk)
    merge_clients(keep=clinic.alice, merge=twin, by=clinic.mia, now=NOW)

    with pytest.raises(AlreadyChanged):
        undo_status(appointment=read_before, by=clinic.rosa, now=NOW)

    assert not Reservation.objects.of_resources([twin.resource_id]).exists()


def test_kept_record_shows_the_address_of_the_login_that_came_over():
    clinic = make_small_clinic()
    desk_record = make_client("Bea Brook", login=False, email="bea@old.example")

    merge_clients(keep=desk_record, merge=clinic.bea, by=clinic.mia, now=NOW)

    desk_record.refresh_from_db()
    assert desk_record.email == "bea@example.com"
