"""The calendar's page and data: whose visits, which dates, a fixed number of queries."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from bookings.domain.lifecycle import State
from bookings.models import Appointment, TimeOff
from bookings.services.cancelling import cancel_appointment
from bookings.services.status import record_status
from bookings.services.time_off import take_time_off
from clinic.models import User
from tests.factories.bookings import book_visit
from tests.factories.clinic import (
    NOW,
    SmallClinic,
    at,
    make_client,
    make_location,
    make_practitioner,
    make_room,
    make_small_clinic,
)
from tests.support.desk import words
from tests.support.health_words import health_words

pytestmark = pytest.mark.django_db

MONDAY = date(2027, 6, 7)
TUESDAY = date(2027, 6, 8)
SPAN = {"location": "new-york", "from": "2027-06-07", "to": "2027-06-14"}
"""The week of NOW."""

PAGE_QUERIES = 14
DATA_QUERIES = 12


@pytest.fixture(autouse=True)
def _monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


def browser_of(user: User | None) -> Browser:
    browser = Browser()
    if user is not None:
        browser.force_login(user)
    return browser


def data(user: User, **changes: str) -> dict[str, Any]:
    """Return what the calendar of somebody is drawn from."""
    answer = browser_of(user).get("/calendar/visits/", {**SPAN, **changes})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def book(clinic: SmallClinic, hour: int, client: Any = None, day: date = TUESDAY) -> Appointment:
    return book_visit(
        client or clinic.alice,
        clinic.follow_up,
        clinic.location,
        at(day, hour),
        practitioner=clinic.chen,
    )


def test_visit_is_drawn_with_its_segments_at_the_locations_time(clinic: SmallClinic) -> None:
    visit = book(clinic, 10)

    (drawn,) = data(clinic.rosa)["visits"]

    assert drawn == {
        "id": str(visit.public_id),
        "start": "2027-06-08T10:00",
        "end": "2027-06-08T11:10",
        "leaves": "2027-06-08T11:00",
        "parts": [["hands", 20], ["rest", 25], ["hands", 15], ["turn", 10]],
        "name": "Alice Arden",
        "person": str(clinic.chen.public_id),
        "who": "Chen Li",
        "room": str(visit.room_id),
        "where": visit.room.name,
        "service": "Follow up",
        "session": "",
        "state": "booked",
        "says": "Booked",
        "off": False,
        "promised": False,
        "papers": "",
        "held": False,
        "movable": True,
        "version": f"0-{visit.room_id}",
    }


def test_promise_and_state_show_on_the_card(clinic: SmallClinic) -> None:
    promised, arrived = book(clinic, 10), book(clinic, 12, clinic.bea)
    Appointment.objects.filter(pk=promised.pk).update(promised_at=NOW, promised_version=0)
    record_status(
        appointment=arrived, to_state=State.ARRIVED, by=clinic.rosa, now=arrived.starts_at
    )

    drawn = {item["name"]: item for item in data(clinic.rosa)["visits"]}

    assert drawn["Alice Arden"]["promised"]
    arrived_card = drawn["Bea Brook"]
    assert (arrived_card["says"], arrived_card["movable"]) == ("Arrived", False)


def test_practitioner_sees_own_visits_and_column_only(clinic: SmallClinic) -> None:
    eve = make_practitioner("Eve Ek", services=[clinic.follow_up], location=clinic.location)
    book(clinic, 10)
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 10), practitioner=eve)

    found = data(clinic.chen.user)

    assert [item["name"] for item in found["visits"]] == ["Alice Arden"]
    assert [item["name"] for item in found["people"]] == ["Chen Li"]
    assert "Bea" not in str(found)
    page = browser_of(clinic.chen.user).get("/calendar/", {"date": "2027-06-08"})
    assert "Bea Brook" not in page.content.decode()
    asked_for = data(clinic.chen.user, practitioner=str(eve.public_id))
    assert (asked_for["visits"], asked_for["people"]) == ([], [])


def test_time_off_closure_and_hours_off_lie_behind(clinic: SmallClinic) -> None:
    for kind, whose, name in (
        ("away", {"practitioner": clinic.chen}, "Dentist"),
        ("blocked", {"room": clinic.rooms[0]}, "Paint"),
    ):
        off = TimeOff(
            kind=kind, starts_at=at(TUESDAY, 12), ends_at=at(TUESDAY, 14), name=name, **whose
        )
        take_time_off(time_off=off, by=clinic.mia)

    found = data(clinic.rosa, to="2027-06-09", **{"from": "2027-06-08"})

    chen = [item for item in found["off"] if item.get("person") == str(clinic.chen.public_id)]
    room = [item for item in found["off"] if "room" in item]
    noon = {"start": "2027-06-08T12:00", "end": "2027-06-08T14:00"}
    assert chen == [{"person": str(clinic.chen.public_id), **noon, "label": "Dentist"}]
    assert room == [{"room": str(clinic.rooms[0].pk), **noon, "label": "Closed"}]
    assert (found["opens"], found["closes"]) == ("09:00", "17:00")
    weekend = data(clinic.rosa)["busy"]
    assert weekend == [f"2027-06-{day:02}" for day in (7, 8, 9, 10, 11)]


def test_clock_change_keeps_the_locations_hours(clinic: SmallClinic) -> None:
    monday_after = date(2027, 11, 8)
    book(clinic, 10, day=monday_after)

    found = data(clinic.rosa, to="2027-11-09", **{"from": "2027-11-06"})

    assert [item["start"] for item in found["visits"]] == ["2027-11-08T10:00"]
    sunday = [item for item in found["off"] if item["start"].startswith("2027-11-07")]
    assert {(item["start"], item["end"]) for item in sunday} == {
        ("2027-11-07T09:00", "2027-11-07T17:00")
    }


def test_filters_choose_what_is_shown(clinic: SmallClinic) -> None:
    first, other = book(clinic, 10), book(clinic, 12, clinic.bea)
    cancel_appointment(appointment=other, by=clinic.rosa, now=NOW)

    def names(**chosen: str) -> list[str]:
        return [item["name"] for item in data(clinic.rosa, **chosen)["visits"]]

    assert names() == ["Alice Arden"]
    assert names(state="cancelled") == ["Bea Brook"]
    assert names(state="all") == ["Alice Arden", "Bea Brook"]
    assert names(room=str(first.room_id)) == ["Alice Arden"]
    assert names(service=str(clinic.first_visit.pk)) == []
    assert names(practitioner=str(clinic.dora.public_id)) == []


def test_other_location_shows_nothing_of_this_one(clinic: SmallClinic) -> None:
    make_location("san-francisco", "America/Los_Angeles")
    book(clinic, 10)

    found = data(clinic.rosa, location="san-francisco")

    assert (found["visits"], found["people"], found["rooms"]) == ([], [], [])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"from": "soon"}, "Enter a date, such as 2027-06-30."),
        ({"to": ""}, "Enter a date."),
        ({"to": "2027-06-07"}, "“to” must be later than “from”; it is exclusive."),
        ({"to": "2027-07-09"}, "Ask for at most 31 days at once."),
        ({"from": "0001-01-01"}, "Enter a date, such as 2027-06-30."),
        ({"location": "atlantis"}, "There is no such location."),
    ],
)
@pytest.mark.parametrize("path", ["/calendar/visits/", "/calendar/stamp/"])
def test_question_without_sense_is_refused_with_words(
    clinic: SmallClinic, path: str, changes: dict[str, str], says: str
) -> None:
    answer = browser_of(clinic.rosa).get(path, {**SPAN, **changes})

    assert answer.status_code == 422
    assert (answer["Content-Type"], answer.json()["detail"]) == ("application/problem+json", says)


def test_unknown_room_is_refused_with_words(clinic: SmallClinic) -> None:
    answer = browser_of(clinic.rosa).get("/calendar/visits/", {**SPAN, "room": "99999"})

    says = "Select a valid choice. 99999 is not one of the available choices."
    assert (answer.status_code, answer.json()["detail"]) == (422, says)


def test_longest_span_is_a_month(clinic: SmallClinic) -> None:
    assert data(clinic.rosa, to="2027-07-08")["visits"] == []


def test_stamp_changes_with_every_change_and_only_then(clinic: SmallClinic) -> None:
    visit = book(clinic, 10)
    browser = browser_of(clinic.rosa)

    def stamp() -> str:
        found: str = browser.get("/calendar/stamp/", SPAN).json()["stamp"]
        return found

    stamps = [stamp(), stamp(), data(clinic.rosa)["stamp"]]
    assert len(set(stamps)) == 1
    Appointment.objects.filter(pk=visit.pk).update(promised_at=NOW, promised_version=0)
    stamps.append(stamp())
    off = TimeOff(
        kind="away", practitioner=clinic.chen, starts_at=at(TUESDAY, 13), ends_at=at(TUESDAY, 14)
    )
    take_time_off(time_off=off, by=clinic.mia)
    stamps.append(stamp())
    book(clinic, 15, clinic.bea)
    stamps.append(stamp())
    book(clinic, 15, day=date(2027, 6, 22))
    stamps.append(stamp())

    assert [stamps.index(item) for item in stamps] == [0, 0, 0, 3, 4, 5, 5]


def test_practitioners_stamp_does_not_tell_of_others(clinic: SmallClinic) -> None:
    browser = browser_of(clinic.dora.user)
    before = browser.get("/calendar/stamp/", SPAN).json()["stamp"]

    book(clinic, 10)

    assert browser.get("/calendar/stamp/", SPAN).json()["stamp"] == before


def fill(clinic: SmallClinic, visits: int, people: int) -> None:
    """Put visits into the week, spread over practitioners of their own rooms."""
    staff = [clinic.chen]
    for number in range(people):
        make_room(clinic.location, f"More {number}", [clinic.follow_up])
        name = f"P{number} Practitioner"
        services = [clinic.follow_up]
        staff.append(make_practitioner(name, services=services, location=clinic.location))
    for number in range(visits):
        day = MONDAY + timedelta(days=1 + number % 4)
        book_visit(
            make_client(f"C{number} Client", login=False, email=f"c{number}@example.com"),
            clinic.follow_up,
            clinic.location,
            at(day, 9 + 2 * (number // 4 % 4)),
            practitioner=staff[number // 16],
            by=clinic.rosa,
        )


@pytest.mark.parametrize(("visits", "people"), [(3, 0), (60, 20)])
def test_queries_do_not_grow_with_visits_or_people(
    clinic: SmallClinic,
    django_assert_num_queries: DjangoAssertNumQueries,
    visits: int,
    people: int,
) -> None:
    fill(clinic, visits, people)
    browser = browser_of(clinic.rosa)
    assert len(browser.get("/calendar/visits/", SPAN).json()["visits"]) == visits

    with django_assert_num_queries(DATA_QUERIES):
        browser.get("/calendar/visits/", SPAN)
    with django_assert_num_queries(PAGE_QUERIES):
        browser.get("/calendar/", {"date": "2027-06-08"})


def test_list_stands_without_script_with_its_links(clinic: SmallClinic) -> None:
    visit = book(clinic, 10)

    answer = browser_of(clinic.rosa).get("/calendar/", {"date": "2027-06-08"})

    html = answer.content.decode()
    assert "Week of 7 June 2027" in words(answer)
    assert "Tuesday 8 June 10am to 11am Alice Arden" in words(answer)
    assert f'href="/day/visits/{visit.public_id}/"' in html
    assert f'href="/day/visits/{visit.public_id}/move/?back=calendar"' in html


def test_printed_part_of_the_list_says_nothing_of_health(clinic: SmallClinic) -> None:
    visit = book(clinic, 10)

    html = browser_of(clinic.rosa).get("/calendar/", {"date": "2027-06-08"}).content.decode()

    listed = html.partition('id="week-list"')[2].partition('id="visit-panel"')[0]
    on_paper = [line for line in listed.splitlines() if "no-print" not in line]
    service = [line for line in listed.splitlines() if visit.service.name in line]
    assert service
    assert all('<span class="muted no-print">' in line for line in service)
    assert health_words(" ".join(on_paper)) == []


@pytest.mark.parametrize(
    "query", [{"date": "never"}, {"by": "star"}, {"location": "atlantis"}, {"state": "happy"}]
)
def test_page_of_nonsense_is_not_there(clinic: SmallClinic, query: dict[str, str]) -> None:
    assert browser_of(clinic.rosa).get("/calendar/", query).status_code == 404


def test_strangers_find_no_calendar(clinic: SmallClinic) -> None:
    paths = ("/calendar/", "/calendar/visits/", "/calendar/stamp/")

    assert [browser_of(clinic.alice.user).get(path, SPAN).status_code for path in paths] == [
        404
    ] * 3
    assert [browser_of(None).get(path, SPAN).status_code for path in paths] == [302] * 3
