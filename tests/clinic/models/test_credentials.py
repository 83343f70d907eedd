"""What the database itself holds about papers: each constraint and trigger, in SQL."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from clinic.domain.credentials import Result
from clinic.models import CatalogueVersion, Credential, CredentialRequirement, ExpiryAlert
from tests.factories.clinic import NOW, SmallClinic, make_location, make_small_clinic
from tests.factories.credentials import check, hand_in, make_type, require_type, verified

pytestmark = pytest.mark.django_db

INSERT_PAPER = """
INSERT INTO clinic_credential (
    public_id, type_id, practitioner_id, location_id, number, name_shown, issuer, issued_date,
    expires_date, training_provider, training_hours, covers_cosmetic, conditions, revision,
    submitted_at, submitted_by_id
) VALUES (
    gen_random_uuid(), %(type)s, %(practitioner)s, %(location)s, '', 'Chen', 'Board', %(issued)s,
    %(expires)s, '', NULL, 'unknown', '', 1, now(), %(by)s
) RETURNING id
"""
INSERT_CHECK = """
INSERT INTO clinic_verification (
    credential_id, by_id, at, result, method, evidence, reason, note, covers_cosmetic, revision
) VALUES (%(paper)s, %(by)s, now(), %(result)s, %(method)s, %(evidence)s, %(reason)s, '', false, 1)
RETURNING id
"""


def run(statement: str, values: Any = ()) -> Any:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0] if cursor.description else cursor.rowcount


def refused(name: str) -> Any:
    return pytest.raises(IntegrityError, match=name)


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def licence(clinic):
    return make_type("licence")


@pytest.fixture
def paper(clinic, licence) -> Credential:
    return hand_in(licence, clinic.chen, by=clinic.mia)


def insert_paper(clinic, licence, **changes) -> Any:
    values = {
        "type": licence.pk,
        "practitioner": clinic.chen.pk,
        "location": None,
        "issued": None,
        "expires": None,
        "by": clinic.mia.pk,
    }
    return run(INSERT_PAPER, {**values, **changes})


def insert_check(paper, by, result, *, method="", evidence="", reason="") -> Any:
    values = {"method": method, "evidence": evidence, "reason": reason}
    return run(INSERT_CHECK, {"paper": paper.pk, "by": by.pk, "result": result, **values})


@pytest.mark.parametrize("holder", ["practitioner", "location"])
def test_type_is_held_by_somebody_known(licence, holder):
    assert run("UPDATE clinic_credentialtype SET holder = %s", [holder]) == 1


def test_type_held_by_something_else_is_refused(licence):
    with refused("credential_type_holder_known"):
        run("UPDATE clinic_credentialtype SET holder = 'room'")


def test_requirement_at_two_places_is_allowed(clinic, licence):
    require_type(licence, clinic.follow_up, clinic.location)
    require_type(licence, clinic.follow_up, make_location("boston"))

    assert CredentialRequirement.objects.count() == 2


@pytest.mark.parametrize("is_everywhere", [True, False])
def test_requirement_twice_is_refused(clinic, licence, is_everywhere):
    place = None if is_everywhere else clinic.location
    require_type(licence, clinic.follow_up, place)

    with refused("credential_requirement_once"):
        run(
            "INSERT INTO clinic_credentialrequirement (type_id, service_id, location_id)"
            " VALUES (%s, %s, %s)",
            [licence.pk, clinic.follow_up.pk, place and place.pk],
        )


def test_paper_of_a_practitioner_or_of_a_location_is_allowed(clinic, licence):
    insert_paper(clinic, licence)
    insert_paper(clinic, licence, practitioner=None, location=clinic.location.pk)

    assert Credential.objects.count() == 2


@pytest.mark.parametrize("is_of_both", [True, False])
def test_paper_of_nobody_or_of_both_is_refused(clinic, licence, is_of_both):
    holders = (
        {"location": clinic.location.pk} if is_of_both else {"practitioner": None}
    )  # fmt: skip

    with refused("credential_has_one_holder"):
        insert_paper(clinic, licence, **holders)


@pytest.mark.parametrize(
    ("issued", "expires"),
    [
        (None, None),
        (date(2027, 6, 7), None),
        (None, date(2027, 6, 7)),
        (date(2027, 6, 7), date(2027, 6, 7)),
    ],
)
def test_paper_with_dates_in_order_is_allowed(clinic, licence, issued, expires):
    assert insert_paper(clinic, licence, issued=issued, expires=expires)


def test_paper_that_ends_before_it_begins_is_refused(clinic, licence):
    with refused("credential_dates_in_order"):
        insert_paper(clinic, licence, issued=date(2027, 6, 8), expires=date(2027, 6, 7))


def test_alert_once_a_paper_and_step(paper):
    ExpiryAlert.objects.create(credential=paper, days_before=30, raised_at=NOW)
    ExpiryAlert.objects.create(credential=paper, days_before=14, raised_at=NOW)

    with refused("expiry_alert_once_a_step"):
        run(
            "INSERT INTO clinic_expiryalert (credential_id, days_before, raised_at)"
            " VALUES (%s, 30, now())",
            [paper.pk],
        )


@pytest.mark.parametrize("result", ["verified", "renewal_pending"])
def test_check_with_method_and_evidence_is_allowed(clinic, paper, result):
    assert insert_check(paper, clinic.mia, result, method="register", evidence="entry 4711")


@pytest.mark.parametrize("result", ["verified", "renewal_pending"])
@pytest.mark.parametrize("given", [{"method": "register"}, {"evidence": "entry 4711"}, {}])
def test_check_without_method_or_evidence_is_refused(clinic, paper, result, given):
    with refused("verification_with_method_and_evidence"):
        insert_check(paper, clinic.mia, result, **given)


@pytest.mark.parametrize("result", ["more_asked", "rejected", "suspended", "revoked"])
def test_no_with_a_reason_is_allowed(clinic, paper, result):
    assert insert_check(paper, clinic.mia, result, reason="the register says so")


@pytest.mark.parametrize("result", ["more_asked", "rejected", "suspended", "revoked"])
def test_no_without_a_reason_is_refused(clinic, paper, result):
    with refused("verification_no_with_reason"):
        insert_check(paper, clinic.mia, result, method="register", evidence="entry 4711")


def test_unknown_result_is_refused(clinic, paper):
    with refused("verification_result_known"):
        insert_check(paper, clinic.mia, "expired", reason="no", method="phone", evidence="yes")


def test_check_bars_two_services(clinic, paper):
    row = check(paper, by=clinic.mia, barred=[clinic.follow_up.pk, clinic.first_visit.pk])

    assert row.bars.count() == 2


def test_check_bars_a_service_twice_is_refused(clinic, paper):
    row = check(paper, by=clinic.mia, barred=[clinic.follow_up.pk])

    with refused("verification_bars_service_once"):
        run(
            "INSERT INTO clinic_verificationbar (verification_id, service_id) VALUES (%s, %s)",
            [row.pk, clinic.follow_up.pk],
        )


def test_somebody_else_checks_a_practitioners_paper(clinic, paper):
    assert insert_check(paper, clinic.dora.user, "rejected", reason="no entry")


def test_own_paper_is_checked_by_nobody(clinic, paper):
    with refused("nobody verifies the own paper"):
        insert_check(paper, clinic.chen.user, "rejected", reason="no entry")


def test_manager_checks_the_paper_of_a_location(clinic):
    permit = make_type("permit", holder="location")
    paper = hand_in(permit, clinic.location, by=clinic.mia)

    assert insert_check(paper, clinic.mia, "rejected", reason="no entry")


def test_paper_nobody_decided_on_can_be_altered(clinic, paper):
    check(paper, Result.MORE_ASKED, by=clinic.mia)

    assert run("UPDATE clinic_credential SET number = '12'") == 1


@pytest.mark.parametrize("result", [result for result in Result if result != Result.MORE_ASKED])
def test_paper_that_was_decided_on_is_not_altered(clinic, licence, result):
    paper = hand_in(licence, clinic.chen, by=clinic.mia)
    words = {"method": "register", "evidence": "entry", "reason": "so it is"}
    insert_check(paper, clinic.mia, result.value, **words)

    with refused("a paper that was decided on is not altered"):
        run("UPDATE clinic_credential SET expires_date = '2099-12-31'")


def test_paper_that_was_decided_on_is_not_deleted(clinic, licence):
    verified(licence, clinic.chen, by=clinic.mia)

    with refused("clinic_verification"):
        # The database asks at the end of a transaction, unless it is told to ask at once.
        run("SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM clinic_credential")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE clinic_credentialtype SET book_past_expiry_days = 30",
        "UPDATE clinic_credentialrequirement SET location_id = NULL",
        "UPDATE clinic_credential SET number = '12'",
        "INSERT INTO clinic_verificationbar (verification_id, service_id)"
        " SELECT clinic_verification.id, clinic_service.id"
        " FROM clinic_verification, clinic_service LIMIT 1",
    ],
)
def test_whatever_search_reads_of_papers_changes_the_catalogue(clinic, licence, statement):
    require_type(licence, clinic.follow_up, clinic.location)
    verified(licence, clinic.chen, by=clinic.mia)
    before = CatalogueVersion.objects.get().version

    # A paper that is still open, for the one statement that alters papers.
    if "clinic_credential SET" in statement:
        statement += f" WHERE id = {hand_in(licence, clinic.dora, by=clinic.mia).pk}"
        before = CatalogueVersion.objects.get().version
    run(statement)

    assert CatalogueVersion.objects.get().version != before


def test_check_changes_the_catalogue(clinic, paper):
    before = CatalogueVersion.objects.get().version

    check(paper, by=clinic.mia)

    assert CatalogueVersion.objects.get().version != before


def give_login(practitioner, user) -> Any:
    values = [user.pk, practitioner.pk]
    return run("UPDATE clinic_practitioner SET user_id = %s WHERE id = %s", values)


def test_practitioner_without_papers_may_get_another_login(clinic):
    assert give_login(clinic.chen, clinic.mia) == 1


def test_practitioner_with_papers_keeps_the_login(clinic, paper):
    with refused("keeps the login"):
        give_login(clinic.chen, clinic.mia)


def test_practitioner_with_papers_changes_in_all_else(clinic, paper):
    assert run("UPDATE clinic_practitioner SET name = 'Chen L.' WHERE id = %s", [clinic.chen.pk])
