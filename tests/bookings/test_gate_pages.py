"""The gate as clients and programs meet it: marks, and refusals of what was never offered."""

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from bookings.models import Appointment
from bookings.views.picker import value_of
from clinic.domain.credentials import Result
from clinic.models import Credential, CredentialType
from tests.factories.api import Caller, refused
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_small_clinic
from tests.factories.credentials import check, make_type, verified
from tests.support.desk import book_url, signed_in, start, words
from tests.support.walking import check_url, hold_time, times_url, walk_to_check

LAST = date(2027, 6, 9)
DAY_AFTER = date(2027, 6, 10)
MARK = "Subject to your practitioner’s yearly renewal"
NOT_THEN = "This practitioner can't be booked for this visit on that date."


@pytest.fixture
def clinic(db: None) -> Iterator[SmallClinic]:
    cache.clear()
    with time_machine.travel(NOW, tick=True):
        yield make_small_clinic()


def insure(clinic: SmallClinic, past_expiry: int = 0) -> Credential:
    """Give Chen an insurance, required for the follow-up, that ends on `LAST`."""
    insurance = make_type(
        "insurance", required_by=[clinic.follow_up], book_past_expiry_days=past_expiry
    )
    return verified(insurance, clinic.chen, by=clinic.mia, expires=LAST)


def of_alice(clinic: SmallClinic) -> Browser:
    return signed_in(clinic.alice.user)


# Clients


def test_page_of_times_offers_the_last_valid_day_and_none_after(clinic):
    insure(clinic)

    page = words(Browser().get(times_url(clinic)))

    assert "Wednesday 9 June" in page
    assert "10 June" not in page
    assert "renewal" not in page


@pytest.mark.parametrize("who", ["any", "chen"])
def test_crafted_time_after_the_last_valid_day_is_refused_with_other_dates(clinic, who):
    insure(clinic)

    answer = Browser().post(
        times_url(clinic, practitioner=who), {"time": value_of(at(DAY_AFTER, 10))}
    )

    assert answer.status_code == 422
    assert NOT_THEN in words(answer)
    assert "Times on Monday 7 June" in words(answer)
    assert not Appointment.objects.exists()


def test_confirming_after_a_revocation_leads_to_other_times(clinic):
    paper = insure(clinic)
    clinic.dora.services.set([clinic.follow_up])
    verified(paper.type, clinic.dora, by=clinic.mia)
    browser = Browser()
    hold = hold_time(browser, clinic, at(LAST, 10))
    browser.force_login(clinic.alice.user, backend="django.contrib.auth.backends.ModelBackend")
    Appointment.objects.filter(pk=hold.pk).update(practitioner=clinic.chen)
    check(paper, Result.REVOKED, by=clinic.mia)

    answer = browser.post(check_url(hold))

    assert answer.status_code == 422
    assert NOT_THEN in words(answer)
    assert "Times on Wednesday 9 June" in words(answer)
    assert not Appointment.objects.filter(state="booked").exists()


def test_times_past_expiry_are_marked_on_each_page_of_booking(clinic):
    insure(clinic, past_expiry=120)
    browser = Browser()

    times = words(browser.get(times_url(clinic, date=DAY_AFTER.isoformat())))
    before = words(browser.get(times_url(clinic, date=LAST.isoformat())))
    hold = walk_to_check(browser, clinic, at(DAY_AFTER, 10))
    checked = words(browser.get(check_url(hold)))
    booked = words(browser.post(check_url(hold), follow=True))
    visit = words(browser.get(reverse("appointment", args=[hold.public_id])))

    assert "10am subject to renewal" in times
    assert "Times marked “subject to renewal”" in times
    assert "renewal" not in before
    assert f"Chen Li {MARK}" in checked
    assert f"Chen Li {MARK}" in visit
    assert MARK in booked


def test_visit_on_valid_papers_carries_no_mark(clinic):
    insure(clinic, past_expiry=120)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(LAST, 10))

    page = words(of_alice(clinic).get(reverse("appointment", args=[visit.public_id])))

    assert "renewal" not in page


def test_client_learns_nothing_about_a_revocation_on_the_visit(clinic):
    paper = insure(clinic)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(LAST, 10))
    check(paper, Result.REVOKED, by=clinic.mia, reason="struck off")

    page = words(of_alice(clinic).get(reverse("appointment", args=[visit.public_id])))

    assert "Chen Li" in page
    for word in ("struck off", "revoked", "papers", "renewal"):
        assert word not in page


