"""Cancelling and moving at any moment around the sending: nobody is told what is not true."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import connection

from bookings.models import Appointment
from bookings.services.cancelling import cancel_appointment
from bookings.services.moving import move_appointment
from clinic.messaging.delivery import Accepted
from clinic.messaging.dispatcher import send_due
from clinic.models import Message
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_client, make_small_clinic

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TRIALS = int(os.environ.get("MESSAGE_TRIALS", "40"))
"""500 by hand: MESSAGE_TRIALS=500."""
SENT_AT = NOW + timedelta(minutes=10)
DAYS = [date(2027, 6, 14), date(2027, 6, 15), date(2027, 6, 16), date(2027, 6, 17)]


class Provider:
    """Takes a moment for a mail, and remembers when it was handed what."""

    knows_keys = True

    def __init__(self):
        self.letters = []

    def make(self):
        return self

    def deliver(self, letter):
        time.sleep(random.uniform(0, 0.004))
        message = letter.message
        self.letters.append((message.about_id, message.kind, message.about_version))
        return Accepted("")

    def close(self):
        pass


@pytest.fixture
def clinic():
    cache.clear()
    yield make_small_clinic(lanes=4, rooms=6)
    cache.clear()


def test_no_message_tells_of_a_cancelled_visit_or_an_old_time(clinic):
    random.seed(5)
    provider = Provider()
    people = [make_client(f"C{number} X") for number in range(TRIALS)]
    found: Counter[str] = Counter()
    for number, person in enumerate(people):
        found[one_trial(clinic, person, number, provider)] += 1

    print(f"{TRIALS} trials: {dict(found)}")
    assert set(found) <= {"only the truth", "the correction followed"}
    assert len(found) == 2


def one_trial(clinic, person, number, provider) -> str:
    """Change a visit while its confirmation goes out; say what its client heard."""
    starts_at = at(DAYS[number % 4], 9 + number // 4 % 7)
    visit = book_visit(person, clinic.follow_up, clinic.location, starts_at)
    cancels = number % 2 == 0
    committed: list[bool] = []

    def change():
        try:
            time.sleep(random.uniform(0, 0.03))
            seen = Appointment.objects.with_people().get(pk=visit.pk)
            if cancels:
                cancel_appointment(appointment=seen, by=clinic.rosa, now=NOW)
            else:
                move_appointment(
                    appointment=seen,
                    starts_at=starts_at + timedelta(days=28),
                    practitioner_id=None,
                    catalogue=catalogue(),
                    by=clinic.rosa,
                    now=NOW,
                    override_reason="agreed by phone",
                )
            committed.append(True)
        finally:
            connection.close()

    def send():
        send_due(clock=lambda: SENT_AT, seconds=0.2, makers={"email": provider.make})

    changing = threading.Thread(target=change)
    in_order(changing, send, number)
    assert committed
    send_due(clock=lambda: SENT_AT, makers={"email": provider.make})
    heard = [(kind, version) for about, kind, version in provider.letters if about == visit.pk]
    if not cancels:
        free_the_slot(clinic, visit)
    return judged(heard, "visit_cancelled" if cancels else "visit_moved", visit)


def in_order(changing: threading.Thread, send: Callable[[], None], number: int) -> None:
    """Change wholly before the first sending, then wholly after it, then at the same moment."""
    if number == 1:
        send()
    changing.start()
    if number == 0:
        changing.join()
    if number != 1:
        time.sleep(random.uniform(0, 0.15))
        send()
    changing.join()


def judged(heard, change: str, visit) -> str:
    """Say whether what a client heard ends with the truth, and each thing once."""
    assert len(set(heard)) == len(heard)
    assert not Message.objects.waiting().about("visit", visit.pk).exists()
    if heard == [(change, 1)]:
        return "only the truth"
    if heard == [("visit_booked", 0), (change, 1)]:
        return "the correction followed"
    return f"wrong: {heard}"


def free_the_slot(clinic, visit) -> None:
    """Make room for the next trial, telling nobody."""
    seen = Appointment.objects.with_people().get(pk=visit.pk)
    cancel_appointment(appointment=seen, by=clinic.rosa, now=NOW)
    Message.objects.waiting().delete()
