"""A booking beside another zone of its location: one of the two is refused.

The pair shows what the lock on the rooms is for.
"""

import threading
from collections import Counter
from datetime import date
from typing import Any
from unittest import mock

import pytest
import time_machine

from bookings.admin import places
from bookings.forms import admin as forms
from bookings.models import Appointment
from clinic.models import Location
from tests.concurrency.test_race import race
from tests.factories.admin import change_url, location_form, manager_browser
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

NINE = at(date(2027, 6, 8), 9)
"""When the rosters begin; in Chicago it is 8am then, and nobody works yet."""


def book_beside_another_zone() -> tuple[Counter[str], str, int]:
    """Book while the save of another zone stands between its look at visits and its end."""
    clinic = make_small_clinic()
    looked, booked = threading.Event(), threading.Event()
    sent = location_form(slug="new-york", name="New York", zone="America/Chicago")

    def look(*args: Any) -> bool:
        looked.set()
        booked.wait(timeout=1.5)
        return False

    def book() -> None:
        looked.wait(timeout=30)
        book_visit(clinic.alice, clinic.follow_up, clinic.location, NINE)
        booked.set()

    with (
        time_machine.travel(NOW, tick=True),
        mock.patch.object(forms, "time_off_ahead_at", look),
    ):
        browser = manager_browser(clinic.mia)
        url = change_url("clinic_location", clinic.location)
        outcomes, _ = race([lambda: browser.post(url, sent), book])
    return outcomes, Location.objects.get().zone, Appointment.objects.filter(state="booked").count()


def test_booking_waits_for_the_zone_and_is_judged_by_it():
    outcomes, zone, visits = book_beside_another_zone()

    assert (outcomes, zone, visits) == ({"booked": 1, "SlotTaken": 1}, "America/Chicago", 0)


def test_without_the_lock_it_is_booked_by_a_clock_that_is_gone():
    with mock.patch.object(places, "lock_rooms"):
        outcomes, zone, visits = book_beside_another_zone()

    assert (outcomes, zone, visits) == ({"booked": 2}, "America/Chicago", 1)
