"""What a client was told, on the pages of a visit and of a client."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.models import Appointment
from clinic.models import Client, Consent, DeadAddress, Message
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.support.aftercare import make_weekly, visit_in
from tests.support.desk import signed_in, words
from tests.support.telling import move_session
from treatments.views.told import promise_words, reach_line

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def visit(clinic) -> Appointment:
    """Give Alice a visit; its confirmation was sent five minutes ago."""
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    Message.objects.update(
        state="sent", sent_at=NOW - timedelta(minutes=5), address="alice@example.com"
    )
    return visit


def of_visit(user, visit):
    return signed_in(user).get(reverse("visit", args=[visit.public_id]))


def of_client(user, client):
    return signed_in(user).get(reverse("client", args=[client.public_id]))


def remind(visit: Appointment, kind: str = "visit_early", **fields) -> Message:
    fields = {"due_at": NOW + timedelta(hours=3), "created_at": NOW, **fields}
    return Message.objects.create(
        dedupe_key=f"{kind}:{visit.pk}",
        kind=kind,
        client=visit.client,
        about="visit",
        about_id=visit.pk,
        location=visit.location,
        **fields,
    )


def consent(client: Client, purpose: str, channel: str, *, given: bool = True) -> None:
    Consent.objects.create(
        client=client, purpose=purpose, channel=channel, given=given, source="desk", at=NOW
    )


@pytest.mark.parametrize("who", ["rosa", "chen"])
def test_visit_lists_what_its_client_was_told(clinic, visit, who):
    user = clinic.rosa if who == "rosa" else clinic.chen.user
    remind(visit)

    page = words(of_visit(user, visit))

    assert "Visit booked e-mail, today, 7:55am Sent" in page
    assert "First reminder e-mail, due today, 11am Waiting" in page


def test_visit_of_a_course_lists_what_was_told_of_it_with_the_others(clinic):
    course = make_weekly(clinic)
    move_session(course, 3, days=1)
    Message.objects.update(state="sent", sent_at=NOW, address="alice@example.com")
    move_session(course, 4, days=1)

    third, fourth, fifth = (
        words(of_visit(clinic.rosa, visit_in(course, number))) for number in (3, 4, 5)
    )

    assert "All visits booked" in third
    assert "Several visits changed" not in third
    assert "Several visits changed e-mail, due today" in fourth
    assert "Several visits changed" not in fifth


def test_visit_lists_nothing_of_other_visits(clinic, visit):
    other = book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 14))
    Message.objects.filter(about_id=other.pk).update(kind="visit_moved")

    assert "Visit moved" not in words(of_visit(clinic.rosa, visit))


def test_message_of_an_earlier_version_is_marked(clinic, visit):
    Appointment.objects.filter(pk=visit.pk).update(version=1)
    remind(visit, about_version=1)

    page = words(of_visit(clinic.rosa, visit))

    assert "Visit booked e-mail, today, 7:55am Sent Before it was changed" in page
    assert page.count("Before it was changed") == 1


def test_promise_is_said_for_the_version_it_was_given_for(clinic, visit):
    Appointment.objects.filter(pk=visit.pk).update(promised_at=NOW, promised_version=0)
    before = words(of_visit(clinic.rosa, visit))
    Appointment.objects.filter(pk=visit.pk).update(version=1)

    after = words(of_visit(clinic.rosa, visit))

    assert "Said “I’ll be there”, Monday 7 June, 8am" in before
    assert "I’ll be there" not in after


def test_visit_without_a_promise_says_none(visit):
    assert promise_words(visit) == ""


def test_client_page_lists_messages_with_what_they_are_about(clinic, visit):
    page = words(of_client(clinic.rosa, clinic.alice))

    assert "Visit booked e-mail, today, 7:55am Sent Tuesday 8 June, 9am with Chen Li" in page
    assert "All messages to this client" in page


@pytest.mark.parametrize(
    ("said", "line", "is_trouble"),
    [
        ([], "About visits: by e-mail. About maintenance: nothing.", False),
        (
            [("service", "sms", True), ("recall", "email", True)],
            "About visits: by e-mail and text message. About maintenance: by e-mail.",
            False,
        ),
        (
            [("service", "email", False)],
            "No message about visits can go out: please call. About maintenance: nothing.",
            True,
        ),
    ],
)
def test_reach_is_said_in_one_line(clinic, said, line, is_trouble):
    for purpose, channel, given in said:
        consent(clinic.alice, purpose, channel, given=given)

    found = reach_line(clinic.alice)

    assert (found.words, found.is_trouble) == (line, is_trouble)


def test_dead_address_is_said_on_both_pages(clinic, visit):
    DeadAddress.objects.create(
        channel="email", address="alice@example.com", reason="No such mailbox", at=NOW
    )
    line = "The e-mail address gives messages back. No message about visits can go out"

    assert line in words(of_visit(clinic.rosa, visit))
    assert line in words(of_client(clinic.rosa, clinic.alice))


def test_only_the_desk_is_led_to_the_preferences(clinic, visit):
    url = reverse("client-messages", args=[clinic.alice.public_id])

    assert url in of_visit(clinic.rosa, visit).content.decode()
    assert url not in of_visit(clinic.chen.user, visit).content.decode()


@pytest.mark.parametrize("page", ["visit", "client"])
def test_pages_cost_the_same_for_one_and_three(clinic, visit, page):
    rosa = signed_in(clinic.rosa)
    thing = visit if page == "visit" else clinic.alice
    url = reverse(page, args=[thing.public_id])
    rosa.get(url)
    with CaptureQueriesContext(connection) as one:
        rosa.get(url)
    remind(visit)
    remind(visit, "visit_last")
    with CaptureQueriesContext(connection) as three:
        answer = rosa.get(url)

    assert len(answer.context["told"]) == 3
    assert len(one) == len(three)
