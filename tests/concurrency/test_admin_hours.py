"""A booking beside a save of hours in the admin: before it, and named, or refused.

The pairs show what the lock on the hands is for.
"""

import threading
from collections import Counter
from datetime import date
from unittest import mock

import pytest
import time_machine

from bookings.admin import staff
from bookings.models import Appointment
from bookings.refusals import SlotTaken
from clinic.models import Practitioner, RosterHours
from tests.concurrency.test_hours import Act, reset_hours, settled
from tests.concurrency.test_papers import after, clear
from tests.concurrency.test_race import race
from tests.factories.admin import (
    change_url,
    hours,
    hours_rows,
    manager_browser,
    messages_of,
    practitioner_form,
)
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_small_clinic

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

NINE = at(date(2027, 6, 8), 9)
ROUNDS = 4


def saving(clinic: SmallClinic, said: list[str], **changed: str) -> Act:
    """Open the practitioner's page now, and return what sends it with other hours."""
    browser = manager_browser(clinic.mia)
    rows = [{**row, **changed} for row in hours_rows(clinic.chen)]
    sent = practitioner_form(clinic.chen, weekly=rows)

    def save() -> None:
        response = browser.post(change_url("clinic_practitioner", clinic.chen), sent, follow=True)
        assert response.status_code == 200
        said.extend(messages_of(response))

    return save


def booking(clinic: SmallClinic) -> Act:
    return lambda: book_visit(clinic.alice, clinic.follow_up, clinic.location, NINE)


def order_of_events(clinic: SmallClinic, patience: float) -> tuple[Counter[str], list[str]]:
    """Book while a save stands between its last look and its end; what came of both."""
    said: list[str] = []
    looked, booked = threading.Event(), threading.Event()
    looks: list[frozenset[int]] = []

    def look(person: Practitioner) -> frozenset[int]:
        looks.append(outside(person))
        if len(looks) == 2:
            looked.set()
            booked.wait(timeout=patience)
        return looks[-1]

    def book() -> None:
        looked.wait(timeout=30)
        booking(clinic)()
        booked.set()

    outside = staff._outside
    with time_machine.travel(NOW, tick=True), mock.patch.object(staff, "_outside", look):
        outcomes, _ = race([saving(clinic, said, starts="12:00"), book])
    return outcomes, [words for words in said if "outside the hours" in words]


def test_booking_beside_a_save_in_the_admin_is_named_or_refused():
    clinic = make_small_clinic()
    Practitioner.objects.filter(pk=clinic.dora.pk).update(is_active=False)

    with time_machine.travel(NOW, tick=True):
        for number in range(ROUNDS):
            said: list[str] = []
            save = saving(clinic, said, starts="12:00")
            stagger = (number - ROUNDS / 2) / 50

            outcomes, _ = race(
                [
                    after(max(stagger, 0), settled(booking(clinic), SlotTaken)),
                    after(max(-stagger, 0), save),
                ]
            )

            assert outcomes == {"booked": 2}
            is_named = any("1 visit lies outside the hours now" in words for words in said)
            assert is_named == Appointment.objects.filter(state="booked").exists()
            clear()
            reset_hours(clinic)


def test_booking_after_the_last_look_waits_and_finds_the_new_hours():
    clinic = make_small_clinic()

    outcomes, said = order_of_events(clinic, patience=1.5)

    assert (outcomes, said) == ({"booked": 1, "SlotTaken": 1}, [])


def test_without_the_lock_it_passes_the_save_and_nobody_is_told():
    clinic = make_small_clinic()

    with mock.patch.object(staff, "lock_hours"):
        outcomes, said = order_of_events(clinic, patience=1.5)

    assert (outcomes, said) == ({"booked": 2}, [])
    assert Appointment.objects.filter(state="booked", starts_at=NINE).exists()


def test_of_two_managers_who_add_hours_at_once_one_is_sent_back():
    clinic = make_small_clinic()
    row = hours(clinic.location, 6, "10:00", "14:00")
    sent = practitioner_form(clinic.chen, weekly=[*hours_rows(clinic.chen), row])
    url = change_url("clinic_practitioner", clinic.chen)
    statuses: list[int] = []

    with time_machine.travel(NOW, tick=True):
        browsers = [manager_browser(clinic.mia) for _ in range(2)]
        race([lambda one=one: statuses.append(one.post(url, sent).status_code) for one in browsers])

    assert sorted(statuses) == [200, 302]
    assert RosterHours.objects.filter(practitioner=clinic.chen, weekday=6).count() == 1
