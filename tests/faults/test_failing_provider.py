"""A provider that fails in every way: each message ends sent or visibly failed."""

import time
from collections import Counter
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import override_settings

from clinic.messaging.dispatcher import send_due
from clinic.messaging.mail import MailDeliverer
from clinic.models import Message
from clinic.settings.providers import mail_settings
from tests.factories.clinic import NOW, make_small_clinic
from tests.support.messages import NoteKind, make_message, registered
from tests.support.providers import Fault, Recorder, resend

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

EMAIL = Message.Channel.EMAIL
MESSAGES = 200
STALL_SECONDS = 120
TIMEOUT_SECONDS = 2
"""More than an honest answer takes on a busy machine, and far less than the stall."""

FAULTS = {
    1: lambda asked: Fault(500) if asked <= 2 else None,
    2: lambda asked: Fault(429, headers={"Retry-After": "20"}) if asked == 1 else None,
    3: lambda asked: Fault(seconds=STALL_SECONDS) if asked == 1 else None,
    4: lambda asked: Fault(drop=True) if asked == 1 else None,
    5: lambda asked: Fault(503),
    6: lambda asked: Fault(422, {"message": "attachment too large"}),
}
"""By the last digit but one of a message's number, for those whose last digit is 0."""


@pytest.fixture
def rows():
    cache.clear()
    clinic = make_small_clinic()
    with registered(NoteKind()):
        yield {
            f"{row.public_id}@meridian.example": row
            for number in range(MESSAGES)
            for row in [make_message(clinic.alice, clinic.location, NOW, about_id=number)]
        }
    cache.clear()


def test_each_message_ends_sent_or_visibly_failed(rows, monkeypatch):
    def fault(key, asked):
        number = rows[key].about_id
        answer = FAULTS.get(number // 10 % 10) if number % 10 == 0 else None
        return answer(asked) if answer else None

    with resend(Recorder(fault)) as recorder:
        monkeypatch.setenv("EMAIL_URL", recorder.url)
        found = mail_settings()
        found["ANYMAIL"]["REQUESTS_TIMEOUT"] = TIMEOUT_SECONDS
        with override_settings(**found):
            seconds = send_until_all_are_done()

    states = Counter(Message.objects.values_list("state", "last_error"))
    times = Counter(recorder.asked.values())
    print(f"\n{dict(states)}; asked once, twice ...: {sorted(times.items())}; {seconds:.1f} s")
    assert states == {("sent", ""): 196, ("failed", "HTTP 503"): 2, ("failed", "HTTP 422"): 2}
    assert set(recorder.created.values()) == {1}
    assert times == {1: 190, 2: 6, 3: 2, 6: 2}
    assert seconds < STALL_SECONDS
    assert late() == {10, 50, 60, 110, 150, 160}


def send_until_all_are_done():
    """Run every ten seconds while anything is due, else when it will be; the clock jumps there."""
    began, now = time.monotonic(), NOW
    for _round in range(100):
        send_due(clock=lambda now=now: now, makers={EMAIL: MailDeliverer})
        waiting = Message.objects.waiting().order_by("due_at")
        following = waiting.values_list("due_at", flat=True).first()
        if following is None:
            return time.monotonic() - began
        now = max(now + timedelta(seconds=10), following)
    raise AssertionError("messages are still waiting after a hundred rounds")


def late():
    """Return the messages that did not go out within three minutes: those that failed twice."""
    soon = NOW + timedelta(minutes=3)
    others = Message.objects.exclude(state="sent", sent_at__lte=soon)
    return set(others.values_list("about_id", flat=True))
