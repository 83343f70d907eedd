"""Managers enter papers for others, one after the other, without typing things twice."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from clinic.models import Credential, CredentialDocument
from tests.factories.clinic import NOW, make_small_clinic
from tests.factories.credentials import hand_in, make_type, require_type, verified
from tests.factories.documents import picture, upload

pytestmark = pytest.mark.django_db
URL = reverse("papers-enter")


@pytest.fixture
def clinic():
    with time_machine.travel(NOW, tick=False):
        yield make_small_clinic()


@pytest.fixture
def licence(clinic):
    return make_type("licence", required_by=[clinic.follow_up])


@pytest.fixture
def insurance(clinic):
    return make_type(
        "insurance",
        proves="insurance",
        issuer="",
        must_cover_cosmetic=True,
        required_by=[clinic.follow_up],
    )


@pytest.fixture
def office(clinic) -> Browser:
    browser = Browser()
    browser.force_login(clinic.mia)
    return browser


def page_of(holder: str, type: str, **more: str) -> str:
    query = "&".join(f"{k}={v}" for k, v in {"holder": holder, "type": type, **more}.items())
    return f"{URL}?{query}"


def facts(**changes: Any) -> dict[str, Any]:
    return {
        "name_shown": "Chen Li",
        "number": "NY-12",
        "issued_date": "2027-01-01",
        "expires_date": "2028-01-31",
        "conditions": "",
        **changes,
    }


def query_of(answer: Any) -> dict[str, str]:
    assert answer.status_code == 302
    return {name: found[0] for name, found in parse_qs(urlsplit(answer["Location"]).query).items()}


def test_first_the_page_asks_whose_paper_and_which(office, licence):
    answer = office.get(URL)

    assert answer.status_code == 200
    assert "Chen Li" in answer.content.decode()
    assert not answer.context["paper_form"]


def test_manager_enters_a_paper_that_waits_for_a_verifier(office, clinic, licence):
    office.post(page_of("practitioner.chen", "licence"), facts())

    paper = Credential.objects.get()
    assert (paper.practitioner, paper.type, paper.number) == (clinic.chen, licence, "NY-12")
    assert (paper.issuer, paper.submitted_by, paper.submitted_at) == (
        licence.issuer,
        clinic.mia,
        NOW,
    )
    assert not paper.checks.exists()


def test_next_paper_keeps_holder_type_and_issuer(office, insurance):
    sent = facts(issuer="Harbor Mutual", covers_cosmetic="yes")

    answer = office.post(page_of("practitioner.chen", "insurance"), sent)

    assert query_of(answer) == {
        "holder": "practitioner.chen",
        "type": "insurance",
        "issuer": "Harbor Mutual",
    }
    page = office.get(answer["Location"])
    form = page.context["paper_form"]
    assert (form.initial["issuer"], form.initial["name_shown"]) == ("Harbor Mutual", "Chen Li")
    assert "Saved: Insurance of Chen Li." in page.content.decode()


def test_manager_goes_on_with_what_the_holder_lacks(office, licence, insurance):
    sent = facts(then="missing")

    answer = office.post(page_of("practitioner.chen", "licence"), sent)

    assert query_of(answer) == {"holder": "practitioner.chen", "type": "insurance"}


def test_page_shows_what_is_there_and_what_is_missing(office, clinic, licence, insurance):
    hand_in(licence, clinic.chen, by=clinic.mia)

    answer = office.get(page_of("practitioner.chen", "insurance"))

    rows = [(row.title, row.state) for row in answer.context["held"]]
    assert rows == [("Insurance", "missing"), ("Licence", "submitted")]


def test_page_names_who_else_needs_the_type(office, clinic, licence):
    clinic.dora.services.add(clinic.follow_up)

    answer = office.get(page_of("practitioner.chen", "licence"))

    assert [name for name, _url in answer.context["others"]] == ["Dora Novak"]


def test_location_has_papers_of_its_own(office, clinic):
    permit = make_type("permit", holder="location", proves="permit")
    require_type(permit, clinic.follow_up)

    answer = office.post(page_of("location.new-york", "permit"), facts(name_shown="1 Test Street"))

    assert query_of(answer) == {"holder": "location.new-york", "type": "permit"}
    assert Credential.objects.get().location == clinic.location


@pytest.mark.parametrize("holder", ["practitioner.chen", "location.new-york"])
def test_paper_that_does_not_fit_its_holder_is_refused(office, clinic, holder):
    make_type("permit" if "practitioner" in holder else "licence",
              holder="location" if "practitioner" in holder else "practitioner")  # fmt: skip
    slug = "permit" if "practitioner" in holder else "licence"

    answer = office.post(page_of(holder, slug), facts())

    assert answer.status_code == 422
    assert "has no such paper" in answer.content.decode()
    assert not Credential.objects.exists()


@pytest.mark.parametrize(
    ("holder", "type"),
    [
        ("practitioner.nobody", "licence"),
        ("practitioner.chen", "nothing"),
        ("x", "licence"),
        ("practitioner.chen%00", "%00"),
    ],
)
def test_nonsense_in_the_address_is_said_not_raised(office, licence, holder, type):
    answer = office.get(page_of(holder, type))

    assert answer.status_code == 422
    assert "There is a problem" in answer.content.decode()


def test_holder_alone_shows_their_papers_without_a_complaint(office, licence):
    answer = office.get(f"{URL}?holder=practitioner.chen&type=")

    assert answer.status_code == 200
    assert "There is a problem" not in answer.content.decode()
    assert [row.title for row in answer.context["held"]] == ["Licence"]


def test_missing_date_is_said_at_its_field_and_nothing_is_lost(office, licence):
    answer = office.post(page_of("practitioner.chen", "licence"), facts(expires_date=""))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Enter the last day on which it is valid." in page
    assert 'value="NY-12"' in page
    assert not Credential.objects.exists()


def test_day_that_is_past_is_refused(office, licence):
    sent = facts(issued_date="2025-01-01", expires_date="2026-01-31")

    answer = office.post(page_of("practitioner.chen", "licence"), sent)

    assert answer.status_code == 422
    assert "This day is past." in answer.content.decode()


def test_same_paper_sent_twice_is_one_paper(office, licence):
    office.post(page_of("practitioner.chen", "licence"), facts())
    office.post(page_of("practitioner.chen", "licence"), facts())

    assert Credential.objects.count() == 1


def test_document_comes_with_it_if_there_is_one(office, licence):
    sent = facts(documents=upload(picture(), "licence.jpg"))

    office.post(page_of("practitioner.chen", "licence"), sent)

    assert CredentialDocument.objects.get().original_name == "licence.jpg"


def test_issuer_in_the_address_is_not_believed_where_the_type_has_one(office, licence):
    answer = office.get(page_of("practitioner.chen", "licence", issuer="Nobody"))

    assert "Nobody" not in answer.content.decode()


def test_practitioner_verifier_and_reception_have_no_such_page(clinic, licence):
    clinic.dora.user.may_verify = True
    clinic.dora.user.save()
    for user in (clinic.chen.user, clinic.dora.user, clinic.rosa, clinic.alice.user):
        browser = Browser()
        browser.force_login(user)

        answer = browser.post(page_of("practitioner.chen", "licence"), facts())

        assert answer.status_code == 404
    assert not Credential.objects.exists()


def test_page_asks_a_fixed_number_of_queries(office, clinic, licence, django_assert_num_queries):
    url = page_of("practitioner.chen", "licence")
    verified(licence, clinic.chen, by=clinic.mia)
    office.get(url)
    with django_assert_num_queries(16):
        office.get(url)
    for number in range(2):
        verified(make_type(f"type-{number}"), clinic.chen, by=clinic.mia)
    office.get(url)
    with django_assert_num_queries(16):
        office.get(url)


def test_every_control_of_the_page_has_a_label(office, licence, insurance):
    page = office.get(page_of("practitioner.chen", "insurance")).content.decode()

    ids = set(re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', page))
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
    assert {one for one in ids if one.startswith("id_")} - labelled <= {"id_revision"}
