"""The day: the list, the grid, free time."""

import gzip
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import TimeOff
from bookings.services.cancelling import cancel_appointment
from bookings.services.holding import place_hold
from bookings.services.time_off import take_time_off
from clinic.models import Location
from tests.factories.bookings import book_visit, wish
from tests.factories.clinic import (
    NOW,
    TODAY,
    SmallClinic,
    at,
    make_client,
    make_location,
    make_practitioner,
    make_room,
)
from tests.support.desk import diary_queries, signed_in, tap, words


def test_day_names_client_time_practitioner_and_room(clinic: SmallClinic) -> None:
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))

    page = words(signed_in(clinic.rosa).get("/day/"))

    assert "Monday 7 June Today New York time" in page
    assert "10am to 11am Alice Arden Follow up Chen Li Room 1 Booked" in page
    assert "1 visit 1 to come 0 here now 0 done 0 did not come 0 not treated 0 cancelled" in page


def test_day_offers_free_time_with_the_way_to_book_it(clinic: SmallClinic) -> None:
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))

    answer = signed_in(clinic.rosa).get("/day/")

    query = f"location=new-york&amp;date=2027-06-07&amp;practitioner={clinic.chen.public_id}"
    assert f'href="/day/book/?{query}&amp;time=09%3A00"' in answer.content.decode()
    assert "9am to 10am Chen Li , book here 10:20am to 10:45am Chen Li" in words(answer)


def test_day_draws_hands_on_resting_and_turnover(clinic: SmallClinic) -> None:
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))

    html = signed_in(clinic.rosa).get("/day/").content.decode()

    assert '<div class="visit at-12 for-14">' in html
    for part in (
        "seg-hands at-0 for-4",
        "seg-rest at-4 for-5",
        "seg-hands at-9 for-3",
        "seg-turn at-12 for-2",
    ):
        assert f'<span class="seg {part}">' in html


def test_day_of_another_date_and_location_is_remembered(clinic: SmallClinic) -> None:
    make_location("san-francisco", "America/Los_Angeles")
    browser = signed_in(clinic.rosa)

    there = words(browser.get("/day/?location=san-francisco&date=2027-06-09"))
    again = words(browser.get("/day/"))

    assert "Wednesday 9 June San Francisco time" in there
    assert "Monday 7 June Today San Francisco time" in again


def test_day_shows_closures_time_off_and_blocked_rooms(clinic: SmallClinic) -> None:
    for time_off in (
        TimeOff(kind="closure", location=clinic.location, name="Stocktaking"),
        TimeOff(kind="blocked", room=clinic.rooms[1], name="Couch repair"),
    ):
        time_off.starts_at, time_off.ends_at = at(TODAY, 13), at(TODAY, 15)
        take_time_off(time_off=time_off, by=clinic.mia)

    page = words(signed_in(clinic.rosa).get("/day/"))

    assert "New York: Stocktaking, 1pm to 3pm" in page
    assert "Room 2: Couch repair, 1pm to 3pm" in page
    assert "Closed" in page


def test_closed_day_offers_no_free_time(clinic: SmallClinic) -> None:
    closure = TimeOff(kind="closure", location=clinic.location, name="Stocktaking")
    closure.starts_at, closure.ends_at = at(TODAY, 0), at(TODAY + timedelta(days=1), 0)
    take_time_off(time_off=closure, by=clinic.mia)

    page = words(signed_in(clinic.rosa).get("/day/"))

    assert "Book here" not in page
    assert "Free time" not in page


def test_day_without_visits_says_so(clinic: SmallClinic) -> None:
    page = words(signed_in(clinic.rosa).get("/day/?date=2027-12-25"))

    assert "No visits on this day" in page


def test_day_shows_a_visitors_hold_until_it_runs_out(clinic: SmallClinic) -> None:
    place_hold(wish=wish(clinic.follow_up, clinic.location, at(TODAY, 10)), client=None, now=NOW)
    browser = signed_in(clinic.rosa)

    held = words(browser.get("/day/"))
    with time_machine.travel(NOW + timedelta(minutes=11)):
        later = words(browser.get("/day/"))

    assert "Somebody is booking this time" in held
    assert "Somebody is booking this time" not in later


