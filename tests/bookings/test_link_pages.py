"""Answering for a visit by a link: looking changes nothing, pressing the button acts once."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.domain.lifecycle import State
from bookings.links import visit_links
from bookings.models import Appointment, StatusChange
from bookings.services.cancelling import cancel_appointment
from bookings.services.moving import move_appointment
from bookings.services.status import record_status
from bookings.views.picker import value_of
from clinic.messaging.links import Act, link_url
from clinic.models import Client
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.factories.courses import make_course
from tests.support.walking import text_of
from treatments.models import SessionVisit

pytestmark = pytest.mark.django_db

THURSDAY = date(2027, 6, 10)
FRIDAY = date(2027, 6, 11)
NINE = at(THURSDAY, 9)
ACTS = ("promise", "move", "cancel")

PERSONAL = re.compile(r"Alice|10 June|11 June|9am|10am|Chen|Follow")


@pytest.fixture(autouse=True)
def stopped_clock() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def visit(clinic):
    return book_visit(clinic.alice, clinic.follow_up, clinic.location, NINE)


@pytest.fixture
def visitor() -> Browser:
    return Browser()


def url(name: str, visit: Appointment) -> str:
    return getattr(visit_links(visit), name).removeprefix("http://testserver")


def moved(clinic, visit, by=None):
    return move_appointment(
        appointment=visit,
        starts_at=at(FRIDAY, 9),
        practitioner_id=None,
        catalogue=catalogue(),
        by=by or clinic.alice.user,
        now=NOW,
    )


def standing() -> list[object]:
    """Everything that a link could change."""
    return [
        list(Appointment.objects.order_by("pk").values_list()),
        list(StatusChange.objects.order_by("pk").values_list()),
        list(Client.objects.order_by("pk").values_list()),
    ]


# Looking


@pytest.mark.parametrize("name", ACTS)
def test_five_looks_by_programs_change_nothing(name, clinic, visit, visitor):
    before = standing()

    for _ in range(5):
        assert visitor.get(url(name, visit)).status_code == 200
        assert visitor.head(url(name, visit)).status_code == 200

    assert standing() == before


@pytest.mark.parametrize("name", ACTS)
def test_page_says_when_and_where_and_nothing_about_what(name, clinic, visit, visitor):
    answer = visitor.get(url(name, visit))

    words = text_of(answer)
    for part in ("Alice", "Thursday 10 June, 9am", "New York time", "1 Test Street", "555-0100"):
        assert part in words
    main = words.lower()
    for part in ("follow-up", "facial", "acupuncture", "needle", "course", "session", "client"):
        assert part not in main, part
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_other_methods_are_refused(method, clinic, visit, visitor):
    before = standing()

    assert getattr(visitor, method)(url("cancel", visit)).status_code == 405
    assert standing() == before


def test_post_of_another_site_is_refused(clinic, visit):
    strict = Browser(enforce_csrf_checks=True)

    answer = strict.post(url("cancel", visit))

    visit.refresh_from_db()
    assert (answer.status_code, visit.state) == (403, "booked")


# Being there


def test_promise_is_kept_with_its_version(clinic, visit, visitor):
    answer = visitor.post(url("promise", visit))

    visit.refresh_from_db()
    assert answer.status_code == 200
    assert "Thursday 10 June, 9am" in text_of(answer)
    assert (visit.promised_at, visit.promised_version, visit.version) == (NOW, 0, 0)
    assert visit.is_promised


def test_second_promise_keeps_the_first_and_shows_nobody(clinic, visit, visitor):
    visitor.post(url("promise", visit))
    kept = standing()

    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        again = visitor.post(url("promise", visit))
        looked = visitor.get(url("promise", visit))

    assert (again.status_code, looked.status_code) == (409, 409)
    assert "there is nothing more to do" in text_of(looked).lower()
    assert not PERSONAL.search(text_of(looked))
    assert standing() == kept


def test_promise_does_not_use_up_the_other_links(clinic, visit, visitor):
    visitor.post(url("promise", visit))

    assert visitor.get(url("move", visit)).status_code == 200
    assert visitor.get(url("cancel", visit)).status_code == 200


def test_move_takes_the_promise_back(clinic, visit, visitor):
    visitor.post(url("promise", visit))

    after = moved(clinic, visit)

    assert not after.is_promised


# Cancelling


def test_cancelling_says_first_whether_it_is_late(clinic, visitor):
    soon = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 7), 14))
    far = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(FRIDAY, 14))

    assert "counts as a late cancellation" in text_of(visitor.get(url("cancel", soon)))
    assert "does not count as late" in text_of(visitor.get(url("cancel", far)))


def test_cancelling_frees_the_time_and_says_in_history_how(clinic, visit, visitor):
    answer = visitor.post(url("cancel", visit))

    visit.refresh_from_db()
    last = StatusChange.objects.filter(appointment=visit).latest("pk")
    assert answer.status_code == 200
    assert (visit.state, visit.cancelled_by_client, visit.version) == ("cancelled", True, 1)
    assert (last.to_state, last.by, last.reason) == ("cancelled", None, "By a link in a message")
    assert not visit.reservations.exists()


def test_staff_read_in_the_history_that_the_client_used_a_link(clinic, visit, visitor):
    visitor.post(url("cancel", visit))
    visitor.force_login(clinic.rosa)

    words = text_of(visitor.get(reverse("visit", args=[visit.public_id])))

    assert "the client By a link in a message" in words


def test_cancelled_by_link_leads_on_to_booking(clinic, visit, visitor):
    answer = visitor.post(url("cancel", visit))

    assert "Book another visit" in text_of(answer)
    assert f'href="{reverse("book")}"' in answer.content.decode()


def test_second_cancelling_changes_nothing_and_says_so(clinic, visit, visitor):
    visitor.post(url("cancel", visit))
    before = standing()

    again = visitor.post(url("cancel", visit))

    assert again.status_code == 409
    assert "This visit is cancelled" in text_of(again)
    assert not PERSONAL.search(text_of(again))
    assert standing() == before


# Moving


def test_picker_shows_free_times_of_the_same_practitioner(clinic, visit, visitor):
    page = visitor.get(f"{url('move', visit)}?date=2027-06-11").content.decode()

    assert value_of(at(FRIDAY, 9)) in page
    assert f"{url('move', visit)}?date=2027-06-14" in page


def test_picker_says_on_top_when_the_visit_is_now(clinic, visit, visitor):
    words = text_of(visitor.get(url("move", visit)))

    assert words.index("Booked now: Thursday 10 June, 9am") < words.index("Date")


def test_moving_takes_the_time_and_uses_the_link_up(clinic, visit, visitor):
    answer = visitor.post(url("move", visit), {"time": value_of(at(FRIDAY, 9))})

    fresh = Appointment.objects.get(pk=visit.pk)
    assert answer.status_code == 200
    assert "Friday 11 June, 9am" in text_of(answer)
    assert (fresh.starts_at, fresh.version, fresh.client_moves) == (at(FRIDAY, 9), 1, 1)
    assert fresh.changed_by_clinic is False
    for name in ACTS:
        stale = visitor.get(url(name, visit))
        assert stale.status_code == 409
        assert "out of date" in text_of(stale)
        assert not PERSONAL.search(text_of(stale))


def test_lost_time_shows_others_and_keeps_the_visit(clinic, visit, visitor):
    book_visit(
        clinic.bea,
        clinic.follow_up,
        clinic.location,
        at(FRIDAY, 9),
        practitioner=visit.practitioner,
    )

    answer = visitor.post(url("move", visit), {"time": value_of(at(FRIDAY, 9))})

    visit.refresh_from_db()
    assert answer.status_code == 409
    assert "That time has just gone" in text_of(answer)
    assert (visit.starts_at, visit.version) == (NINE, 0)


@pytest.mark.parametrize("time", ["", "soon", "2027-06-11", "9999-12-31T00:00:00Z", "\x00"])
def test_time_that_makes_no_sense_is_said_at_the_field(time, clinic, visit, visitor):
    answer = visitor.post(url("move", visit), {"time": time})

    visit.refresh_from_db()
    assert (answer.status_code, visit.version) == (422, 0)


def test_late_visit_is_not_moved_by_a_link(clinic, visitor):
    soon = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 7), 14))

    answer = visitor.post(url("move", soon), {"time": value_of(at(FRIDAY, 9))})

    soon.refresh_from_db()
    assert (answer.status_code, soon.version) == (409, 0)
    assert "less than 24 hours away" in text_of(answer)


def test_visit_that_the_clinic_changed_is_moved_freely(clinic, visit, visitor):
    after = moved(clinic, visit, by=clinic.rosa)
    later = at(date(2027, 6, 14), 9)

    visitor.post(url("move", after), {"time": value_of(later)})

    after.refresh_from_db()
    assert after.starts_at == later


def test_session_of_a_course_is_moved_after_signing_in_without_saying_why(clinic, visitor):
    course = make_course(clinic)
    session = SessionVisit.objects.filter(session__course=course).earliest("pk").appointment
    before = standing()

    looked = visitor.get(url("move", session))
    pressed = visitor.post(url("move", session), {"time": value_of(at(FRIDAY, 14))})

    assert (looked.status_code, pressed.status_code) == (409, 409)
    assert "Please sign in" in text_of(looked)
    assert "course" not in text_of(looked).lower()
    assert reverse("appointment-move", args=[session.public_id]) in looked.content.decode()
    assert standing() == before


def test_session_of_a_course_is_cancelled_alone_without_a_word_of_the_course(clinic, visitor):
    course = make_course(clinic)
    visits = Appointment.objects.filter(session_visit__session__course=course)
    session = visits.earliest("starts_at")
    others = visits.exclude(pk=session.pk)

    looked = visitor.get(url("cancel", session))
    pressed = visitor.post(url("cancel", session))

    session.refresh_from_db()
    assert (looked.status_code, pressed.status_code) == (200, 200)
    assert "course" not in text_of(looked).lower() + text_of(pressed).lower()
    assert "Move it instead" not in text_of(looked)
    assert (session.state, session.cancelled_by_client) == ("cancelled", True)
    assert set(others.values_list("state", "version")) == {("booked", 0)}


# Links that lead nowhere


@pytest.mark.parametrize("name", ACTS)
def test_link_of_a_cancelled_visit_says_so(name, clinic, visit, visitor):
    cancel_appointment(appointment=visit, by=clinic.rosa, now=NOW)

    answer = visitor.post(url(name, visit))

    assert answer.status_code == 409
    assert "This visit is cancelled" in text_of(answer)
    assert not PERSONAL.search(text_of(answer))


@pytest.mark.parametrize("name", ACTS)
def test_link_of_a_visit_that_began_is_too_late(name, clinic, visit, visitor):
    record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.rosa, now=visit.starts_at)
    before = standing()

    answer = visitor.post(url(name, visit))

    assert answer.status_code == 410
    assert not PERSONAL.search(text_of(answer))
    assert standing() == before


@pytest.mark.parametrize("name", ACTS)
def test_link_ends_with_the_start_and_is_too_old_the_day_after(name, clinic, visit, visitor):
    with time_machine.travel(NINE, tick=False):
        at_the_start = visitor.post(url(name, visit))
    with time_machine.travel(NINE + timedelta(days=1), tick=False):
        day_after = visitor.post(url(name, visit))

    assert (at_the_start.status_code, day_after.status_code) == (410, 410)
    assert "too old" in text_of(day_after)
    assert not PERSONAL.search(text_of(day_after) + text_of(at_the_start))


@pytest.mark.parametrize("name", ACTS)
def test_tampered_and_foreign_links_are_refused_by_every_method(name, clinic, visit, visitor):
    before = standing()
    good = url(name, visit)
    spoilt = [
        good[:4] + ("A" if good[4] != "A" else "B") + good[5:],
        good[:-3] + "/",
        "/v/AAAAAAAAAAAAAAAAAAAAAAAAAAA/",
        "/v/%00/",
        f"/v/{'x' * 3000}/",
    ]

    for path in spoilt:
        for method in (visitor.get, visitor.head, visitor.post):
            answer = method(path)
            assert answer.status_code == 404, path
        assert not PERSONAL.search(text_of(visitor.get(path)))
    assert standing() == before


def test_link_of_a_hold_or_of_no_visit_is_not_complete(clinic, visitor):
    path = link_url(Act.CANCEL, 10**12, 0, NINE).removeprefix("http://testserver")

    assert visitor.post(path).status_code == 404


def test_link_of_another_sites_key_is_refused(clinic, visit, visitor, settings):
    path = url("cancel", visit)

    settings.SECRET_KEY = "another-site-" + "z" * 50

    assert visitor.get(path).status_code == 404


def test_guessing_is_limited_and_a_good_link_counts_by_itself(clinic, visit, visitor, settings):
    settings.PAGE_LIMITS = {"link": 3}

    guesses = [visitor.get("/v/AAAA/").status_code for _ in range(4)]
    looks = [visitor.get(url("promise", visit)) for _ in range(4)]

    assert guesses == [404, 404, 404, 429]
    assert [look.status_code for look in looks] == [200, 200, 200, 429]
    assert int(looks[-1]["Retry-After"]) > 0
    assert visitor.get(url("cancel", visit)).status_code == 200


@pytest.mark.parametrize(("name", "most"), [("promise", 4), ("cancel", 5), ("move", 9)])
def test_pages_take_few_queries(name, most, clinic, visit, visitor):
    visitor.get(url(name, visit))

    with CaptureQueriesContext(connection) as caught:
        visitor.get(url(name, visit))

    assert len(caught) <= most


# What staff see


def test_staff_see_the_promise_on_the_day_and_on_the_visit(clinic, visit, visitor):
    desk = Browser()
    desk.force_login(clinic.rosa)
    day = f"{reverse('day')}?date=2027-06-10"
    page = reverse("visit", args=[visit.public_id])
    assert "Will be there" not in text_of(desk.get(day)) + text_of(desk.get(page))

    visitor.post(url("promise", visit))

    assert "Will be there" in text_of(desk.get(day))
    assert "Will be there" in text_of(desk.get(page))


def test_tick_goes_with_the_visit_that_moved(clinic, visit, visitor):
    desk = Browser()
    desk.force_login(clinic.rosa)
    visitor.post(url("promise", visit))

    moved(clinic, visit, by=clinic.rosa)

    assert "Will be there" not in text_of(desk.get(reverse("visit", args=[visit.public_id])))
