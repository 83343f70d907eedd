"""The pages themselves: what they offer, what junk does to them, what they cost."""

from collections.abc import Iterator
from datetime import date, time
from urllib.parse import quote

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar

from clinic.models import Consent, RosterHours
from tests.factories.bookings import book_visit
from tests.factories.clinic import (
    NOW,
    SmallClinic,
    at,
    make_location,
    make_practitioner,
    make_room,
    make_small_clinic,
)
from tests.support.walking import check_url, hold_time, text_of, times_url, walk_to_check

TUESDAY = date(2027, 6, 8)
NINE = at(TUESDAY, 9)


@pytest.fixture(autouse=True)
def stopped_clock() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def clinic(db: None) -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def visitor() -> Browser:
    return Browser()


def queries(visitor: Browser, url: str) -> int:
    visitor.get(url)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert visitor.get(url).status_code == 200
    return len(caught)


# What is offered


def test_only_dates_with_room_are_shown_ten_at_a_time(clinic, visitor):
    page = visitor.get(times_url(clinic)).content.decode()

    cards = [part.split('"')[1] for part in page.split('class="date-card"')[1:]]
    dates = [url.split("date=")[1] for url in cards]
    assert dates[0] == "2027-06-07"
    assert len(dates) == 10
    assert "2027-06-12" not in dates
    assert "first=2027-06-21" in page
    assert 'aria-current="date"' in page


def test_later_dates_begin_where_the_first_page_ended(clinic, visitor):
    page = visitor.get(times_url(clinic, first="2027-06-21")).content.decode()

    assert "Mon 21 Jun" in page
    assert "Mon 7 Jun" not in page
    assert "First dates" in page


def test_times_that_touch_come_first_as_suggested(clinic, visitor):
    book_visit(clinic.alice, clinic.follow_up, clinic.location, NINE)

    words = text_of(visitor.get(times_url(clinic, date="2027-06-08")))

    assert words.index("Suggested times") < words.index("9:20am") < words.index("Other times")


def test_many_times_stand_under_the_parts_of_the_day(clinic, visitor):
    words = text_of(visitor.get(times_url(clinic, date="2027-06-08")))

    morning, afternoon = words.index("Morning"), words.index("Afternoon")
    assert morning < words.index("11:45am") < afternoon < words.index("midday")


def test_few_times_stand_without_headings(clinic, visitor):
    for hours in clinic.chen.roster_hours.all():
        hours.ends = hours.starts.replace(hour=hours.starts.hour + 2)
        hours.save()

    words = text_of(visitor.get(times_url(clinic, date="2027-06-08")))

    assert "Morning" not in words
    assert "9am" in words


def test_front_page_links_straight_to_a_chosen_time(clinic, visitor):
    page = visitor.get(reverse("home")).content.decode()
    url = page.split('<ul class="time-list">')[1].split('href="')[1].split('"')[0]

    answer = visitor.get(url.replace("&amp;", "&"))

    assert " checked" in answer.content.decode()
    assert "Times on Monday 7 June" in text_of(answer)


def test_form_without_a_time_comes_back_on_its_date(clinic, visitor):
    page = visitor.get(times_url(clinic, date="2027-06-22", first="2027-06-21")).content.decode()
    action = page.split('<form method="post" action="')[1].split('"')[0].replace("&amp;", "&")

    answer = visitor.post(action, {})

    assert answer.status_code == 422
    assert "Choose a time." in text_of(answer)
    assert "Times on Tuesday 22 June" in text_of(answer)
    assert "Mon 7 Jun" not in text_of(answer)


def test_full_date_leads_to_the_next_with_room(clinic, visitor):
    RosterHours.objects.filter(weekday=2).update(starts=time(9), ends=time(9, 30))

    words = text_of(visitor.get(times_url(clinic, date="2027-06-08")))

    assert "There is no time left on Tuesday 8 June" in words
    assert "Times on Monday 7 June" in words


def test_nothing_free_offers_another_place_and_the_phone(clinic, visitor):
    RosterHours.objects.all().update(valid_to=date(2027, 6, 1))
    west = make_location("san-francisco", "America/Los_Angeles")
    make_room(west, "Room W", [clinic.follow_up])
    make_practitioner("Sam West", services=[clinic.follow_up], location=west)

    words = text_of(visitor.get(times_url(clinic)))

    assert "Nothing is free online" in words
    assert "San Francisco from Monday 7 June" in words
    assert "(212) 555-0100" in words


def test_other_place_is_asked_where_there_are_several(clinic, visitor):
    west = make_location("san-francisco", "America/Los_Angeles")
    make_room(west, "Room W", [clinic.follow_up])
    make_practitioner("Sam West", services=[clinic.follow_up], location=west)
    book = reverse("book")

    asked = visitor.get(book, {"service": "first-visit", "go": "1"})
    wrong = visitor.get(book, {"service": "first-visit", "location": "san-francisco", "go": "1"})

    assert asked.status_code == 422
    assert "Choose where you would like to come." in text_of(asked)
    assert wrong.status_code == 422
    assert "We offer this visit in: New York." in text_of(wrong)


def test_swap_answers_the_piece_with_a_spoken_count(clinic, visitor):
    answer = visitor.get(times_url(clinic, date="2027-06-08"), headers={"HX-Request": "true"})

    page = answer.content.decode()
    assert "<html" not in page
    assert 'role="status"' in page
    assert "times on Tuesday 8 June" in text_of(answer)
    assert "HX-Request" in answer["Vary"]


