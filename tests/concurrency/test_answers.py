"""Answers by links at the same moment: one counts once, and none for a visit that moved."""

from datetime import date, timedelta
from threading import Barrier

import pytest

from bookings.models import Appointment, StatusChange
from bookings.services.by_link import cancel_by_link, move_by_link, promise_by_link
from bookings.services.moving import move_appointment
from clinic.messaging.dead import mark_dead
from clinic.models import CallEntry, Consent, DeadAddress, Message, Purpose
from clinic.selectors.catalogue import catalogue
from clinic.services import consent
from clinic.services.consent import stop_by_link
from clinic.services.feeds import renew_feed
from tests.concurrency.test_race import race
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TUESDAY = date(2027, 6, 8)
RECALL = (Purpose.RECALL, Message.Channel.EMAIL)


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def visit(clinic):
    return book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))


def read(visit: Appointment) -> Appointment:
    return Appointment.objects.with_people().get(pk=visit.pk)


def answer(service, visit, **more):
    known = read(visit)
    return lambda: service(appointment=known, now=NOW, **more)


def test_double_click_cancels_once(visit):
    outcomes, _ = race([answer(cancel_by_link, visit) for _ in range(4)])

    assert set(outcomes) == {"booked"}
    assert StatusChange.objects.filter(appointment=visit, to_state="cancelled").count() == 1
    assert read(visit).version == 1


def test_two_tabs_move_once(visit):
    outcomes, _ = race(
        [
            answer(
                move_by_link,
                visit,
                starts_at=at(TUESDAY, hour),
                practitioner_id=None,
                catalogue=catalogue(),
            )
            for hour in (12, 14)
        ]
    )

    assert outcomes == {"booked": 1, "AlreadyChanged": 1}
    assert read(visit).client_moves == 1


def test_promise_never_stands_for_a_time_that_the_client_has_not_seen(clinic, visit):
    def move(known):
        return lambda: move_appointment(
            appointment=known,
            starts_at=at(TUESDAY + timedelta(days=1), 9),
            practitioner_id=None,
            catalogue=catalogue(),
            by=clinic.rosa,
            now=NOW,
        )

    outcomes, _ = race([answer(promise_by_link, visit), move(read(visit))])

    assert set(outcomes) <= {"booked", "AlreadyChanged"}
    assert read(visit).version == 1
    assert not read(visit).is_promised


def give_recall(clinic):
    Consent.objects.create(
        client=clinic.alice,
        purpose=RECALL[0],
        channel=RECALL[1],
        given=True,
        source=Consent.Source.DESK,
        at=NOW,
    )


def stops(clinic):
    client = clinic.alice
    return [lambda: stop_by_link(client=client, choice=RECALL, now=NOW)] * 6


def test_mail_programs_that_stop_at_once_write_one_row(clinic):
    give_recall(clinic)

    race(stops(clinic))

    assert Consent.objects.filter(given=False).count() == 1


def test_without_the_lock_each_writes_one(clinic, monkeypatch):
    give_recall(clinic)
    monkeypatch.setattr(consent, "_lock", lambda clients: None)
    all_have_looked = Barrier(len(stops(clinic)), timeout=60)
    reach_of = consent.reach_of

    def look_together(clients):
        found = reach_of(clients)
        all_have_looked.wait()
        return found

    monkeypatch.setattr(consent, "reach_of", look_together)

    outcomes, _ = race(stops(clinic))

    assert outcomes == {"booked": 6}
    assert Consent.objects.filter(given=False).count() == 6


def test_address_that_bounces_twice_at_once_is_dead_once(clinic):
    race(
        [
            lambda: mark_dead(
                channel=Message.Channel.EMAIL, address="alice@example.com", reason="gone", now=NOW
            )
        ]
        * 6
    )

    assert DeadAddress.objects.count() == 1
    assert CallEntry.objects.count() <= 1


def test_two_first_calendar_addresses_at_once_make_one(clinic):
    client, user = clinic.alice, clinic.alice.user

    outcomes, _ = race([lambda: renew_feed(owner=client, by=user, now=NOW)] * 4)

    assert set(outcomes) == {"booked"}
