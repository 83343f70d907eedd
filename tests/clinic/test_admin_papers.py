"""Managers set up types of papers and what requires them; papers are looked at only."""

from typing import Any

import pytest
from django.urls import reverse

from clinic.models import CredentialRequirement, CredentialType, User
from tests.factories.admin import (
    add_url,
    change_url,
    errors_of,
    list_url,
    location_form,
    manager_browser,
    messages_of,
    rows_of,
    segment,
    service_form,
)
from tests.factories.clinic import make_location, make_small_clinic, make_user
from tests.factories.credentials import check, hand_in, make_type, require_type

INDEX = reverse("admin:index")
USUAL = reverse("admin:clinic_credentialtype_usual")
PREFIX = "credential_requirements"


@pytest.fixture
def small(db: None) -> Any:
    return make_small_clinic()


@pytest.fixture
def office(small: Any) -> Any:
    return manager_browser(small.mia)


def type_form(required: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, str]:
    fields = {
        "name": "Heilpraktiker permission",
        "slug": "de-permission",
        "proves": "licence",
        "holder": "practitioner",
        "jurisdiction": "de",
        "issuer": "Health office",
        "issuer_former_names": "",
        "register_url": "example.com/register",
        "renewal_months": "",
        "recheck_days": "90",
        "book_past_expiry_days": "0",
        "public_label": "",
        "position": "1",
        "is_active": "on",
    }
    return {**fields, **changes, **rows_of("requirements", required or [])}


def without(form: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in form.items() if name not in names}


def test_manager_adds_a_type_with_what_requires_it(office, small):
    rows = [{"service": small.follow_up.pk, "location": small.location.pk}]

    answer = office.post(add_url("clinic_credentialtype"), type_form(rows))

    made = CredentialType.objects.get(slug="de-permission")
    assert answer.status_code == 302
    assert (made.jurisdiction, made.register_url) == ("DE", "https://example.com/register")
    assert list(made.requirements.values_list("service", "location")) == [
        (small.follow_up.pk, small.location.pk)
    ]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("renewal_months", "12", "does not expire"),
        ("book_past_expiry_days", "30", "does not expire"),
        ("recheck_days", "0", "greater than or equal to 1"),
        ("register_url", "javascript:alert(1)", "valid URL"),
        ("slug", "no spaces", "slug"),
        ("holder", "room", "valid choice"),
        ("name", "bad\x00name", "Null characters"),
    ],
)
def test_bad_type_is_refused_at_its_field(office, field, value, words):
    errors = errors_of(office.post(add_url("clinic_credentialtype"), type_form(**{field: value})))

    assert words in " ".join(errors[field])
    assert not CredentialType.objects.exists()


def test_requirement_everywhere_and_at_one_location_is_refused(office, small):
    rows = [
        {"service": small.follow_up.pk, "location": ""},
        {"service": small.follow_up.pk, "location": small.location.pk},
    ]

    errors = errors_of(office.post(add_url("clinic_credentialtype"), type_form(rows)))

    assert errors["requirements-1-__all__"] == [
        "This is required everywhere already, in another row."
    ]


def test_type_with_papers_keeps_its_holder(office, small):
    licence = make_type()
    hand_in(licence, small.chen, by=small.mia)

    office.post(
        change_url("clinic_credentialtype", licence),
        type_form(holder="location", slug="other", name="Licence anew"),
    )

    licence.refresh_from_db()
    assert (licence.holder, licence.slug, licence.name) == (
        "practitioner",
        "licence",
        "Licence anew",
    )


def test_type_is_not_deleted_but_switched_off(office, small):
    licence = make_type()

    answer = office.post(
        change_url("clinic_credentialtype", licence).replace("/change/", "/delete/"),
        {"post": "yes"},
    )

    assert answer.status_code == 403
    assert CredentialType.objects.filter(pk=licence.pk).exists()


def test_types_are_found_and_link_to_their_register(office, small):
    make_type("licence", register_url="https://register.example/look-up")
    make_type("insurance", issuer="Harbor Mutual")

    answer = office.get(list_url("clinic_credentialtype"), {"q": "york"})

    assert 'href="https://register.example/look-up"' in answer.content.decode()
    assert [row.slug for row in answer.context["cl"].result_list] == ["licence"]


def test_usual_types_are_added_on_request(office, small):
    page = office.get(list_url("clinic_credentialtype")).content.decode()
    answer = office.post(USUAL, {"countries": ["GB"]}, follow=True)

    assert USUAL in page
    assert messages_of(answer) == ["5 types added. Say now which services require them."]
    assert CredentialType.objects.filter(slug="gb-premises-registration").exists()


