"""One key, several requests at once: it books once, whatever the others ask for."""

from datetime import date

import pytest

from bookings.models import Appointment, BookingRequest
from tests.concurrency.test_race import race
from tests.factories.bookings import book_visit
from tests.factories.clinic import at, make_client, make_practitioner, make_room, make_small_clinic

pytestmark = pytest.mark.django_db(transaction=True)

TUESDAY = date(2027, 6, 8)


def test_key_sent_for_four_clients_at_once_books_one_of_them():
    clinic = make_small_clinic(rooms=5)
    clients = [make_client(f"Client{number} Y") for number in range(4)]

    outcomes, _ = race(
        [
            lambda client=client, hour=hour: book_visit(
                client,
                clinic.follow_up,
                clinic.location,
                at(TUESDAY, hour),
                by=clinic.rosa,
                request_id="one-form",
            )
            for client, hour in zip(clients, (9, 11, 13, 15), strict=True)
        ]
    )

    assert outcomes == {"booked": 1, "KeyReused": 3}
    assert Appointment.objects.count() == 1
    assert BookingRequest.objects.get().appointment == Appointment.objects.get()


def test_key_sent_twenty_times_for_anybody_books_once_with_many_free():
    clinic = make_small_clinic(rooms=10)
    for number in range(5):
        make_room(clinic.location, f"More {number}", [clinic.follow_up])
        make_practitioner(f"P{number} X", services=[clinic.follow_up], location=clinic.location)

    outcomes, _ = race(
        [
            lambda: book_visit(
                clinic.alice,
                clinic.follow_up,
                clinic.location,
                at(TUESDAY, 9),
                request_id="double-click",
            )
        ]
        * 20
    )

    assert outcomes == {"booked": 20}
    assert Appointment.objects.count() == 1
