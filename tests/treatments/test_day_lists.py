"""What waits for the desk: wishes to move, visits left open."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Appointment, ChangeRequest
from bookings.services.requests import ask_to_move
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at
from tests.support.desk import diary_queries, signed_in, state_of, tap, undo, words

EVENING = at(TODAY, 19)


def asked(clinic: SmallClinic, hour: int = 10, wish: str = "After 4pm") -> ChangeRequest:
    """Let Alice ask to move a visit of today."""
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, hour))
    return ask_to_move(
        appointment=visit, wish=wish, by=clinic.alice.user, now=NOW + timedelta(minutes=hour)
    )


def test_wishes_stand_oldest_first_with_phone_and_visit(clinic: SmallClinic) -> None:
    asked(clinic, 15, "Tomorrow")
    asked(clinic, 10, "After 4pm")

    page = words(signed_in(clinic.rosa).get("/to-answer/"))

    assert page.index("“After 4pm”") < page.index("“Tomorrow”")
    assert "Monday 7 June, 10am Follow up Chen Li, New York" in page
    assert "+1 212-555-0111" in page
    assert "To answer 2 waiting" in page


def test_keeping_the_visit_answers_the_wish_once(clinic: SmallClinic) -> None:
    wish = asked(clinic)
    browser = signed_in(clinic.rosa)

    first = words(browser.post("/to-answer/", {"request": wish.pk}, follow=True))
    second = words(browser.post("/to-answer/", {"request": wish.pk}, follow=True))

    assert "Answered: the visit stays as it was." in first
    assert "Nobody is waiting" in first
    assert "Somebody changed this a moment ago." in second
    wish.refresh_from_db()
    assert (wish.outcome, wish.answered_by, state_of(wish.appointment)) == (
        "kept",
        clinic.rosa,
        "booked",
    )


def test_cancelling_answers_the_wish(clinic: SmallClinic) -> None:
    wish = asked(clinic)
    browser = signed_in(clinic.rosa)

    browser.post(f"/day/visits/{wish.appointment.public_id}/cancel/", {"reason": ""})

    wish.refresh_from_db()
    assert wish.outcome == "cancelled"
    assert "Nobody is waiting" in words(browser.get("/to-answer/"))


@pytest.mark.parametrize("count", [1, 3])
def test_wishes_cost_the_same_queries(clinic: SmallClinic, count: int) -> None:
    for hour in (9, 11, 13)[:count]:
        asked(clinic, hour)
    browser = signed_in(clinic.rosa)

    with CaptureQueriesContext(connection) as queries:
        browser.get("/to-answer/")

    assert len(diary_queries(queries)) == 3


def test_visits_left_open_are_told_on_the_day(clinic: SmallClinic) -> None:
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))

    with time_machine.travel(EVENING):
        page = words(signed_in(clinic.rosa).get("/day/"))

    assert "1 visit was left open. Close these visits" in page


@pytest.mark.parametrize("to_state", ["completed", "no_show", "not_treated"])
def test_visit_left_open_is_closed_with_one_tap(clinic: SmallClinic, to_state: str) -> None:
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))

    with time_machine.travel(EVENING):
        browser = signed_in(clinic.rosa)
        page = words(tap(browser, visit, to_state, back="left-open"))

    assert state_of(visit) == to_state
    assert "All closed" in page
    assert "Closed in the last 15 minutes Mon 7 Jun 10am to 11am Alice Arden" in page


def test_closing_can_be_undone(clinic: SmallClinic) -> None:
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))

    with time_machine.travel(EVENING):
        browser = signed_in(clinic.rosa)
        tap(browser, visit, "no_show", back="left-open")
        page = words(undo(browser, visit, back="left-open"))

    assert state_of(visit) == "booked"
    assert "Complete : Alice Arden Did not come : Alice Arden Not treated : Alice Arden" in page
    assert visit.reservations.count() == 5


def test_practitioner_closes_own_visits_only(clinic: SmallClinic) -> None:
    clinic.dora.services.set([clinic.follow_up])
    for client, person in ((clinic.alice, clinic.chen), (clinic.bea, clinic.dora)):
        book_visit(client, clinic.follow_up, clinic.location, at(TODAY, 10), practitioner=person)

    with time_machine.travel(EVENING):
        page = words(signed_in(clinic.dora.user).get("/left-open/"))

    assert "Bea Brook" in page
    assert "Alice Arden" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_left_open_costs_the_same_queries(clinic: SmallClinic, count: int) -> None:
    for hour in (9, 11, 13)[:count]:
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, hour))

    with time_machine.travel(EVENING):
        browser = signed_in(clinic.rosa)
        with CaptureQueriesContext(connection) as queries:
            browser.get("/left-open/")

    assert Appointment.objects.count() == count
    assert len(diary_queries(queries)) == 6