def test_day_says_who_is_late_and_what_to_mind(clinic: SmallClinic) -> None:
    clinic.alice.never_overlap = True
    clinic.alice.no_needling_before = date(2027, 6, 1)
    clinic.alice.save()
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))

    with time_machine.travel(at(TODAY, 10, 12)):
        page = words(signed_in(clinic.rosa).get("/day/"))

    assert "Alice Arden 12 min late Follow up Never overlap No needling before Tue 1 Jun" in page


def test_day_keeps_cancelled_visits_with_a_way_back(clinic: SmallClinic) -> None:
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))
    cancel_appointment(appointment=visit, by=clinic.rosa, now=NOW)

    page = words(signed_in(clinic.rosa).get("/day/"))

    assert "Cancelled Undo : Alice Arden" in page


def test_practitioner_sees_own_visits_only(clinic: SmallClinic) -> None:
    clinic.dora.services.set([clinic.follow_up])
    book_visit(
        clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10), practitioner=clinic.chen
    )
    book_visit(
        clinic.bea, clinic.follow_up, clinic.location, at(TODAY, 10), practitioner=clinic.dora
    )

    page = words(signed_in(clinic.dora.user).get("/day/"))

    assert "Bea Brook" in page
    assert "Alice Arden" not in page
    assert "Chen Li" not in page
    assert "Book here" not in page


def test_day_without_any_location_is_not_found(clinic: SmallClinic) -> None:
    Location.objects.update(is_active=False)

    assert signed_in(clinic.rosa).get("/day/").status_code == 404


def test_today_asks_for_news_other_days_do_not(clinic: SmallClinic) -> None:
    browser = signed_in(clinic.rosa)

    assert 'hx-trigger="day:poll"' in browser.get("/day/").content.decode()
    assert "day:poll" not in browser.get("/day/?date=2027-06-08").content.decode()


def test_tapping_shows_the_next_step_and_undo(clinic: SmallClinic) -> None:
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))

    page = words(tap(signed_in(clinic.rosa), visit, "arrived"))

    assert "Alice Arden: Arrived." in page
    assert "Arrived Not treated : Alice Arden Undo : Alice Arden" in page


@pytest.mark.parametrize("count", [3, 60])
def test_day_costs_the_same_queries_for_3_and_60_visits(clinic: SmallClinic, count: int) -> None:
    fill(clinic, count)
    browser = signed_in(clinic.rosa)
    browser.get("/day/")

    with CaptureQueriesContext(connection) as queries:
        page = words(browser.get("/day/"))

    assert f"{count} visits" in page
    assert len(diary_queries(queries)) == 12


BYTES_A_VISIT = 2_600
"""Its line, its blocks in the grid, its buttons, and its part of a room and a practitioner."""


def test_visit_adds_little_to_the_page(clinic: SmallClinic) -> None:
    browser = signed_in(clinic.rosa)
    without = len(browser.get("/day/").content)
    fill(clinic, 30)

    added = len(browser.get("/day/").content) - without

    assert added / 30 < BYTES_A_VISIT


def test_day_is_sent_compressed_to_whoever_takes_it(clinic: SmallClinic) -> None:
    answer = signed_in(clinic.rosa).get("/day/", headers={"accept-encoding": "gzip"})

    assert (answer["Content-Encoding"], answer["Vary"].count("Accept-Encoding")) == ("gzip", 1)
    assert "Rooms and practitioners" in gzip.decompress(answer.content).decode()


def fill(clinic: SmallClinic, count: int) -> None:
    """Book visits at 9, 10:15, ... with as many practitioners and rooms as that takes."""
    services = [clinic.follow_up]
    for number in range(count // 3):
        person = make_practitioner(f"P{number} Test", services=services, location=clinic.location)
        make_room(clinic.location, f"Extra {number}", services)
        for hour in (9, 11, 13):
            client = make_client(f"Client{number} At{hour}", login=False)
            book_visit(
                client,
                clinic.follow_up,
                clinic.location,
                at(TODAY, hour),
                practitioner=person,
                by=clinic.rosa,
            )