def test_client_moves_to_other_dates_only(clinic):
    insure(clinic)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(LAST, 10))
    url = reverse("appointment-move", args=[visit.public_id])

    answer = of_alice(clinic).post(url, {"time": value_of(at(DAY_AFTER, 10))})

    visit.refresh_from_db()
    assert (answer.status_code, visit.starts_at) == (422, at(LAST, 10))
    assert NOT_THEN in words(answer)


# Reception


def test_desk_is_offered_no_time_after_the_last_valid_day(clinic):
    insure(clinic)
    url = book_url(service="follow-up", client=clinic.alice.public_id, date=DAY_AFTER)

    page = words(signed_in(clinic.rosa).get(url))

    assert "No free time on this day." in page


def test_crafted_time_at_the_desk_is_refused(clinic):
    insure(clinic)
    url = book_url(service="follow-up", client=clinic.alice.public_id, date=DAY_AFTER)

    answer = signed_in(clinic.rosa).post(url, start(at(DAY_AFTER, 10), reason="asked for it"))

    assert answer.status_code == 422
    assert NOT_THEN in words(answer)
    assert not Appointment.objects.exists()


def test_desk_sees_which_times_await_a_renewal(clinic):
    insure(clinic, past_expiry=120)
    query = {"service": "follow-up", "client": clinic.alice.public_id}
    browser = signed_in(clinic.rosa)

    any_page = words(browser.get(book_url(**query, date=DAY_AFTER)))
    chens = words(
        browser.get(book_url(**query, date=DAY_AFTER, practitioner=clinic.chen.public_id))
    )
    before = words(browser.get(book_url(**query, date=LAST)))

    assert "10am Chen; subject to renewal" in any_page
    assert "10am subject to renewal" in chens
    assert "subject to renewal" not in before


def test_refused_start_says_why(clinic):
    paper = insure(clinic)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(LAST, 10))
    Appointment.objects.filter(pk=visit.pk).update(state="arrived")
    check(paper, Result.REVOKED, by=clinic.mia)
    url = reverse("visit-start", args=[visit.public_id])

    page = words(
        signed_in(clinic.chen.user).post(url, {"history_seen": "on", "back": "visit"}, follow=True)
    )

    visit.refresh_from_db()
    assert "A paper that this visit requires is not valid today. Ask a manager." in page
    assert visit.state == "arrived"


# Programs


@pytest.mark.parametrize("named", [True, False])
def test_api_refuses_a_visit_after_the_last_valid_day(clinic, named):
    insure(clinic)
    body = {
        "service": "follow-up",
        "practitioner": str(clinic.chen.public_id) if named else None,
        "location": "new-york",
        "starts_at": "2027-06-10T10:00:00-04:00",
    }

    answer = Caller(clinic.alice.user).send("POST", "appointments", body, key="k1")

    assert refused(answer) == (422, "not_qualified")
    assert not Appointment.objects.exists()


def test_api_refuses_a_move_past_the_last_valid_day(clinic):
    insure(clinic)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(LAST, 10))

    answer = Caller(clinic.alice.user).send(
        "PATCH",
        f"appointments/{visit.public_id}",
        {"starts_at": "2027-06-10T10:00:00-04:00"},
    )

    assert refused(answer) == (422, "not_qualified")


@pytest.mark.parametrize(("past_expiry", "dates"), [(0, {"09"}), (120, {"09", "10"})])
def test_api_offers_what_papers_allow_and_says_no_more(clinic, past_expiry, dates):
    insure(clinic, past_expiry)

    answer = Caller().get(
        "slots",
        **{
            "service": "follow-up",
            "location": "new-york",
            "from": "2027-06-09",
            "to": "2027-06-11",
        },
    )

    slots = answer.json()["slots"]
    assert {slot["starts_at"][8:10] for slot in slots} == dates
    assert {frozenset(slot) for slot in slots} == {
        frozenset({"starts_at", "ends_at", "practitioner", "location", "service"})
    }


def test_condition_of_a_paper_bars_one_service_only(clinic):
    licence: CredentialType = make_type(
        "licence", required_by=[clinic.follow_up, clinic.first_visit]
    )
    paper = verified(licence, clinic.chen, by=clinic.mia)
    check(paper, by=clinic.mia, barred=[clinic.follow_up.pk])
    query = {"location": "new-york", "from": "2027-06-09", "to": "2027-06-10"}

    follow_ups = Caller().get("slots", service="follow-up", **query).json()["slots"]
    firsts = Caller().get("slots", service="first-visit", **query).json()["slots"]

    assert (follow_ups, bool(firsts)) == ([], True)
