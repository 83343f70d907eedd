"""Whoever queues too long is told that we are busy, and nothing changed."""

import threading
from datetime import date

import pytest
from django.db import connection, connections, transaction

from bookings.models import Appointment, BookingRequest
from clinic.models import Resource
from clinic.refusals import Busy
from tests.factories.bookings import book_visit
from tests.factories.clinic import at, make_small_clinic

pytestmark = pytest.mark.django_db(transaction=True)

TUESDAY = date(2027, 6, 8)


def hold_lock(resource_id: int, locked: threading.Event, done: threading.Event) -> None:
    with transaction.atomic():
        Resource.objects.select_for_update().get(pk=resource_id)
        locked.set()
        done.wait(timeout=30)
    connections.close_all()


def test_writer_that_queues_too_long_is_busy_and_changes_nothing():
    clinic = make_small_clinic()
    locked, done = threading.Event(), threading.Event()
    other = threading.Thread(target=hold_lock, args=(clinic.chen.resource_id, locked, done))
    other.start()
    locked.wait(timeout=30)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")

    try:
        with pytest.raises(Busy):
            book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    finally:
        done.set()
        other.join()
        connection.close()

    assert (Appointment.objects.count(), BookingRequest.objects.count()) == (0, 0)


def test_every_connection_waits_three_seconds_at_most_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("3s",)
