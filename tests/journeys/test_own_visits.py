"""A client looks at, moves and cancels visits of their own; nobody else's."""

from datetime import date, timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse

from bookings.models import ChangeRequest
from bookings.services.cancelling import cancel_appointment
from bookings.services.moving import move_appointment
from bookings.views.picker import value_of
from clinic.refusals import AlreadyChanged
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at
from tests.support.walking import text_of

TUESDAY = date(2027, 6, 8)
THURSDAY = date(2027, 6, 10)


@pytest.fixture
def alice(clinic, visitor):
    visitor.force_login(clinic.alice.user)
    return visitor


@pytest.fixture
def visit(clinic):
    return book_visit(clinic.alice, clinic.follow_up, clinic.location, at(THURSDAY, 9))


def url(name: str, visit) -> str:
    return reverse(name, args=[visit.public_id])


def test_my_visits_show_the_next_first_then_the_past(clinic, alice, visit):
    late = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 17), 9))
    gone = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(THURSDAY, 14))
    cancel_appointment(appointment=gone, by=clinic.alice.user, now=NOW)

    words = text_of(alice.get(reverse("me")))

    order = ["Your next visit", "Thursday 10 June, 9am", "After that", "Thursday 17 June, 9am"]
    order += ["Past and cancelled", "Thursday 10 June, 2pm", "Cancelled"]
    positions = [words.index(part) for part in order]
    assert positions == sorted(positions)
    assert late.public_id


def test_client_without_visits_is_shown_the_way(clinic, alice):
    assert "No visit is booked" in text_of(alice.get(reverse("me")))


def test_visitor_is_asked_to_sign_in_and_comes_back(clinic, visitor, visit):
    for address in (reverse("me"), url("appointment", visit), url("appointment-move", visit)):
        answer = visitor.get(address)
        assert answer.status_code == 302
        assert answer.url == f"{reverse('account_login')}?next={address}"


@pytest.mark.parametrize("who", ["bea", "chen", "rosa", "mia"])
def test_visit_of_another_is_not_there(clinic, visit, who):
    person = getattr(clinic, who)
    other = Browser()
    other.force_login(getattr(person, "user", person))

    for name in ("", "-booked", "-move", "-cancel", "-ask"):
        assert other.get(url(f"appointment{name}", visit)).status_code == 404
    for name in ("-move", "-cancel", "-ask"):
        assert other.post(url(f"appointment{name}", visit)).status_code == 404
    visit.refresh_from_db()
    assert visit.state == "booked"


def test_move_says_the_policy_and_keeps_one_visit(clinic, alice, visit):
    page = text_of(alice.get(url("appointment-move", visit)))
    answer = alice.post(
        url("appointment-move", visit), {"time": "2027-06-11T14:00:00Z"}, follow=True
    )

    assert "You can move this visit 3 more times" in page
    assert "Your visit is moved to Friday 11 June, 10am" in text_of(answer)
    visit.refresh_from_db()
    assert (visit.starts_at, visit.client_moves) == (at(date(2027, 6, 11), 10), 1)


def test_move_to_taken_time_leaves_the_old_one_and_offers_three(clinic, alice, visit):
    book_visit(clinic.bea, clinic.first_visit, clinic.location, at(date(2027, 6, 11), 10))

    answer = alice.post(url("appointment-move", visit), {"time": "2027-06-11T14:00:00Z"})

    assert answer.status_code == 409
    assert "The nearest free times" in text_of(answer)
    visit.refresh_from_db()
    assert visit.starts_at == at(THURSDAY, 9)


def test_move_without_a_time_says_so(clinic, alice, visit):
    answer = alice.post(url("appointment-move", visit), {})

    assert answer.status_code == 422
    assert "Choose a time." in text_of(answer)


def test_late_move_becomes_a_request_that_is_shown(clinic, alice, visit, clock):
    clock.move_to(at(THURSDAY, 9) - timedelta(hours=3))

    asked = alice.get(url("appointment-move", visit))
    page = text_of(alice.get(asked.url))
    answer = alice.post(asked.url, {"wish": "Friday after 4pm"}, follow=True)

    assert asked.url == url("appointment-ask", visit)
    assert "less than 24 hours away" in page
    assert "Friday after 4pm" in text_of(answer)
    assert ChangeRequest.objects.get().wish == "Friday after 4pm"


def test_empty_wish_is_asked_for_again(clinic, alice, visit, clock):
    clock.move_to(at(THURSDAY, 9) - timedelta(hours=3))

    answer = alice.post(url("appointment-ask", visit), {"wish": " "})

    assert answer.status_code == 422
    assert "Tell us when would suit you." in text_of(answer)


def test_early_wish_leads_to_moving_alone(clinic, alice, visit):
    assert alice.get(url("appointment-ask", visit)).url == url("appointment-move", visit)


def test_fourth_move_says_that_none_is_left(clinic, alice, visit):
    for hour in (10, 11, 13):
        visit = move_appointment(
            appointment=visit,
            starts_at=at(THURSDAY, hour),
            practitioner_id=None,
            catalogue=catalogue(),
            by=clinic.alice.user,
            now=NOW,
        )

    page = text_of(alice.get(url("appointment-move", visit), follow=True))

    assert "as often as one can online" in page


def test_early_cancelling_is_not_late_and_said_before(clinic, alice, visit):
    page = text_of(alice.get(url("appointment-cancel", visit)))
    answer = alice.post(url("appointment-cancel", visit), follow=True)
    again = alice.post(url("appointment-cancel", visit), follow=True)

    assert "does not count as late" in page
    assert "Your visit is cancelled" in text_of(answer)
    assert "You cancelled this visit." in text_of(again)
    visit.refresh_from_db()
    assert (visit.state, visit.cancelled_late) == ("cancelled", False)


def test_late_cancelling_is_said_before_the_click(clinic, alice, visit, clock):
    clock.move_to(at(THURSDAY, 9) - timedelta(hours=3))

    page = text_of(alice.get(url("appointment-cancel", visit)))
    answer = alice.post(url("appointment-cancel", visit), follow=True)

    assert "this counts as a late cancellation" in page
    assert "It counts as a late cancellation." in text_of(answer)


def test_past_and_started_visits_have_a_page_and_no_buttons(clinic, alice, visit, clock):
    clock.move_to(at(THURSDAY, 9) + timedelta(minutes=5))

    page = alice.get(url("appointment", visit))

    assert page.status_code == 200
    assert "Cancel" not in text_of(page)
    for name in ("appointment-move", "appointment-cancel", "appointment-ask"):
        assert alice.get(url(name, visit)).url == url("appointment", visit)


def test_what_the_clinic_moved_is_free_to_cancel_late(clinic, alice, visit, clock):
    move_appointment(
        appointment=visit,
        starts_at=at(THURSDAY, 11),
        practitioner_id=None,
        catalogue=catalogue(),
        by=clinic.rosa,
        now=NOW,
    )
    clock.move_to(at(THURSDAY, 9))

    page = text_of(alice.get(url("appointment-cancel", visit)))

    assert "We changed this visit, so cancelling is free" in page


def test_second_click_on_move_shows_the_visit_as_it_stands(clinic, alice, visit, monkeypatch):
    def moved_meanwhile(**_):
        raise AlreadyChanged

    monkeypatch.setattr("bookings.views.moving.move_appointment", moved_meanwhile)
    answer = alice.post(
        reverse("appointment-move", args=[visit.public_id]), {"time": value_of(at(TUESDAY, 11))}
    )

    assert answer.url == reverse("appointment", args=[visit.public_id])
