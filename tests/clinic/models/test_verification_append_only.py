"""Checks of papers are never altered: not by the ORM, not by the admin, not by SQL of the
role that the application connects as.
"""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import IntegrityError, ProgrammingError, connection, models, transaction
from psycopg2.errors import InsufficientPrivilege, RestrictViolation

from clinic.models import (
    AppendOnlyError,
    Credential,
    CredentialDocument,
    Verification,
    VerificationBar,
)
from clinic.services.papers import PaperDecided, PaperFacts, amend_paper
from tests.factories.admin import change_url, list_url, manager_browser
from tests.factories.clinic import NOW, SmallClinic, make_small_clinic
from tests.factories.credentials import add_kept_picture, check, hand_in, make_type
from tests.support.application_role import application_connection, as_application

pytestmark = pytest.mark.django_db(transaction=True)

TABLES = ["clinic_verification", "clinic_verificationbar", "clinic_credentialdocument"]
CHANGES = {
    "clinic_verification": "UPDATE clinic_verification SET result = 'verified', reason = ''",
    "clinic_verificationbar": "UPDATE clinic_verificationbar SET service_id = service_id",
    "clinic_credentialdocument": "UPDATE clinic_credentialdocument SET sha256 = 'x'",
}


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def row(clinic, tmp_path) -> Verification:
    """A check that bars a service, of a paper with a document."""
    paper = hand_in(make_type("licence"), clinic.chen, by=clinic.mia)
    add_kept_picture(paper, tmp_path)
    made = check(paper, by=clinic.mia, barred=[clinic.follow_up.pk], note="seen twice")
    return Verification.objects.select_related("credential").get(pk=made.pk)


@pytest.fixture
def application() -> Iterator["psycopg2.extensions.connection"]:
    with application_connection() as found:
        yield found


def ask(connected: "psycopg2.extensions.connection", statement: str) -> None:
    with connected.cursor() as cursor:
        cursor.execute(statement)


def as_they_are() -> list[Any]:
    kept = (Verification, VerificationBar, CredentialDocument)
    return [list(model.objects.order_by("pk").values()) for model in kept]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE", "UPSERT"])
def test_sql_of_the_application_is_refused(row, application, table, verb):
    before = as_they_are()
    statement = {
        "UPDATE": CHANGES[table],
        "DELETE": f"DELETE FROM {table}",
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
        "UPSERT": f"INSERT INTO {table} SELECT * FROM {table}"
        " ON CONFLICT (id) DO UPDATE SET id = excluded.id",
    }[verb]

    with pytest.raises(InsufficientPrivilege, match="permission denied"):
        ask(application, statement)

    assert as_they_are() == before


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE clinic_verification DISABLE TRIGGER ALL",
        "DROP TRIGGER not_by_oneself ON clinic_verification",
        "DROP TRIGGER decided_is_fixed ON clinic_credential",
        "DROP FUNCTION clinic_refuse_own_verification() CASCADE",
        "DROP TABLE clinic_verification CASCADE",
    ],
)
def test_application_can_not_take_the_rules_away(row, application, statement):
    with pytest.raises(InsufficientPrivilege, match="must be owner"):
        ask(application, statement)


def test_paper_that_was_decided_on_stays_for_the_application_too(row, application):
    with pytest.raises(RestrictViolation, match="is not altered"):
        ask(application, "UPDATE clinic_credential SET expires_date = '2099-12-31'")
    with pytest.raises(psycopg2.IntegrityError, match="still referenced"):
        ask(application, "DELETE FROM clinic_credential")

    assert Credential.objects.filter(pk=row.credential_id, expires_date="2028-01-31").exists()


def test_application_adds_and_reads_checks(row, clinic):
    with as_application():
        check(row.credential, by=clinic.mia, note="again")
        notes = list(Verification.objects.order_by("pk").values_list("note", flat=True))

    assert notes == ["seen twice", "again"]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_trigger_refuses_even_the_owner(row, table, verb):
    before = as_they_are()
    statement = CHANGES[table] if verb == "UPDATE" else f"DELETE FROM {table}"

    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert as_they_are() == before


@pytest.mark.parametrize(
    "act",
    [
        lambda row: row.save(),
        lambda row: row.delete(),
        lambda row: Verification.objects.update(result="verified"),
        lambda row: Verification.objects.all().delete(),
        lambda row: Verification.objects.bulk_update([row], ["note"]),
        lambda row: row.credential.checks.update(note="x"),
        lambda row: row.bars.all().delete(),
        lambda row: VerificationBar.objects.update(service=None),
        lambda row: row.credential.documents.update(sha256="x"),
    ],
    ids=[
        "save",
        "delete",
        "update",
        "delete all",
        "bulk",
        "related",
        "bars",
        "bars update",
        "documents",
    ],
)
def test_orm_refuses(row, act):
    before = as_they_are()

    with pytest.raises(AppendOnlyError):
        act(row)

    assert as_they_are() == before


def test_plain_manager_is_refused_by_the_database(row):
    plain: Any = models.Manager()
    plain.model = Verification

    with as_application(), pytest.raises(ProgrammingError, match="permission denied"):
        plain.update(note="x")

    assert as_they_are()[0][0]["note"] == "seen twice"


def test_amending_a_decided_paper_says_what_to_do(row, clinic):
    with pytest.raises(PaperDecided) as refusal:
        amend_paper(
            paper=row.credential,
            facts=facts_of(row.credential),
            documents=[],
            revision=row.credential.revision,
            by=clinic.mia,
            now=NOW,
        )

    assert str(refusal.value.message) == "This paper was decided on. Hand in a new one instead."


@pytest.mark.parametrize("model", ["clinic_verification", "clinic_credential"])
def test_admin_neither_changes_nor_deletes_nor_adds(row, clinic, model):
    office = manager_browser(clinic.mia)
    thing = row if model == "clinic_verification" else row.credential
    before = as_they_are()

    answers = [
        office.post(change_url(model, thing), {"note": "x", "number": "x"}),
        office.post(change_url(model, thing).replace("/change/", "/delete/"), {"post": "yes"}),
        office.post(list_url(model) + "add/", {"note": "x"}),
    ]
    bulk = office.post(
        list_url(model),
        {"action": "delete_selected", ACTION_CHECKBOX_NAME: [thing.pk], "post": "yes"},
    )

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert "delete_selected" not in office.get(list_url(model)).content.decode()
    assert bulk.status_code in (200, 302)
    assert as_they_are() == before


def test_admin_says_why_a_paper_can_not_be_altered(row, clinic):
    page = manager_browser(clinic.mia).get(change_url("clinic_credential", row.credential))

    assert "nobody can alter it: hand in a new one instead" in page.content.decode()


def facts_of(paper: Credential) -> PaperFacts:
    return PaperFacts(
        name_shown="Somebody else",
        issuer=paper.issuer,
        issued_date=paper.issued_date,
        expires_date=paper.expires_date,
    )
