"""GET /slots."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.selectors.nearest import next_free_start
from bookings.selectors.openings import openings
from bookings.selectors.questions import SlotQuestion
from bookings.selectors.slots import free_time
from bookings.wire import slots_json
from clinic.models import RosterHours
from clinic.selectors.catalogue import catalogue
from tests.factories.api import Caller, refused
from tests.factories.bookings import book_visit
from tests.factories.clinic import (
    NOW,
    TODAY,
    at,
    make_client,
    make_location,
    make_practitioner,
    make_room,
    make_service,
    make_small_clinic,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday_morning():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def short_day():
    """Chen works from 9 to 10 in one room: one start a day."""
    place = make_location()
    service = make_service("follow-up")
    make_room(place, "Room 1", [service])
    person = make_practitioner("Chen Li", services=[service], location=place, hours=((9, 10),))
    return place, service, person


def ask(caller=None, **query):
    asked = {
        "service": "follow-up",
        "location": "new-york",
        "from": "2027-06-08",
        "to": "2027-06-09",
        **query,
    }
    return (caller or Caller()).get("slots", **{k: v for k, v in asked.items() if v is not None})


def starts(response):
    return [row["starts_at"] for row in response.json()["slots"]]


def test_slots_of_a_day_in_local_time(short_day):
    _place, _service, chen = short_day

    response = ask()

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response.json() == {
        "slots": [
            {
                "starts_at": "2027-06-08T09:00:00-04:00",
                "ends_at": "2027-06-08T10:00:00-04:00",
                "practitioner": str(chen.public_id),
                "location": "new-york",
                "service": "follow-up",
            }
        ],
        "next_available_at": "2027-06-09T09:00:00-04:00",
    }


def test_slots_carry_the_offset_of_their_day(short_day):
    response = ask(**{"from": "2027-11-05", "to": "2027-11-09"})

    assert starts(response) == ["2027-11-05T09:00:00-04:00", "2027-11-08T09:00:00-05:00"]


def test_next_available_beyond_the_first_days(short_day):
    friday = ask(**{"from": "2027-06-11", "to": "2027-06-12"})

    assert friday.json()["next_available_at"] == "2027-06-14T09:00:00-04:00"


def test_next_available_null_beyond_the_horizon(short_day):
    response = ask(**{"from": "2028-06-20", "to": "2028-06-21"})

    assert response.json() == {"slots": [], "next_available_at": None}


def test_window_in_the_past_offers_what_comes_next(short_day):
    response = ask(**{"from": "2027-05-03", "to": "2027-05-10"})

    assert response.json() == {"slots": [], "next_available_at": "2027-06-07T09:00:00-04:00"}


def test_dates_default_to_the_week_from_today(short_day):
    response = ask(**{"from": None, "to": None})

    assert starts(response) == [f"2027-06-{day:02}T09:00:00-04:00" for day in range(7, 12)]


def test_touching_starts_come_first(clinic):
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(date(2027, 6, 8), 11))

    rows = starts(ask())

    assert rows[0] == "2027-06-08T10:00:00-04:00"


def test_text_is_the_same_as_the_slots_of_the_engine(clinic):
    """The rows written straight from bits equal the slots of the search, in order."""
    clinic.dora.services.add(clinic.follow_up)
    for hour in (9, 11, 14):
        book_visit(
            make_client(f"Guest{hour} One"),
            clinic.follow_up,
            clinic.location,
            at(date(2027, 6, 8), hour, 15),
        )
    snapshot = catalogue()
    question = SlotQuestion(
        catalogue=snapshot,
        service=snapshot.services[clinic.follow_up.pk],
        location=snapshot.locations[clinic.location.pk],
        first_date=TODAY,
        end_date=TODAY + timedelta(days=5),
    )
    zone = ZoneInfo("America/New_York")

    rows = ask(**{"from": "2027-06-07", "to": "2027-06-12"}).json()["slots"]
    found = openings(question, NOW)

    slots = free_time(question, NOW).slots()
    assert len(rows) > 100
    assert [(row["starts_at"], row["ends_at"], row["practitioner"]) for row in rows] == [
        (
            slot.starts_at.astimezone(zone).isoformat(),
            slot.ends_at.astimezone(zone).isoformat(),
            str(slot.practitioner_public_id),
        )
        for slot in slots
    ]
    assert slots_json(found).count("starts_at") == len(rows)
    after = SlotQuestion(
        catalogue=snapshot,
        service=question.service,
        location=question.location,
        first_date=question.end_date,
        end_date=question.end_date + timedelta(days=1),
    )
    assert found.next_start == next_free_start(after, NOW)


def test_own_visits_of_a_signed_in_client_are_subtracted(clinic):
    clinic.dora.services.add(clinic.follow_up)
    book_visit(
        clinic.alice,
        clinic.follow_up,
        clinic.location,
        at(date(2027, 6, 8), 10),
        practitioner=clinic.chen,
    )
    only_dora = {"practitioner": str(clinic.dora.public_id)}

    as_nobody = starts(ask(**only_dora))
    as_alice = starts(ask(Caller(clinic.alice.user), **only_dora))

    assert "2027-06-08T10:00:00-04:00" in as_nobody
    assert [row for row in as_nobody if row not in as_alice] == [
        f"2027-06-08T{time}:00-04:00"
        for time in ("09:15", "09:30", "09:45", "10:00", "10:15", "10:30", "10:45")
    ]


def test_session_of_a_client_works_like_a_token(clinic, client):
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 8), 10))
    client.force_login(clinic.alice.user, backend="django.contrib.auth.backends.ModelBackend")
    query = {"service": "follow-up", "location": "new-york", "from": "2027-06-08"}

    rows = client.get("/api/v1/slots", {**query, "to": "2027-06-09"})

    assert starts(rows) == starts(ask(Caller(clinic.alice.user)))
    assert "2027-06-08T10:00:00-04:00" not in starts(rows)


def test_practitioner_who_does_not_offer_it_has_no_slots(clinic):
    response = ask(practitioner=str(clinic.dora.public_id))

    assert (response.status_code, response.json()) == (
        200,
        {"slots": [], "next_available_at": None},
    )


def test_staff_only_service_is_unknown_to_others(clinic):
    make_room(clinic.location, "Room 3", [service := make_service("inside", bookable_by="staff")])
    clinic.chen.services.add(service)

    assert refused(ask(service="inside")) == (404, "not_found")
    assert refused(ask(Caller(clinic.alice.user), service="inside")) == (404, "not_found")
    assert ask(Caller(clinic.rosa), service="inside").status_code == 200


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ({"service": None}, (400, "invalid")),
        ({"location": None}, (400, "invalid")),
        ({"service": ""}, (400, "invalid")),
        ({"service": "nothing"}, (404, "not_found")),
        ({"service": "a\x00b"}, (400, "invalid")),
        ({"service": "x" * 5000}, (400, "invalid")),
        ({"location": "nowhere"}, (404, "not_found")),
        ({"practitioner": "nobody"}, (404, "not_found")),
        ({"practitioner": "\x00"}, (404, "not_found")),
        ({"practitioner": "b7a7a2d8-3b2a-4c4a-9a55-000000000000"}, (404, "not_found")),
        ({"from": "tomorrow"}, (400, "invalid")),
        ({"from": "2027-02-30"}, (400, "invalid")),
        ({"from": "0000-01-01"}, (400, "invalid")),
        ({"from": "0001-01-01", "to": "0001-01-02"}, (400, "invalid")),
        ({"from": "9999-12-30", "to": "9999-12-31"}, (400, "invalid")),
        ({"from": "20270608"}, (400, "invalid")),
        ({"from": "1811808000"}, (400, "invalid")),
        ({"from": "\x00"}, (400, "invalid")),
        ({"to": "2027-06-08"}, (400, "invalid")),
        ({"to": "2027-06-01"}, (400, "invalid")),
        ({"to": "2027-08-10"}, (400, "invalid")),
    ],
)
def test_question_that_makes_no_sense_is_refused(clinic, query, answer):
    assert refused(ask(**query)) == answer


def test_bad_field_is_named(clinic):
    document = ask(**{"from": "2027-02-30"}).json()

    assert document == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "code": "invalid",
        "detail": "Please check the request.",
        "errors": [{"field": "from", "message": "day is out of range for month"}],
    }


def test_sixty_two_days_are_the_most(clinic):
    assert ask(**{"to": "2027-08-09"}).status_code == 200


def test_last_years_that_are_answered(short_day):
    response = ask(**{"from": "2199-11-01", "to": "2199-12-31"})

    assert response.json() == {"slots": [], "next_available_at": None}


@pytest.mark.parametrize("people", [1, 20])
@pytest.mark.parametrize("to", ["2027-06-09", "2027-08-07"])
def test_two_queries_whatever_people_and_days(people, to):
    place = make_location()
    service = make_service("follow-up")
    for number in range(people):
        make_room(place, f"Room {number}", [service])
        make_practitioner(f"P{number} One", services=[service], location=place)
    ask()

    assert queries(to=to) == 2


def test_queries_of_a_token_and_of_a_session(clinic, client):
    ask()
    token = Caller(clinic.alice.user)

    assert queries(token) == 3


def test_no_more_than_five_queries_where_nothing_is_free(clinic):
    clinic.chen.services.clear()
    clinic.dora.services.add(clinic.follow_up)
    RosterHours.objects.update(valid_to=date(2027, 6, 9))
    ask()

    assert queries(**{"from": "2027-06-14", "to": "2027-06-15"}) == 5


def queries(caller=None, **query):
    with CaptureQueriesContext(connection) as made:
        assert ask(caller, **query).status_code == 200
    return len(made)


def test_deactivated_login_is_refused_not_ignored(clinic):
    caller = Caller(clinic.alice.user)
    clinic.alice.user.is_active = False
    clinic.alice.user.save()

    assert refused(ask(caller)) == (401, "unauthenticated")
