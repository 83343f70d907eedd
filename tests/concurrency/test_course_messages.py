"""Changing a course at any moment around the sending: what a client heard adds up to the truth."""

import os
import random
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from icalendar import Calendar

from bookings.models import Appointment
from clinic.messaging.delivery import Accepted
from clinic.messaging.dispatcher import send_due
from clinic.models import Message
from tests.concurrency.test_messages import in_order
from tests.factories.clinic import NOW, make_client, make_small_clinic
from tests.factories.courses import make_course
from tests.support.telling import move_session, view
from treatments.services.ending import stop_course

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TRIALS = int(os.environ.get("MESSAGE_TRIALS", "24"))
"""500 by hand: MESSAGE_TRIALS=500."""
SENT_AT = NOW + timedelta(minutes=10)


class Provider:
    """Takes a moment for a mail, and remembers kinds and calendar files by client."""

    knows_keys = True

    def __init__(self):
        self.letters = []

    def make(self):
        return self

    def deliver(self, letter):
        time.sleep(random.uniform(0, 0.004))
        message = letter.message
        self.letters.append((message.client_id, message.kind, letter.content.attachments[0]))
        return Accepted("")

    def close(self):
        pass


@pytest.fixture
def clinic():
    cache.clear()
    yield make_small_clinic(lanes=4, rooms=6)
    cache.clear()


def test_what_a_client_heard_of_a_course_adds_up_to_what_is_booked(clinic):
    random.seed(5)
    provider = Provider()
    found: Counter[str] = Counter()
    for number in range(TRIALS):
        found[one_trial(clinic, make_client(f"C{number} X"), number, provider)] += 1

    print(f"{TRIALS} trials: {dict(found)}")
    assert set(found) <= {"nothing", "course_planned", "course_planned course_changed"}
    assert len(found) >= 2


def one_trial(clinic, person, number, provider) -> str:
    """Change a course while its plan goes out; say which messages its client got."""
    course = make_course(clinic, client=person, length=3)
    stops = number % 3 == 0
    committed: list[bool] = []

    def change():
        try:
            time.sleep(random.uniform(0, 0.06))
            if stops:
                stop_course(view=view(course), by=person.user, now=NOW)
            else:
                move_session(course, 2, days=1)
            committed.append(True)
        finally:
            connection.close()

    def send():
        send_due(clock=lambda: SENT_AT, seconds=0.2, makers={"email": provider.make})

    in_order(threading.Thread(target=change), send, number)
    assert committed
    send_due(clock=lambda: SENT_AT, makers={"email": provider.make})
    heard = [(kind, part) for client_id, kind, part in provider.letters if client_id == person.pk]
    assert not Message.objects.waiting().filter(client=person).exists()
    assert believed([part for _kind, part in heard]) == booked(person)
    if not stops:
        stop_course(view=view(course), by=person.user, now=NOW)
        Message.objects.waiting().delete()
    return " ".join(kind for kind, _part in heard) or "nothing"


def believed(parts) -> set:
    """Return the visits that a calendar holds which took in these files, one after the other."""
    newest: dict[str, tuple[int, object]] = {}
    for part in parts:
        for event in Calendar.from_ical(part.content).walk("VEVENT"):
            uid, sequence = str(event["UID"]), int(event["SEQUENCE"])
            start = event.start if event["STATUS"] == "CONFIRMED" else None
            if uid not in newest or newest[uid][0] <= sequence:
                newest[uid] = (sequence, start)
    return {(uid, start) for uid, (_sequence, start) in newest.items() if start is not None}


def booked(person) -> set:
    """Return the visits that are booked."""
    rows = Appointment.objects.filter(client=person, state="booked")
    return {(str(visit.public_id), visit.starts_at) for visit in rows}
