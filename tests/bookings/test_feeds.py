"""Private calendars: whoever has the address sees when and where, and nobody else anything."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar, vText

from bookings.calendar import event_of, feed_calendar
from bookings.models import Appointment
from bookings.selectors.feeds import entries_of_feed
from bookings.services.cancelling import cancel_appointment
from clinic.models import CalendarFeed, Location, Room
from clinic.refusals import NotAllowed
from clinic.services.feeds import feed_of_address, feed_url, renew_feed, secret_of
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_client, make_small_clinic
from tests.support.walking import text_of

pytestmark = pytest.mark.django_db

THURSDAY = date(2027, 6, 10)
FRIDAY = date(2027, 6, 11)


@pytest.fixture(autouse=True)
def stopped_clock() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def feed(clinic):
    return renew_feed(owner=clinic.alice, by=clinic.alice.user, now=NOW)


def book(clinic, day, hour, client=None):
    return book_visit(
        client or clinic.alice,
        clinic.follow_up,
        clinic.location,
        at(day, hour),
        practitioner=clinic.chen,
    )


def path_of(feed):
    return feed_url(feed).removeprefix("http://testserver")


def events(answer):
    calendar = Calendar.from_ical(answer.content)
    return [
        (str(item["uid"]), item["dtstart"].dt, str(item["summary"])) for item in calendar.events
    ]


def test_client_sees_own_visits_with_a_neutral_title(clinic, feed):
    mine = book(clinic, THURSDAY, 9)
    book(clinic, FRIDAY, 9, client=clinic.bea)

    answer = Browser().get(path_of(feed))

    assert answer["Content-Type"].startswith("text/calendar")
    assert events(answer) == [
        (str(mine.public_id), at(THURSDAY, 9), "Appointment at Meridian"),
    ]
    body = answer.content.decode()
    for part in ("Alice", "Bea", "Chen", "Follow", "acupuncture"):
        assert part.lower() not in body.lower(), part


def test_practitioner_sees_rooms_and_no_names(clinic):
    visit = book(clinic, THURSDAY, 9)
    feed = renew_feed(owner=clinic.chen, by=clinic.chen.user, now=NOW)

    answer = Browser().get(path_of(feed))

    assert events(answer) == [(str(visit.public_id), at(THURSDAY, 9), f"Visit, {visit.room.name}")]
    assert "Alice" not in answer.content.decode()


def test_cancelled_and_held_visits_and_those_long_ago_are_not_there(clinic, feed):
    gone = book(clinic, THURSDAY, 9)
    cancel_appointment(appointment=gone, by=clinic.alice.user, now=NOW)
    old = book(clinic, FRIDAY, 9)
    Appointment.objects.filter(pk=old.pk).update(
        starts_at=NOW - timedelta(days=31), ends_at=NOW - timedelta(days=31) + timedelta(hours=1)
    )

    assert events(Browser().get(path_of(feed))) == []


def test_same_visits_give_the_same_file_and_are_not_sent_twice(clinic, feed):
    book(clinic, THURSDAY, 9)
    first = Browser().get(path_of(feed))

    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        again = Browser().get(path_of(feed))
        unchanged = Browser().get(path_of(feed), headers={"If-None-Match": first["ETag"]})

    assert first.content == again.content
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert first["Cache-Control"] == "private, no-cache"


def test_new_visit_changes_the_file(clinic, feed):
    first = Browser().get(path_of(feed))
    book(clinic, THURSDAY, 9)

    after = Browser().get(path_of(feed), headers={"If-None-Match": first["ETag"]})

    assert after.status_code == 200


AWKWARD = "Flat 4\\5, Rue de l'Église; 2nd floor,\n" + "é" * 80


@pytest.mark.parametrize(("owner", "page"), [("alice", "appointment"), ("chen", "visit")])
def test_file_reads_as_the_library_would_write_it(owner, page, clinic):
    Location.objects.update(address=AWKWARD)
    visit = book(clinic, THURSDAY, 9)
    Room.objects.filter(pk=visit.room_id).update(name="Room; é")
    visit.refresh_from_db()
    expected = event_of(visit, visit.created_at)
    expected.add("url", f"{settings.SITE_URL}{reverse(page, args=[visit.public_id])}")
    if page == "visit":
        expected["summary"] = vText("Visit, Room; é")
    whose = getattr(clinic, owner)
    feed = renew_feed(owner=whose, by=whose.user, now=NOW)

    file = feed_calendar(entries_of_feed(feed, NOW), NOW, for_staff=page == "visit")

    assert expected.to_ical() in file


def weekdays(count):
    days = (THURSDAY + timedelta(days=number) for number in range(2 * count + 7))
    return [day for day in days if day.isoweekday() <= 5][:count]


@pytest.mark.parametrize("count", [1, 3, 60])
@pytest.mark.parametrize("owner", ["alice", "chen"])
def test_calendar_takes_two_queries_changed_or_not(owner, count, clinic):
    whose = getattr(clinic, owner)
    feed = renew_feed(owner=whose, by=whose.user, now=NOW)
    for day in weekdays(count):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(day, 9), by=clinic.rosa)
    browser = Browser()
    first = browser.get(path_of(feed))

    with CaptureQueriesContext(connection) as caught:
        whole = browser.get(path_of(feed))
    with CaptureQueriesContext(connection) as caught_unchanged:
        unchanged = browser.get(path_of(feed), headers={"If-None-Match": first["ETag"]})

    assert (len(events(whole)), unchanged.status_code) == (count, 304)
    assert (len(caught), len(caught_unchanged)) == (2, 2)


def test_wrong_addresses_open_nothing(clinic, feed):
    good, secret = path_of(feed), secret_of(feed)
    strange = CalendarFeed(public_id=uuid4(), nonce=uuid4())

    for path in (
        good.replace(secret, secret[:-1]),
        good.replace(secret, secret[:-1] + "x"),
        good.replace(secret, secret.upper()),
        good.replace(secret, "é"),
        path_of(strange),
    ):
        assert Browser().get(path).status_code == 404, path


def test_new_address_ends_the_old_one(clinic, feed):
    old = path_of(feed)

    renewed = renew_feed(owner=clinic.alice, by=clinic.alice.user, now=NOW)

    assert Browser().get(old).status_code == 404
    assert Browser().get(path_of(renewed)).status_code == 200
    assert CalendarFeed.objects.count() == 1


def test_copy_of_the_database_opens_no_calendar(clinic, feed, settings):
    path = path_of(feed)

    settings.SECRET_KEY = "another-site-" + "z" * 50

    assert Browser().get(path).status_code == 404


def close(user):
    user.is_active = False
    user.save()


def test_calendar_of_a_closed_login_is_gone(clinic, feed):
    of_chen = renew_feed(owner=clinic.chen, by=clinic.chen.user, now=NOW)

    close(clinic.alice.user)
    close(clinic.chen.user)

    assert feed_of_address(feed.public_id, secret_of(feed)) is None
    assert feed_of_address(of_chen.public_id, secret_of(of_chen)) is None


def test_calendar_of_a_merged_record_is_gone(clinic):
    record = make_client("Fay Fir", login=False)
    feed = CalendarFeed.objects.create(client=record, renewed_at=NOW)
    assert feed_of_address(feed.public_id, secret_of(feed)) == feed

    record.merged_into = clinic.alice
    record.save()

    assert feed_of_address(feed.public_id, secret_of(feed)) is None


def test_nobody_makes_an_address_for_somebody_else(clinic, feed):
    for stranger in (clinic.bea.user, clinic.rosa, clinic.mia):
        with pytest.raises(NotAllowed):
            renew_feed(owner=clinic.alice, by=stranger, now=NOW)

    assert Browser().get(path_of(feed)).status_code == 200


def test_looking_makes_no_address_and_the_button_makes_one(clinic):
    browser = Browser()
    browser.force_login(clinic.alice.user)
    page = reverse("my-feed")
    browser.get(page)
    assert not CalendarFeed.objects.exists()

    answer = browser.post(page, follow=True)

    feed = CalendarFeed.objects.get()
    assert feed_url(feed) in answer.content.decode()
    assert feed_url(feed).replace("http://", "webcal://") in answer.content.decode()
    assert "Made on Monday 7 June 2027" in text_of(answer)


def test_practitioner_makes_one_from_the_day(clinic):
    browser = Browser()
    browser.force_login(clinic.chen.user)

    answer = browser.post(reverse("day-feed"), follow=True)

    assert feed_url(CalendarFeed.objects.get()) in answer.content.decode()
    assert reverse("day-feed") in browser.get(reverse("day")).content.decode()


def test_client_finds_the_way_from_my_visits(clinic):
    browser = Browser()
    browser.force_login(clinic.alice.user)
    book(clinic, THURSDAY, 9)

    page = browser.get(reverse("me")).content.decode()

    assert reverse("my-feed") in page
    assert reverse("my-messages") in page
