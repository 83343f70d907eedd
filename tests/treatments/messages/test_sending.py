"""Each kind goes out through the real dispatcher, once, or not at all when it is not wanted."""

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache

from bookings.models import Appointment
from clinic.messaging.dispatcher import send_due
from clinic.models import Consent, Message, Purpose
from tests.factories.clinic import NOW, at
from tests.support.aftercare import keep, make_weekly
from tests.support.messages import FakeProvider
from tests.support.telling import consent, move_session, view
from tests.treatments.messages.conftest import CLIENT_KINDS, STAFF_KINDS
from treatments.services.caring import write_recalls
from treatments.services.ending import stop_course

pytestmark = pytest.mark.django_db

EMAIL, SMS = Message.Channel.EMAIL, Message.Channel.SMS
MINUTE, GRACE = timedelta(minutes=1), timedelta(minutes=3)


@pytest.fixture(autouse=True)
def clear_pauses():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def provider():
    return FakeProvider()


def send(provider: FakeProvider, now: datetime) -> dict[str, int]:
    return send_due(clock=lambda: now, makers={EMAIL: provider.make, SMS: provider.make})


def sent(provider: FakeProvider) -> list[str]:
    return [letter.message.kind for letter in provider.letters]


@pytest.mark.parametrize("kind", [*CLIENT_KINDS, *STAFF_KINDS])
def test_every_kind_is_sent_once(kind, row_of, provider) -> None:
    row, now = row_of(kind)
    Message.objects.exclude(pk=row.pk).delete()
    Message.objects.filter(pk=row.pk).update(due_at=now)

    became = [send(provider, now + n * MINUTE) for n in (0, 1)]

    row.refresh_from_db()
    assert became == [{"sent": 1}, {}]
    assert (sent(provider), row.state) == ([kind], "sent")
    assert row.subject == provider.letters[0].content.subject


def test_course_waits_for_the_grace_and_is_sent_with_its_final_dates(clinic, provider) -> None:
    course = make_weekly(clinic)
    early = send(provider, NOW + MINUTE)
    move_session(course, 3, days=1, now=NOW + 2 * MINUTE)

    later = [send(provider, NOW + n * MINUTE) for n in (3, 4, 5)]

    assert (early, later) == ({}, [{}, {}, {"sent": 1}])
    assert sent(provider) == ["course_planned"]
    text = provider.letters[0].content.text
    assert "Tuesday 22 June, 10am" in text
    assert "Monday 21 June" not in text


def test_change_after_the_plan_was_sent_follows_it(clinic, provider) -> None:
    course = make_weekly(clinic)
    send(provider, NOW + GRACE)
    move_session(course, 3, days=1, now=NOW + 4 * MINUTE)
    send(provider, NOW + 7 * MINUTE)

    assert sent(provider) == ["course_planned", "course_changed"]
    assert "instead of Monday 21 June, 10am" in provider.letters[1].content.text


def test_course_booked_and_stopped_at_once_sends_nothing(clinic, provider) -> None:
    course = make_weekly(clinic)
    stop_course(view=view(course), by=clinic.alice.user, now=NOW + MINUTE)

    send(provider, NOW + timedelta(hours=1))

    assert sent(provider) == []


@pytest.mark.parametrize("given", [True, False])
def test_recall_is_sent_only_while_its_own_consent_stands(given, clinic, provider) -> None:
    keep(clinic, last_date=NOW.date() - timedelta(weeks=12))
    consent(clinic.alice, Purpose.RECALL, "email")
    now = at(NOW.date(), 12)
    Message.objects.all().delete()
    write_recalls(now=now)
    Consent.objects.create(
        client=clinic.alice,
        purpose=Purpose.RECALL,
        channel="email",
        given=given,
        source=Consent.Source.LINK,
        at=now,
    )

    send(provider, now)

    assert sent(provider) == (["recall_due"] if given else [])


def test_recall_that_falls_due_at_night_waits_for_nine(clinic, provider) -> None:
    keep(clinic, last_date=NOW.date() - timedelta(weeks=12))
    consent(clinic.alice, Purpose.RECALL, "email")
    Message.objects.all().delete()
    write_recalls(now=at(NOW.date(), 12))

    send(provider, at(NOW.date(), 21))
    row = Message.objects.get()

    assert (sent(provider), row.state) == ([], "due")
    assert row.due_at == at(NOW.date() + timedelta(days=1), 9)


def test_what_became_untrue_while_it_waited_is_dropped_with_the_reason(clinic, provider) -> None:
    make_weekly(clinic)
    Appointment.objects.update(state="cancelled")

    send(provider, NOW + GRACE)

    row = Message.objects.get()
    assert (row.state, sent(provider)) == ("dropped", [])
    assert row.reason == "None of the visits is booked any more."
