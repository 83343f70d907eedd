"""The usual types: complete, added once, never over what a manager made of them."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from clinic.domain.usual_types import UNITED_KINGDOM, UNITED_STATES
from clinic.models import CredentialType
from clinic.services.usual_types import add_usual_types

pytestmark = pytest.mark.django_db


def slugs() -> set[str]:
    return set(CredentialType.objects.values_list("slug", flat=True))


def test_command_adds_the_types_of_all_countries():
    call_command("seed_credential_types")

    assert slugs() == {item.slug for item in (*UNITED_STATES, *UNITED_KINGDOM)}


def test_command_adds_one_country():
    call_command("seed_credential_types", country=["GB"])

    assert slugs() == {item.slug for item in UNITED_KINGDOM}


def test_command_knows_no_other_country():
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("seed_credential_types", "--country", "XX")


def test_twice_adds_nothing():
    add_usual_types(countries=["US"])

    assert add_usual_types(countries=["US"]) == []
    assert CredentialType.objects.count() == len(UNITED_STATES)


def test_type_that_a_manager_changed_stays_as_it_is():
    add_usual_types(countries=["US"])
    CredentialType.objects.filter(slug="us-insurance").update(renewal_months=6, is_active=False)

    add_usual_types(countries=["US", "GB"])

    insurance = CredentialType.objects.get(slug="us-insurance")
    assert (insurance.renewal_months, insurance.is_active) == (6, False)


def test_every_type_is_one_that_the_admin_would_take():
    for row in add_usual_types(countries=["US", "GB"]):
        row.full_clean()


def test_types_follow_those_that_are_there():
    CredentialType.objects.create(
        slug="own", name="Own", proves="other", jurisdiction="US", position=7
    )

    add_usual_types(countries=["GB"])

    rows = CredentialType.objects.order_by("position", "pk").values_list("slug", flat=True)
    assert list(rows) == ["own", *(item.slug for item in UNITED_KINGDOM)]


@pytest.mark.parametrize(
    ("slug", "renewal", "recheck", "expires"),
    [
        ("us-ny-licence", 36, 90, True),
        ("us-ca-licence", 24, 90, True),
        ("us-national-certification", 48, 90, True),
        ("us-clean-needle", None, 2190, False),
        ("us-facial-training", None, None, False),
        ("us-insurance", 12, None, True),
        ("gb-register", 12, 90, True),
        ("gb-person-registration", None, 90, False),
        ("gb-premises-registration", None, 90, False),
        ("gb-insurance", 12, None, True),
    ],
)
def test_cycles_are_those_of_the_sources(slug: str, renewal: Any, recheck: Any, expires: bool):
    add_usual_types(countries=["US", "GB"])

    row = CredentialType.objects.get(slug=slug)

    assert (row.renewal_months, row.recheck_days, row.expires) == (renewal, recheck, expires)


def test_certification_body_keeps_its_former_name():
    add_usual_types(countries=["US"])

    row = CredentialType.objects.get(slug="us-national-certification")

    assert "NCBAHM" in row.issuer
    assert "NCCAOM" in row.issuer_former_names


def test_only_insurance_must_cover_cosmetic_work():
    add_usual_types(countries=["US", "GB"])

    rows = CredentialType.objects.filter(must_cover_cosmetic=True)

    assert {row.slug for row in rows} == {"us-insurance", "gb-insurance"}