@pytest.mark.parametrize("sent", [{}, {"countries": ["XX"]}, {"countries": ["\x00"]}])
def test_usual_types_need_a_country(office, small, sent):
    answer = office.post(USUAL, sent)

    assert answer.status_code == 422
    assert "countries" in answer.context["form"].errors
    assert not CredentialType.objects.exists()


def test_usual_types_are_for_managers(client, small):
    client.force_login(small.rosa)

    assert client.post(USUAL, {"countries": ["US"]}).status_code == 302
    assert not CredentialType.objects.exists()


def test_service_says_which_papers_it_requires(office, small):
    licence = make_type()
    rows = [{"type": licence.pk, "location": ""}]

    office.post(add_url("clinic_service"), service_form([segment(20)], required=rows))

    made = CredentialRequirement.objects.get()
    assert (made.type, made.service.slug, made.location) == (licence, "evening-visit", None)


def test_location_says_which_papers_are_required_there(office, small):
    permit = make_type("permit", holder="location")
    form = location_form(slug="new-york", name="New York")
    rows = rows_of(PREFIX, [{"type": permit.pk, "service": small.follow_up.pk}])

    answer = office.post(change_url("clinic_location", small.location), {**form, **rows})

    assert answer.status_code == 302
    assert list(small.location.credential_requirements.values_list("type", flat=True)) == [
        permit.pk
    ]


def test_index_names_needles_without_papers(office, small):
    require_type(make_type("permit", holder="location"), small.follow_up)
    require_type(make_type("licence"), small.first_visit)

    page = office.get(INDEX).content.decode()

    assert "Follow up in New York uses needles and asks no paper" in page
    assert "First visit in New York uses needles" not in page


def test_index_warns_of_no_service_that_nobody_can_book(office, small):
    licence = make_type()
    for service in (small.follow_up, small.first_visit):
        require_type(licence, service, small.location)
    make_location("boston")

    assert "asks no paper" not in office.get(INDEX).content.decode()


def test_index_warns_when_one_person_verifies_alone(office, small):
    alone = office.get(INDEX).content.decode()
    User.objects.filter(pk=small.rosa.pk).update(may_verify=True)

    assert "Fewer than two people can verify papers" in alone
    assert "Fewer than two people" not in office.get(INDEX).content.decode()


def user_form(user: User, **changes: str) -> dict[str, str]:
    return {"email": user.email, "name": user.name, "is_active": "on", **changes}


def test_manager_lets_somebody_verify(office, small):
    answer = office.post(
        change_url("clinic_user", small.rosa),
        user_form(small.rosa, is_reception="on", may_verify="on"),
        follow=True,
    )

    small.rosa.refresh_from_db()
    assert small.rosa.may_verify
    assert not [words for words in messages_of(answer) if "Fewer than two" in words]


def test_taking_the_second_verifier_away_warns(office, small):
    User.objects.filter(pk=small.rosa.pk).update(may_verify=True)

    answer = office.post(
        change_url("clinic_user", small.rosa), user_form(small.rosa, is_reception="on"), follow=True
    )

    assert [words for words in messages_of(answer) if "Fewer than two" in words]


def test_client_can_not_be_made_a_verifier(office, small):
    errors = errors_of(
        office.post(
            change_url("clinic_user", small.alice.user),
            user_form(small.alice.user, may_verify="on"),
        )
    )

    assert errors["may_verify"] == ["Only somebody with a role here can verify papers."]


def test_alerts_have_no_page(office):
    assert "expiryalert" not in office.get(INDEX).content.decode()


@pytest.mark.parametrize(
    ("model", "count"),
    [("clinic_credentialtype", 8), ("clinic_credential", 11), ("clinic_verification", 12)],
)
def test_number_of_queries_does_not_grow_with_papers(
    office, small, django_assert_num_queries, model, count
):
    def add(slug: str) -> None:
        paper = hand_in(make_type(slug), small.chen, by=small.mia)
        check(paper, by=small.mia, barred=[small.follow_up.pk])

    add("licence")
    office.get(list_url(model))
    with django_assert_num_queries(count):
        office.get(list_url(model))
    add("insurance")
    add("training")
    with django_assert_num_queries(count):
        office.get(list_url(model))


def test_pages_of_papers_open(office, small):
    second = make_user("Vera Quist", is_manager=True)
    paper = hand_in(make_type(), small.chen, by=small.mia)
    row = check(paper, by=second)

    for model, thing in (("clinic_credential", paper), ("clinic_verification", row)):
        assert office.get(change_url(model, thing)).status_code == 200
