"""What everybody sees: who is listed for what, and what was verified about them."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from clinic.domain.credentials import Result
from clinic.models import CredentialType
from tests.factories.api import Caller
from tests.factories.clinic import NOW, TODAY, SmallClinic, at
from tests.factories.credentials import check, hand_in, make_type, verified
from tests.support.desk import words

CHECKED = "checked on 7 June 2027"


def profile(slug: str = "chen") -> Any:
    return Browser().get(reverse("practitioner", args=[slug]))


def page_of(name: str, *args: str) -> str:
    return words(Browser().get(reverse(name, args=args)))


def test_verified_paper_is_a_badge_with_issuer_and_date(clinic: SmallClinic) -> None:
    kind = make_type("certificate", issuer="NCBAHM", issuer_former_names="NCCAOM")
    verified(kind, clinic.chen, by=clinic.mia, number="4711")

    page = words(profile())

    assert f"What we verified Certificate NCBAHM (formerly NCCAOM), {CHECKED}" in page
    assert "We checked each of these with its issuer, on the date shown." in page
    assert "4711" not in page


def test_number_is_shown_only_where_the_type_allows(clinic: SmallClinic) -> None:
    kind = make_type("licence", shows_number=True)
    verified(kind, clinic.chen, by=clinic.mia, number="4711")

    assert "Number 4711" in words(profile())


def test_training_is_additional_training_with_provider_and_hours(clinic: SmallClinic) -> None:
    kind = make_type(
        "facial-training",
        proves=CredentialType.Proves.TRAINING,
        issuer="Oak School",
        expires=False,
        asks_training=True,
    )
    verified(kind, clinic.chen, by=clinic.mia, training_provider="Ada Oak", training_hours=96)

    page = words(profile())

    assert "Additional training Facial training, 96 hours with Ada Oak Oak School" in page
    assert "specialist" not in page.lower()


@pytest.mark.parametrize("result", [Result.SUSPENDED, Result.REVOKED])
def test_paper_that_no_longer_counts_is_no_badge(clinic: SmallClinic, result: Result) -> None:
    paper = verified(make_type("licence"), clinic.chen, by=clinic.mia)
    check(paper, result, by=clinic.mia)

    assert "What we verified" not in words(profile())


def test_paper_is_a_badge_to_the_end_of_its_last_day_where_they_work(clinic: SmallClinic) -> None:
    verified(make_type("licence"), clinic.chen, by=clinic.mia, expires=TODAY)

    shown = {}
    for instant in (at(TODAY, 23), at(TODAY + timedelta(days=1), 0)):
        with time_machine.travel(instant, tick=True):
            shown[instant] = CHECKED in words(profile())

    assert list(shown.values()) == [True, False]


def test_check_in_the_evening_is_dated_as_at_the_clinic(clinic: SmallClinic) -> None:
    paper = hand_in(make_type("licence"), clinic.chen, by=clinic.mia)
    check(paper, by=clinic.mia, now=at(TODAY, 21))

    with time_machine.travel(at(TODAY, 22), tick=True):
        assert CHECKED in words(profile())


def test_paper_that_waits_is_no_badge(clinic: SmallClinic) -> None:
    hand_in(make_type("licence"), clinic.chen, by=clinic.chen.user)

    assert "What we verified" not in words(profile())


def test_insurance_without_cosmetic_work_is_no_badge(clinic: SmallClinic) -> None:
    kind = make_type("insurance", must_cover_cosmetic=True)
    paper = hand_in(kind, clinic.chen, by=clinic.chen.user)
    check(paper, by=clinic.mia, covers_cosmetic=False)

    assert "What we verified" not in words(profile())


def test_recheck_moves_the_date_of_the_badge(clinic: SmallClinic) -> None:
    paper = hand_in(make_type("licence"), clinic.chen, by=clinic.chen.user)
    check(paper, by=clinic.mia, now=NOW - timedelta(days=90))
    before = words(profile())
    check(paper, by=clinic.mia)

    assert "checked on 9 March 2027" in before
    assert CHECKED in words(profile())


def test_who_lacks_one_paper_is_listed_for_the_rest(clinic: SmallClinic) -> None:
    make_type("training", required_by=[clinic.follow_up])

    page = words(profile())

    assert "Chen Li" in page_of("practitioners")
    assert "First visit" in page
    assert "Follow up" not in page
    assert "Chen Li" in page_of("service", "first-visit")
    assert "Chen Li" not in page_of("service", "follow-up")


def test_who_is_listed_for_nothing_is_on_no_public_page(clinic: SmallClinic) -> None:
    make_type("licence", required_by=[clinic.follow_up, clinic.first_visit])

    assert "Chen Li" not in page_of("practitioners")
    assert "Nobody to show at the moment" in page_of("practitioners")
    assert profile().status_code == 404
    assert "Chen Li" not in page_of("service", "first-visit")


def test_listing_follows_a_decision_at_once(clinic: SmallClinic) -> None:
    kind = make_type("licence", required_by=[clinic.follow_up, clinic.first_visit])
    paper = verified(kind, clinic.chen, by=clinic.mia)
    listed = "Chen Li" in page_of("practitioners")

    check(paper, Result.REVOKED, by=clinic.mia)

    assert listed
    assert profile().status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_profile_costs_the_same_queries(
    clinic: SmallClinic, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        verified(make_type(f"paper-{number}"), clinic.chen, by=clinic.mia)
    profile()

    with django_assert_num_queries(10):
        profile()


def test_api_names_what_was_verified(clinic: SmallClinic) -> None:
    make_type("training", required_by=[clinic.first_visit])
    licence = make_type("licence", shows_number=True)
    certificate = make_type("certificate", issuer="NCBAHM", public_label="National certification")
    verified(licence, clinic.chen, by=clinic.mia, number="4711")
    verified(certificate, clinic.chen, by=clinic.mia, number="99")

    body = Caller().get("practitioners").json()

    assert body == {
        "practitioners": [
            {
                "id": str(clinic.chen.public_id),
                "name": "Chen Li",
                "services": ["follow-up"],
                "locations": ["new-york"],
                "verified": [
                    {
                        "type": "licence",
                        "label": "Licence",
                        "issuer": "New York State Board",
                        "checked_on": "2027-06-07",
                        "number": "4711",
                    },
                    {
                        "type": "certificate",
                        "label": "National certification",
                        "issuer": "NCBAHM",
                        "checked_on": "2027-06-07",
                    },
                ],
            }
        ]
    }


def test_api_leaves_out_who_is_listed_for_nothing(clinic: SmallClinic) -> None:
    make_type("licence", required_by=[clinic.follow_up, clinic.first_visit])

    assert Caller().get("practitioners").json() == {"practitioners": []}


@pytest.mark.parametrize("count", [1, 3])
def test_api_costs_the_same_queries(
    clinic: SmallClinic, count: int, django_assert_num_queries: Any
) -> None:
    clinic.dora.services.add(clinic.follow_up)
    for number in range(count):
        kind = make_type(f"paper-{number}")
        for person in (clinic.chen, clinic.dora)[:count]:
            verified(kind, person, by=clinic.mia)
    Caller().get("practitioners")

    with django_assert_num_queries(8):
        Caller().get("practitioners")
