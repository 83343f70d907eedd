"""Booking, reading, moving and cancelling through the JSON API."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client as Browser

from bookings.models import Appointment
from tests.factories.api import Caller, refused
from tests.factories.bookings import book_visit
from tests.factories.clinic import (
    NOW,
    at,
    make_client,
    make_practitioner,
    make_small_clinic,
    make_user,
)

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)


@pytest.fixture(autouse=True)
def _monday_morning():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def alice(clinic):
    return Caller(clinic.alice.user)


def order(clinic, **changes):
    return {
        "service": "follow-up",
        "practitioner": str(clinic.chen.public_id),
        "location": "new-york",
        "starts_at": "2027-06-08T10:00:00-04:00",
        **changes,
    }


def book(caller, body, key="k1"):
    return caller.send("POST", "appointments", body, key=key)


def as_json(clinic, visit, **changes):
    return {
        "id": str(visit.public_id),
        "service": "follow-up",
        "practitioner": str(clinic.chen.public_id),
        "location": "new-york",
        "starts_at": "2027-06-08T10:00:00-04:00",
        "ends_at": "2027-06-08T11:00:00-04:00",
        "state": "booked",
        "version": 0,
        "course": None,
        **changes,
    }


def test_booking_answers_the_appointment(clinic, alice):
    response = book(alice, order(clinic))

    visit = Appointment.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"/api/v1/appointments/{visit.public_id}"
    assert response.json() == as_json(clinic, visit)
    assert visit.client == clinic.alice


def test_no_practitioner_means_any(clinic, alice):
    response = book(alice, order(clinic, practitioner=None))

    assert response.status_code == 201
    assert Appointment.objects.get().any_practitioner


def test_same_request_twice_books_once(clinic, alice):
    first = book(alice, order(clinic))
    again = book(alice, order(clinic, starts_at="2027-06-08T14:00:00Z"))

    assert (again.status_code, again.json()) == (201, first.json())
    assert Appointment.objects.count() == 1


def test_same_key_with_another_body_is_refused(clinic, alice):
    book(alice, order(clinic))

    again = book(alice, order(clinic, starts_at="2027-06-08T12:00:00-04:00"))

    assert refused(again) == (422, "key_reused")
    assert Appointment.objects.count() == 1


def test_same_key_of_another_login_is_another_request(clinic, alice):
    book(alice, order(clinic))

    response = book(Caller(clinic.bea.user), order(clinic, starts_at="2027-06-08T12:00:00-04:00"))

    assert response.status_code == 201


def test_taken_slot_is_refused_with_alternatives(clinic, alice):
    book_visit(clinic.bea, clinic.first_visit, clinic.location, at(TUESDAY, 10))

    response = book(alice, order(clinic))

    def slot(starts, ends):
        return {
            "starts_at": f"2027-06-08T{starts}:00-04:00",
            "ends_at": f"2027-06-08T{ends}:00-04:00",
            "practitioner": str(clinic.chen.public_id),
            "location": "new-york",
            "service": "follow-up",
        }

    assert refused(response) == (409, "slot_taken")
    assert response.json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "code": "slot_taken",
        "detail": "That time has just gone.",
        "alternatives": [slot("09:00", "10:00"), slot("11:30", "12:30"), slot("11:45", "12:45")],
    }


def test_start_off_the_grid_is_never_free(clinic, alice):
    response = book(alice, order(clinic, starts_at="2027-06-08T10:00:01-04:00"))

    assert refused(response) == (409, "slot_taken")


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"starts_at": "2027-06-07T07:00:00-04:00"}, (422, "outside_notice")),
        ({"starts_at": "2029-06-08T10:00:00-04:00"}, (422, "beyond_horizon")),
        ({"starts_at": "2199-12-31T10:00:00Z"}, (422, "beyond_horizon")),
        ({"starts_at": "9999-12-31T23:59:59-04:00"}, (400, "invalid")),
        ({"starts_at": "0000-06-08T10:00:00-04:00"}, (400, "invalid")),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, (400, "invalid")),
        ({"starts_at": "2027-06-08T10:00:00"}, (400, "invalid")),
        ({"starts_at": "2027-06-08"}, (400, "invalid")),
        ({"starts_at": "2027-06-08T10:00:60Z"}, (400, "invalid")),
        ({"starts_at": 1811808000}, (400, "invalid")),
        ({"starts_at": None}, (400, "invalid")),
        ({"starts_at": "\x00"}, (400, "invalid")),
        ({"service": "nothing"}, (404, "not_found")),
        ({"service": "a\x00b"}, (400, "invalid")),
        ({"service": "\ud800"}, (400, "invalid")),
        ({"service": 7}, (400, "invalid")),
        ({"location": "nowhere"}, (404, "not_found")),
        ({"practitioner": "nobody"}, (404, "not_found")),
        ({"practitioner": 5}, (400, "invalid")),
        ({"practitioner": ["x"]}, (400, "invalid")),
        ({"client": "b7a7a2d8-3b2a-4c4a-9a55-000000000000"}, (404, "not_found")),
        ({"sevrice": "follow-up"}, (400, "invalid")),
    ],
)
def test_order_that_makes_no_sense_is_refused(clinic, alice, changes, answer):
    assert refused(book(alice, order(clinic, **changes))) == answer
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '"x"', "[" * 100_000, "\x00", "{}", '{"service": NaN}', "9" * 5000],
)
def test_body_that_is_no_order_is_refused(clinic, alice, text):
    assert refused(book(alice, text)) == (400, "invalid")


def test_body_in_another_encoding_is_refused(clinic, client):
    response = client.generic(
        "POST",
        "/api/v1/appointments",
        b'{"service": "\xff\xfe"}',
        content_type="application/json",
        headers={**Caller(clinic.alice.user).headers, "Idempotency-Key": "k"},
    )

    assert refused(response) == (400, "invalid")


@pytest.mark.parametrize("key", [None, "", "x" * 256, "a\tb", "a\x00b", "schlüssel"])
def test_key_is_needed_short_and_plain(clinic, alice, key):
    response = alice.send("POST", "appointments", order(clinic))
    if key is not None:
        alice.headers["Idempotency-Key"] = key
        response = alice.send("POST", "appointments", order(clinic))

    assert refused(response) == (400, "invalid")
    assert response.json()["errors"][0]["field"] == "Idempotency-Key"


def test_longest_key_is_accepted(clinic, alice):
    assert book(alice, order(clinic), key="x" * 255).status_code == 201


def test_service_for_returning_clients_is_not_bookable(clinic, alice):
    clinic.follow_up.bookable_by = "returning"
    clinic.follow_up.save()

    response = book(alice, order(clinic))

    assert refused(response) == (422, "not_bookable")


def test_service_of_staff_is_not_bookable(clinic, alice):
    clinic.follow_up.bookable_by = "staff"
    clinic.follow_up.save()

    assert refused(book(alice, order(clinic))) == (422, "not_bookable")


def test_practitioner_who_does_not_offer_it_is_not_bookable(clinic, alice):
    response = book(alice, order(clinic, practitioner=str(clinic.dora.public_id)))

    assert refused(response) == (422, "not_bookable")


def test_login_without_a_client_record_may_not_book(clinic):
    assert refused(book(Caller(make_user("Zoe")), order(clinic))) == (403, "forbidden")


def test_nobody_may_not_book(clinic):
    response = book(Caller(), order(clinic))

    assert refused(response) == (401, "unauthenticated")
    assert response["WWW-Authenticate"] == "Bearer"


def test_desk_books_for_a_client(clinic):
    rosa = Caller(clinic.rosa)

    for_bea = book(rosa, order(clinic, client=str(clinic.bea.public_id)))

    assert for_bea.status_code == 201
    assert Appointment.objects.get().client == clinic.bea
    assert refused(book(rosa, order(clinic), key="k2")) == (400, "invalid")
    nobody = order(clinic, client=str(uuid4()))
    assert refused(book(rosa, nobody, key="k3")) == (404, "not_found")


def test_client_books_for_nobody_else(clinic, alice):
    for_bea = order(clinic, client=str(clinic.bea.public_id))
    for_herself = order(clinic, client=str(clinic.alice.public_id))

    assert refused(book(alice, for_bea)) == (404, "not_found")
    assert book(alice, for_herself).status_code == 201


def test_list_shows_own_newest_first_in_pages(clinic, alice):
    early = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10))
    late = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 12))
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 14))

    whole = alice.get("appointments")
    second = alice.get("appointments", limit=1, offset=1)

    later = {"starts_at": "2027-06-08T12:00:00-04:00", "ends_at": "2027-06-08T13:00:00-04:00"}
    assert whole.json() == {
        "appointments": [as_json(clinic, late, **later), as_json(clinic, early)],
        "has_more": False,
    }
    assert second.json() == {"appointments": [as_json(clinic, early)], "has_more": False}
    assert alice.get("appointments", limit=1).json()["has_more"] is True


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("practitioners", [1, 3])
def test_booking_is_ten_statements_whoever_may_treat(
    clinic, alice, practitioners, django_assert_num_queries
):
    for number in range(1, practitioners):
        make_practitioner(f"P{number} X", services=[clinic.follow_up], location=clinic.location)
    first = book(alice, order(clinic, practitioner=None))

    # Token, login and client; the catalogue's version. Then, in a transaction: holds that ran
    # out, the locks, the version again, what is taken, the client's visits, the visit, how
    # its client is reached, and all that hangs on the visit. BEGIN and COMMIT count too.
    with django_assert_num_queries(12):
        second = book(alice, order(clinic, starts_at="2027-06-08T13:00:00-04:00"), key="k2")

    assert (first.status_code, second.status_code) == (201, 201)


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_three_queries_whatever_its_length(
    clinic, alice, rows, django_assert_num_queries
):
    for hour in range(rows):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10 + 2 * hour))

    with django_assert_num_queries(3):
        response = alice.get("appointments")

    assert len(response.json()["appointments"]) == rows


@pytest.mark.parametrize(
    "page", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"offset": -1}, {"offset": 10**20}]
)
def test_page_that_makes_no_sense_is_refused(alice, page):
    assert refused(alice.get("appointments", **page)) == (400, "invalid")


def test_practitioner_and_desk_see_what_is_theirs(clinic):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10))
    path = f"appointments/{visit.public_id}"

    for person in (clinic.alice.user, clinic.chen.user, clinic.rosa, clinic.mia):
        assert Caller(person).get(path).json() == as_json(clinic, visit)
        assert len(Caller(person).get("appointments").json()["appointments"]) == 1
    assert Caller(clinic.dora.user).get("appointments").json()["appointments"] == []


STRANGERS = ("bea", "dora")
ACTS = [
    ("GET", "", None),
    ("PATCH", "", {"starts_at": "2027-06-08T12:00:00-04:00"}),
    ("POST", "/cancel", None),
]


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize(("method", "path", "body"), ACTS)
def test_visit_of_somebody_else_is_not_found(clinic, name, method, path, body):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10))
    stranger = Caller(getattr(clinic, name).user)

    response = stranger.send(method, f"appointments/{visit.public_id}{path}", body)

    assert refused(response) == (404, "not_found")
    visit.refresh_from_db()
    assert (visit.state, visit.version) == ("booked", 0)


@pytest.mark.parametrize(("method", "path", "body"), ACTS)
@pytest.mark.parametrize(
    "public_id", ["1", "%00", "x" * 300, "b7a7a2d8-3b2a-4c4a-9a55-000000000000"]
)
def test_visit_that_does_not_exist_is_not_found(alice, public_id, method, path, body):
    response = alice.send(method, f"appointments/{public_id}{path}", body)

    assert refused(response) == (404, "not_found")


@pytest.mark.parametrize(("method", "path", "body"), ACTS)
def test_visit_needs_a_login(clinic, method, path, body):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10))

    response = Caller().send(method, f"appointments/{visit.public_id}{path}", body)

    assert refused(response) == (401, "unauthenticated")


def test_hold_is_no_appointment(clinic):
    hold = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10))
    Appointment.objects.filter(pk=hold.pk).update(
        state="held", held_until=NOW + timedelta(minutes=10)
    )

    response = Caller(clinic.rosa).get(f"appointments/{hold.public_id}")

    assert refused(response) == (404, "not_found")


def move(caller, visit, **body):
    return caller.send("PATCH", f"appointments/{visit.public_id}", body)


def test_patch_moves_the_visit(clinic, alice):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10))

    response = move(alice, visit, starts_at="2027-06-09T12:00:00-04:00")

    assert response.status_code == 200
    assert response.json() == as_json(
        clinic,
        visit,
        starts_at="2027-06-09T12:00:00-04:00",
        ends_at="2027-06-09T13:00:00-04:00",
        version=1,
    )


def test_move_keeps_the_practitioner_unless_told(clinic, alice):
    clinic.dora.services.add(clinic.follow_up)
    visit = book_visit(
        clinic.alice,
        clinic.follow_up,
        clinic.location,
        at(TUESDAY, 10),
        practitioner=clinic.chen,
    )
    book_visit(clinic.bea, clinic.first_visit, clinic.location, at(date(2027, 6, 9), 12))

    same = move(alice, visit, starts_at="2027-06-09T12:00:00-04:00")
    anybody = move(alice, visit, starts_at="2027-06-09T12:00:00-04:00", practitioner=None)

    assert refused(same) == (409, "slot_taken")
    assert anybody.json()["practitioner"] == str(clinic.dora.public_id)


def test_move_onto_a_taken_slot_changes_nothing(clinic, alice):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10))
    book_visit(clinic.bea, clinic.first_visit, clinic.location, at(TUESDAY, 14))

    response = move(alice, visit, starts_at="2027-06-08T14:00:00-04:00")

    assert refused(response) == (409, "slot_taken")
    assert len(response.json()["alternatives"]) == 3
    assert alice.get(f"appointments/{visit.public_id}").json() == as_json(clinic, visit)


def test_move_inside_the_late_window_is_too_late(clinic, alice):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 7), 14))

    response = move(alice, visit, starts_at="2027-06-09T12:00:00-04:00")

    assert refused(response) == (422, "too_late_to_change")


def test_move_of_a_cancelled_visit_is_already_changed(clinic, alice):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10))
    alice.send("POST", f"appointments/{visit.public_id}/cancel")

    response = move(alice, visit, starts_at="2027-06-09T12:00:00-04:00")

    assert refused(response) == (409, "already_changed")


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({}, (400, "invalid")),
        ({"starts_at": "soon"}, (400, "invalid")),
        ({"starts_at": "2027-06-09T12:00:00-04:00", "state": "completed"}, (400, "invalid")),
        ({"starts_at": "2027-06-09T12:00:00-04:00", "practitioner": "x"}, (404, "not_found")),
        ({"starts_at": "2026-06-09T12:00:00-04:00"}, (422, "outside_notice")),
        ({"starts_at": "2029-06-09T12:00:00-04:00"}, (422, "beyond_horizon")),
    ],
)
def test_move_that_makes_no_sense_is_refused(clinic, alice, body, answer):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 14))

    assert refused(move(alice, visit, **body)) == answer


def test_practitioner_moves_an_own_visit_for_the_clinic(clinic):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10))

    response = move(Caller(clinic.chen.user), visit, starts_at="2027-06-09T12:00:00-04:00")

    visit.refresh_from_db()
    assert response.status_code == 200
    assert (visit.starts_at, visit.client_moves) == (at(date(2027, 6, 9), 12), 0)


def test_practitioner_hands_no_visit_to_a_colleague(clinic):
    eve = make_practitioner("Eve", services=[clinic.follow_up], location=clinic.location)
    visit = book_visit(
        clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10), practitioner=clinic.chen
    )
    wanted = {"starts_at": "2027-06-09T12:00:00-04:00", "practitioner": str(eve.public_id)}

    response = move(Caller(clinic.chen.user), visit, **wanted)

    assert refused(response) == (403, "forbidden")
    assert refused(move(Caller(eve.user), visit, **wanted)) == (404, "not_found")


def test_cancelling_twice_is_cancelling_once(clinic, alice):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 14))
    path = f"appointments/{visit.public_id}/cancel"

    once = alice.send("POST", path)
    twice = alice.send("POST", path)

    expected = as_json(
        clinic,
        visit,
        starts_at="2027-06-08T14:00:00-04:00",
        ends_at="2027-06-08T15:00:00-04:00",
        state="cancelled",
        version=1,
    )
    assert (once.status_code, once.json()) == (200, expected)
    assert (twice.status_code, twice.json()) == (200, expected)


def test_cancelling_after_the_start_is_too_late(clinic, alice):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 14))

    with time_machine.travel(at(TUESDAY, 14, 1)):
        response = alice.send("POST", f"appointments/{visit.public_id}/cancel")

    assert refused(response) == (422, "too_late_to_change")


def test_fourth_single_visit_is_for_reception(clinic, alice):
    for hour in (9, 11, 13):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, hour))

    response = book(alice, order(clinic, starts_at="2027-06-08T15:00:00-04:00"))

    assert refused(response) == (422, "not_bookable")


def test_session_needs_the_csrf_token_to_change(clinic):
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(clinic.alice.user, backend="django.contrib.auth.backends.ModelBackend")
    headers = {"Idempotency-Key": "k1"}
    send = {"content_type": "application/json", "data": order(clinic)}

    without = browser.post("/api/v1/appointments", headers=headers, **send)
    browser.cookies["csrftoken"] = "a" * 32
    with_token = browser.post(
        "/api/v1/appointments", headers={**headers, "X-CSRFToken": "a" * 32}, **send
    )

    assert refused(without) == (403, "forbidden")
    assert with_token.status_code == 201


def test_guest_without_a_declaration_is_not_bookable(clinic):
    guest = make_client("Gil Grey", adult_declared_at=None)

    assert refused(book(Caller(guest.user), order(clinic))) == (422, "not_bookable")
