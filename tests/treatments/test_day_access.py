"""Who may open which staff page, and junk in every parameter and field."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.test import Client as Browser

from bookings.models import Appointment
from bookings.services.requests import ask_to_move
from clinic.models import User
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_practitioner
from tests.support.desk import signed_in

LOGIN = 302
"""Visitors are sent to the sign-in page."""

# page: visitor, client, another practitioner, the practitioner, reception, manager
GETS = {
    "/day/": (LOGIN, 404, 200, 200, 200, 200),
    "/day/book/": (LOGIN, 404, 404, 404, 200, 200),
    "/day/visits/{visit}/": (LOGIN, 404, 404, 200, 200, 200),
    "/day/visits/{visit}/move/": (LOGIN, 404, 404, 200, 200, 200),
    "/day/visits/{visit}/cancel/": (LOGIN, 404, 404, 404, 200, 200),
    "/day/visits/{visit}/status/": (LOGIN, 404, 405, 405, 405, 405),
    "/day/visits/{visit}/start/": (LOGIN, 404, 405, 405, 405, 405),
    "/day/visits/{visit}/undo/": (LOGIN, 404, 405, 405, 405, 405),
    "/day/visits/{visit}/needles/": (LOGIN, 404, 405, 405, 405, 405),
    "/day/visits/{visit}/retention/": (LOGIN, 404, 405, 405, 405, 405),
    "/day/board/": (LOGIN, 404, 200, 200, 200, 200),
    "/day/alarms/": (LOGIN, 404, 204, 204, 204, 204),
    "/to-answer/": (LOGIN, 404, 404, 404, 200, 200),
    "/left-open/": (LOGIN, 404, 200, 200, 200, 200),
    "/clients/": (LOGIN, 404, 200, 200, 200, 200),
    "/clients/new/": (LOGIN, 404, 404, 404, 200, 200),
    "/clients/{client}/": (LOGIN, 404, 404, 200, 200, 200),
    "/clients/{client}/edit/": (LOGIN, 404, 404, 404, 200, 200),
    "/clients/{client}/merge/": (LOGIN, 404, 404, 404, 404, 200),
    "/clients/{client}/merge/?other={other}": (LOGIN, 404, 404, 404, 404, 200),
}
POSTS = {
    "/day/book/": (LOGIN, 404, 404, 404, 422, 422),
    "/day/visits/{visit}/status/": (LOGIN, 404, 404, 422, 422, 422),
    "/day/visits/{visit}/start/": (LOGIN, 404, 404, 422, 302, 302),
    "/day/visits/{visit}/undo/": (LOGIN, 404, 404, 302, 302, 302),
    "/day/visits/{visit}/needles/": (LOGIN, 404, 404, 422, 422, 422),
    "/day/visits/{visit}/retention/": (LOGIN, 404, 404, 422, 422, 422),
    "/day/board/": (LOGIN, 404, 405, 405, 405, 405),
    "/day/alarms/": (LOGIN, 404, 405, 405, 405, 405),
    "/day/visits/{visit}/move/": (LOGIN, 404, 404, 422, 422, 422),
    "/to-answer/": (LOGIN, 404, 404, 404, 404, 404),
    "/clients/new/": (LOGIN, 404, 404, 404, 422, 422),
    "/clients/{client}/edit/": (LOGIN, 404, 404, 404, 422, 422),
    "/clients/{client}/merge/": (LOGIN, 404, 404, 404, 404, 404),
    "/clients/{client}/notes/": (LOGIN, 404, 404, 422, 422, 422),
    "/clients/{client}/notes/{client}/down/": (LOGIN, 404, 404, 404, 404, 404),
}

JUNK = (
    "\x00",
    "a\x00b",
    "'\"><script>",
    "9999-12-31",
    "0001-01-01",
    "-1",
    "9" * 400,
    "٣",
    "null",
    "2027-06-07T10:00",
    "9999-12-31T23:59:59+00:00",
    "0001-01-01T00:00:00+14:00",
    "%00",
    "new-york",
)


@pytest.fixture
def visit(clinic: SmallClinic) -> Appointment:
    return book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))


def people(clinic: SmallClinic) -> list[User | None]:
    """Return who asks, in the order of the tables."""
    other = make_practitioner("Otto Opal").user
    return [None, clinic.bea.user, other, clinic.chen.user, clinic.rosa, clinic.mia]


def address(pattern: str, clinic: SmallClinic, visit: Appointment) -> str:
    """Fill in a page's address."""
    return pattern.format(
        visit=visit.public_id, client=clinic.alice.public_id, other=clinic.bea.public_id
    )


def statuses(clinic: SmallClinic, ask: Any) -> tuple[int, ...]:
    """Return the answer's status for each person."""
    browsers = [signed_in(user) if user else Browser() for user in people(clinic)]
    return tuple(ask(browser).status_code for browser in browsers)


@pytest.mark.parametrize("pattern", GETS)
def test_page_opens_for_those_who_may(
    clinic: SmallClinic, visit: Appointment, pattern: str
) -> None:
    url = address(pattern, clinic, visit)

    assert statuses(clinic, lambda browser: browser.get(url)) == GETS[pattern]


@pytest.mark.parametrize("pattern", POSTS)
def test_act_is_answered_for_those_who_may(
    clinic: SmallClinic, visit: Appointment, pattern: str
) -> None:
    url = address(pattern, clinic, visit)

    assert statuses(clinic, lambda browser: browser.post(url)) == POSTS[pattern]


