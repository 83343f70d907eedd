"""A practitioner's own papers: what is needed, how it stands, what it allows."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from clinic.domain.credentials import Result
from clinic.services.alerts import raise_expiry_alerts
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_location
from tests.factories.credentials import check, hand_in, make_type, verified
from tests.support.desk import signed_in, words

YESTERDAY = NOW - timedelta(days=1)


def own_page(clinic: SmallClinic) -> str:
    return words(signed_in(clinic.chen.user).get(reverse("credentials")))


def test_nothing_required_is_bookable_without_an_end(clinic: SmallClinic) -> None:
    page = own_page(clinic)

    assert "You can be booked for everything that you offer." in page
    assert "Follow up New York Bookable without an end" in page
    assert "No papers yet" in page


def test_missing_paper_is_a_thing_to_do(clinic: SmallClinic) -> None:
    make_type("licence", required_by=[clinic.follow_up])

    page = own_page(clinic)

    assert "You can be booked for 1 of 2 kinds of visit." in page
    assert "1 thing to do: Licence: Hand in" in page
    assert "Follow up New York Can't be booked Licence: missing" in page
    assert "Required for: Follow up" in page


def test_verified_paper_says_until_when_somebody_is_bookable(clinic: SmallClinic) -> None:
    kind = make_type("licence", required_by=[clinic.follow_up, clinic.first_visit])
    verified(kind, clinic.chen, by=clinic.mia, expires=date(2028, 5, 3))

    page = own_page(clinic)

    assert "You can be booked for everything that you offer, until 3 May 2028." in page
    assert "There is nothing to do for you now." in page
    assert "Follow up New York Bookable until 3 May 2028" in page
    assert "Counts until 3 May 2028." in page


def test_dates_past_expiry_are_said_to_be_subject_to_renewal(clinic: SmallClinic) -> None:
    kind = make_type("licence", required_by=[clinic.follow_up], book_past_expiry_days=30)
    verified(kind, clinic.chen, by=clinic.mia, expires=date(2028, 5, 1))

    page = own_page(clinic)

    assert "Bookable until 1 May 2028, and subject to renewal until 31 May 2028" in page


@pytest.mark.parametrize(
    ("result", "chip", "to_do"),
    [
        (Result.REJECTED, "Rejected", "Licence: Hand in a new one"),
        (Result.MORE_ASKED, "We asked for more", "Licence: Answer"),
    ],
)
def test_verifiers_words_are_shown(
    clinic: SmallClinic, result: Result, chip: str, to_do: str
) -> None:
    kind = make_type("licence", required_by=[clinic.follow_up])
    paper = hand_in(kind, clinic.chen, by=clinic.chen.user)
    check(paper, result, by=clinic.mia, reason="The second page is missing.", note="odd stamp")

    page = own_page(clinic)

    assert f"{chip} " in page
    assert "The second page is missing." in page
    assert f"1 thing to do: {to_do}" in page
    assert "odd stamp" not in page


@pytest.mark.parametrize("result", [Result.SUSPENDED, Result.REVOKED])
def test_barred_paper_takes_bookings_away(clinic: SmallClinic, result: Result) -> None:
    kind = make_type("licence", required_by=[clinic.follow_up, clinic.first_visit])
    paper = verified(kind, clinic.chen, by=clinic.mia)
    check(paper, result, by=clinic.mia, reason="The board says so.")

    page = own_page(clinic)

    assert "You can't be booked at present." in page
    assert f"Licence: {result.value}" in page
    assert "The board says so." in page


def test_paper_that_waits_is_no_thing_to_do(clinic: SmallClinic) -> None:
    kind = make_type("licence", required_by=[clinic.follow_up])
    hand_in(kind, clinic.chen, by=clinic.chen.user)

    page = own_page(clinic)

    assert "Waits for our check Handed in. We check it with the issuer." in page
    assert "There is nothing to do for you now." in page


def test_expired_paper_asks_to_be_renewed(clinic: SmallClinic) -> None:
    kind = make_type("licence", required_by=[clinic.follow_up])
    verified(kind, clinic.chen, by=clinic.mia, expires=date(2027, 6, 6))

    page = own_page(clinic)

    assert "Ran out on 6 June 2027." in page
    assert "1 thing to do: Licence: Renew" in page


def test_last_day_lasts_until_midnight_where_they_work(clinic: SmallClinic) -> None:
    kind = make_type("licence", required_by=[clinic.follow_up])
    verified(kind, clinic.chen, by=clinic.mia, expires=TODAY)

    with time_machine.travel(at(TODAY, 22), tick=True):
        page = own_page(clinic)

    assert "Runs out on 7 June 2027, today." in page
    assert "This one counts today." in page


def test_renewal_that_begins_later_leaves_the_old_one_to_be_renewed(clinic: SmallClinic) -> None:
    kind = make_type("licence", required_by=[clinic.follow_up])
    verified(kind, clinic.chen, by=clinic.mia, expires=date(2027, 6, 26))
    verified(kind, clinic.chen, by=clinic.mia, issued=date(2027, 7, 5))

    before = own_page(clinic)
    with time_machine.travel(at(date(2027, 7, 1), 9), tick=True):
        between = own_page(clinic)

    assert "Runs out on 26 June 2027, in 19 days." in before
    assert "Checked. Counts from 5 July 2027." in between
    assert "Another one counts today." not in between


def test_paper_that_runs_out_asks_until_its_renewal_waits(clinic: SmallClinic) -> None:
    kind = make_type("licence", required_by=[clinic.follow_up])
    verified(kind, clinic.chen, by=clinic.mia, expires=date(2027, 6, 26))

    asking = own_page(clinic)
    hand_in(kind, clinic.chen, by=clinic.chen.user, expires=date(2028, 6, 26))
    waiting = own_page(clinic)

    assert "Runs out on 26 June 2027, in 19 days." in asking
    assert "1 thing to do: Licence: Renew" in asking
    assert "Bookable until 26 June 2027" in waiting
    assert "A new one is handed in and waits for our check." in waiting
    assert "There is nothing to do for you now." in waiting


def test_alert_is_shown_before_it_is_a_thing_to_do(clinic: SmallClinic) -> None:
    kind = make_type("licence", required_by=[clinic.follow_up])
    verified(kind, clinic.chen, by=clinic.mia, expires=date(2027, 10, 1))
    raise_expiry_alerts(now=NOW)

    page = own_page(clinic)

    assert "Licence runs out on 1 October 2027, in 116 days." in page
    assert "There is nothing to do for you now." in page


def test_insurance_without_cosmetic_work_says_why(clinic: SmallClinic) -> None:
    kind = make_type("insurance", required_by=[clinic.follow_up], must_cover_cosmetic=True)
    paper = hand_in(kind, clinic.chen, by=clinic.chen.user)
    check(paper, by=clinic.mia, covers_cosmetic=False)

    page = own_page(clinic)

    assert "Insurance: does not cover cosmetic facial work" in page


def test_condition_rules_out_one_service(clinic: SmallClinic) -> None:
    kind = make_type("licence", required_by=[clinic.follow_up, clinic.first_visit])
    paper = hand_in(kind, clinic.chen, by=clinic.chen.user)
    check(paper, by=clinic.mia, barred=[clinic.first_visit.pk])

    page = own_page(clinic)

    assert "Licence: a condition rules it out" in page
    assert "You can be booked for 1 of 2 kinds of visit, until 31 January 2028." in page


def test_premises_paper_is_the_clinics(clinic: SmallClinic) -> None:
    kind = make_type("premises", required_by=[clinic.follow_up], holder="location")
    verified(kind, clinic.location, by=clinic.mia)

    page = own_page(clinic)

    assert "Premises, New York" in page
    assert "The clinic looks after this paper." in page
    assert "Renew" not in page


def test_requirement_of_a_place_where_somebody_does_not_work_is_not_theirs(
    clinic: SmallClinic,
) -> None:
    make_type("permit", required_by=[clinic.follow_up], location=make_location("london"))

    assert "Permit" not in own_page(clinic)


def test_papers_of_others_are_not_listed(clinic: SmallClinic) -> None:
    verified(make_type("licence"), clinic.dora, by=clinic.mia, number="D-77")

    page = own_page(clinic)

    assert "D-77" not in page
    assert "No papers yet" in page


@pytest.mark.parametrize("count", [1, 3])
def test_own_papers_cost_the_same_queries(
    clinic: SmallClinic, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        kind = make_type(f"paper-{number}", required_by=[clinic.follow_up])
        verified(kind, clinic.chen, by=clinic.mia)
    browser = signed_in(clinic.chen.user)
    browser.get(reverse("credentials"))

    with django_assert_num_queries(13):
        browser.get(reverse("credentials"))