def test_public_pages_tell_length_price_people_and_place(clinic, visitor):
    clinic.follow_up.before_text = "Eat first.\n\n- one\n- two"
    clinic.follow_up.save()

    service = text_of(visitor.get(reverse("service", args=["follow-up"])))
    before = visitor.get(reverse("service-before", args=["follow-up"])).content.decode()

    for words in ("60 minutes", "$120", "Chen Li", "New York", "Needles in, 20 min"):
        assert words in service
    assert "<li>one</li><li>two</li>" in before
    assert visitor.get(reverse("service-after", args=["follow-up"])).status_code == 404
    assert "Chen Li" in text_of(visitor.get(reverse("practitioners")))
    assert "Follow up" in text_of(visitor.get(reverse("practitioner", args=["chen"])))


# Junk

JUNK = [
    "",
    "a\x00b",
    "9999-12-31",
    "0001-01-01",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "2027-06-08T13:00:00",
    "2027-02-30",
    "99999999999999999999",
    "<script>",
    "😀" * 1000,
]
GOOD = {"service": "follow-up", "location": "new-york", "practitioner": "any"}
QUERIES = {
    "book": ["service", "location", "go"],
    "book-practitioner": ["service", "location", "practitioner"],
    "book-times": ["service", "location", "practitioner", "date", "first", "near", "time"],
    "appointment-move": ["practitioner", "date", "first", "near", "time"],
    "me": ["page"],
}


@pytest.mark.parametrize("name", QUERIES)
def test_junk_in_a_query_never_breaks_a_page(clinic, visitor, name):
    visitor.force_login(clinic.alice.user)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, NINE)
    page = reverse(name, args=[visit.public_id] if name == "appointment-move" else [])

    for parameter in QUERIES[name]:
        for junk in JUNK:
            query = "&".join(f"{k}={quote(v)}" for k, v in {**GOOD, parameter: junk}.items())
            answer = visitor.get(f"{page}?{query}")
            assert answer.status_code in (200, 302, 404, 422), (page, parameter, junk)


@pytest.mark.parametrize("junk", JUNK)
def test_junk_in_a_form_is_refused_in_words(clinic, visitor, junk):
    hold = walk_to_check(visitor, clinic, NINE)
    hold_args = [hold.public_id]
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 14))
    alice = Browser()
    alice.force_login(clinic.alice.user)
    stranger = Browser()
    other = hold_time(stranger, clinic, at(TUESDAY, 16))
    fields = dict.fromkeys(("time", "name", "email", "phone", "adult", "code", "wish"), junk)

    answers = [
        visitor.post(times_url(clinic), fields),
        visitor.post(reverse("hold-details", args=hold_args) + "?change=1", fields),
        stranger.post(reverse("hold-details", args=[other.public_id]), fields),
        stranger.post(reverse("hold-code", args=[other.public_id]), fields),
        alice.post(reverse("appointment-move", args=[visit.public_id]), fields),
        alice.post(reverse("appointment-ask", args=[visit.public_id]), fields),
    ]

    assert {answer.status_code for answer in answers} <= {302, 409, 422}


def test_unknown_things_are_404(clinic, visitor):
    urls = [
        times_url(clinic, service="nothing"),
        times_url(clinic, location="nowhere"),
        times_url(clinic, practitioner="nobody"),
        reverse("book-practitioner"),
        reverse("service", args=["nothing"]),
        reverse("practitioner", args=["nobody"]),
        check_url(book_visit(clinic.alice, clinic.follow_up, clinic.location, NINE)),
    ]

    assert [visitor.get(url).status_code for url in urls] == [404] * len(urls)


# Cost


def test_pages_cost_the_same_few_queries(clinic, visitor):
    assert queries(visitor, reverse("home")) == 5
    assert queries(visitor, times_url(clinic)) == 4
    assert queries(visitor, reverse("book")) == 2


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        ({}, "a mail comes to alice@example.com"),
        ({"sms": True, "email": False}, "a text message comes to (212) 555-0107"),
        ({"email": False}, ""),
    ],
)
def test_booked_page_says_where_the_confirmation_comes_to(clinic, visitor, allowed, words):
    clinic.alice.phone = "+12125550107"
    clinic.alice.save()
    for channel, given in allowed.items():
        Consent.objects.create(
            client=clinic.alice,
            purpose="service",
            channel=channel,
            given=given,
            source="preferences",
            at=NOW,
        )
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 8), 9))
    visitor.force_login(clinic.alice.user)

    page = text_of(visitor.get(reverse("appointment-booked", args=[visit.public_id])))

    assert words in page
    assert ("In a few minutes" in page) is bool(words)


def test_booked_visit_comes_as_a_calendar_file(clinic, visitor):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, NINE)
    visitor.force_login(clinic.alice.user)
    url = reverse("appointment-calendar", args=[visit.public_id])

    answer = visitor.get(url)
    booked = visitor.get(reverse("appointment-booked", args=[visit.public_id]))

    event = Calendar.from_ical(answer.content).walk("VEVENT")[0]
    assert event["DTSTART"].dt == NINE
    assert url in booked.content.decode()


def test_cancelled_visit_has_no_calendar_file(clinic, visitor):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, NINE)
    visitor.force_login(clinic.alice.user)
    visitor.post(reverse("appointment-cancel", args=[visit.public_id]))

    answer = visitor.get(reverse("appointment-calendar", args=[visit.public_id]))

    assert answer.status_code == 404


def test_my_visits_cost_the_same_for_one_and_three(clinic, visitor):
    visitor.force_login(clinic.alice.user)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, NINE)
    with_one = queries(visitor, reverse("me"))
    for hour in (11, 14):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, hour))

    assert (with_one, queries(visitor, reverse("me"))) == (10, 10)