def test_client_may_not_cancel_through_the_desk(clinic: SmallClinic, visit: Appointment) -> None:
    url = f"/day/visits/{visit.public_id}/cancel/"

    assert signed_in(clinic.alice.user).post(url, {"reason": ""}).status_code == 404
    assert signed_in(clinic.chen.user).post(url, {"reason": ""}).status_code == 404


def test_dismissed_staff_are_sent_to_sign_in(clinic: SmallClinic) -> None:
    browser = signed_in(clinic.rosa)
    clinic.rosa.is_active = False
    clinic.rosa.save()

    assert browser.get("/day/").status_code == LOGIN


@pytest.mark.parametrize(
    "pattern",
    [
        "/day/visits/{}/",
        "/day/visits/{}/move/",
        "/day/visits/{}/cancel/",
        "/clients/{}/",
        "/clients/{}/edit/",
        "/clients/{}/merge/",
    ],
)
def test_unknown_id_is_not_found(clinic: SmallClinic, pattern: str) -> None:
    browser = signed_in(clinic.mia)

    assert browser.get(pattern.format(uuid4())).status_code == 404
    assert browser.get(pattern.format("no-uuid")).status_code == 404


def test_unknown_choices_in_the_address_are_not_found(
    clinic: SmallClinic, visit: Appointment
) -> None:
    browser = signed_in(clinic.mia)

    for query in (
        "/day/?location=atlantis",
        "/day/book/?location=atlantis",
        "/day/book/?service=no-such",
        f"/day/book/?practitioner={uuid4()}",
        f"/day/book/?client={uuid4()}",
        f"/day/visits/{visit.public_id}/move/?practitioner={uuid4()}",
        f"/clients/{clinic.alice.public_id}/merge/?other={uuid4()}",
        f"/clients/{clinic.alice.public_id}/merge/?other={clinic.alice.public_id}",
        "/clients/?page=99",
        "/to-answer/?page=0",
        "/left-open/?page=x",
    ):
        assert browser.get(query).status_code == 404, query


@pytest.mark.parametrize("junk", JUNK)
def test_junk_in_addresses_is_never_a_crash(
    clinic: SmallClinic, visit: Appointment, junk: str
) -> None:
    browser = signed_in(clinic.mia)
    pages = {
        "/day/": ("location", "date"),
        "/day/board/": ("location", "date", "stamp"),
        "/day/alarms/": ("but", "shown"),
        "/day/book/": ("client", "service", "location", "practitioner", "date", "time", "q"),
        f"/day/visits/{visit.public_id}/move/": ("date", "practitioner"),
        "/to-answer/": ("page",),
        "/left-open/": ("page",),
        "/clients/": ("q", "page"),
        "/clients/new/": ("next",),
        f"/clients/{clinic.alice.public_id}/merge/": ("other", "q"),
    }

    for page, names in pages.items():
        for name in names:
            answer = browser.get(f"{page}?{name}={quote(junk)}")

            assert answer.status_code in {200, 204, 404, 422}, (page, name)


@pytest.mark.parametrize("junk", JUNK)
def test_junk_in_fields_is_never_a_crash(
    clinic: SmallClinic, visit: Appointment, junk: str
) -> None:
    browser = signed_in(clinic.mia)
    ask_to_move(appointment=visit, wish="Later", by=clinic.alice.user, now=NOW)
    book = f"/day/book/?client={clinic.alice.public_id}&service=follow-up"
    one = f"/day/visits/{visit.public_id}"
    forms = {
        book: ("starts_at", "reason", "request_id"),
        f"{one}/move/": ("starts_at", "reason", "version"),
        f"{one}/status/": ("to_state", "reason", "back"),
        f"{one}/start/": ("history_seen", "back"),
        f"{one}/undo/": ("back",),
        f"{one}/needles/": ("act", "count", "last", "back"),
        f"{one}/retention/": ("minutes", "back"),
        f"{one}/cancel/": ("reason",) if "\x00" in junk else (),
        "/to-answer/": ("request",),
        "/clients/new/": ("email", "phone", "no_needling_before"),
        f"/clients/{clinic.alice.public_id}/merge/": ("other",),
    }
    good = {
        "starts_at": at(TODAY, 13).isoformat(),
        "request_id": str(uuid4()),
        "version": "0",
        "to_state": "completed",
        "act": "in",
        "count": "40",
        "minutes": "20",
        "name": "Cleo Cole",
    }

    for page, names in forms.items():
        for name in names:
            answer = browser.post(page, {**good, name: junk})

            assert answer.status_code in {302, 404, 409, 422}, (page, name)


def test_junk_in_fields_is_kept_and_explained(clinic: SmallClinic) -> None:
    browser = signed_in(clinic.rosa)

    answer = browser.post(
        "/clients/new/",
        {"name": "", "email": "no address", "phone": "12", "no_needling_before": "x"},
    )

    html = answer.content.decode()
    assert answer.status_code == 422
    for message in (
        "Enter the client&#x27;s name.",
        "Enter an e-mail address such as name@example.com.",
        "Enter a phone number such as (212) 555-0100, or +44 20 7946 0000.",
        "Enter a date, such as 2027-06-30.",
    ):
        assert html.count(message) == 2
    assert 'value="no address"' in html
