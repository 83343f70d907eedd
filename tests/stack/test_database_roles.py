"""The application's role: what it may do in the database, and what it may not."""

from collections.abc import Iterator

import psycopg2
import pytest
import time_machine
from django.core.cache import cache
from django.core.management import call_command
from django.db import ProgrammingError, connection
from django.test import Client as Browser
from django.urls import reverse
from psycopg2.errors import InsufficientPrivilege

from bookings.models import Appointment, StatusChange
from clinic.models import Location
from clinic.models.append_only import append_only_models
from clinic.services.tokens import issue_token
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_small_clinic
from tests.support.application_role import application_connection, as_application
from tests.support.walking import check_url, walk_to_check

pytestmark = pytest.mark.django_db(transaction=True)

EVERYTHING = {"SELECT", "INSERT", "UPDATE", "DELETE"}


@pytest.fixture
def application() -> Iterator["psycopg2.extensions.connection"]:
    with application_connection() as found:
        yield found


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def visit(clinic: SmallClinic) -> Appointment:
    return book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))


def ask(application: "psycopg2.extensions.connection", statement: str) -> list[tuple[object, ...]]:
    with application.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def rights_by_table(application: "psycopg2.extensions.connection") -> dict[str, set[object]]:
    found: dict[str, set[object]] = {}
    for table, right in ask(
        application,
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = current_user AND table_schema = 'public'",
    ):
        found.setdefault(str(table), set()).add(right)
    return found


def test_application_has_exactly_the_rights_it_needs_on_every_table(application):
    tables = set(connection.introspection.table_names())
    expected = dict.fromkeys(tables, EVERYTHING)
    expected |= {model._meta.db_table: {"SELECT", "INSERT"} for model in append_only_models()}
    expected["django_migrations"] = {"SELECT"}

    assert rights_by_table(application) == expected
    assert expected["bookings_statuschange"] == {"SELECT", "INSERT"}


def test_application_adds_to_the_history_and_reads_it(visit, application):
    ask(
        application,
        "INSERT INTO bookings_statuschange (appointment_id, from_state, to_state, at, reason)"
        f" VALUES ({visit.pk}, 'booked', 'arrived', now(), '')",
    )

    states = ask(application, "SELECT to_state FROM bookings_statuschange ORDER BY id")
    assert states == [("booked",), ("arrived",)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bookings_statuschange SET reason = 'x'",
        "DELETE FROM bookings_statuschange",
        "TRUNCATE bookings_statuschange",
        "TRUNCATE bookings_appointment CASCADE",
        "INSERT INTO bookings_statuschange SELECT * FROM bookings_statuschange"
        " ON CONFLICT (id) DO UPDATE SET reason = 'x'",
        "DELETE FROM django_migrations",
        "CREATE TABLE mine (word text)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "SELECT setval('bookings_statuschange_id_seq', 1)",
    ],
)
def test_application_is_refused(visit, application, statement):
    with pytest.raises(InsufficientPrivilege, match="permission denied"):
        ask(application, statement)

    assert StatusChange.objects.get(appointment=visit).reason == ""


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE bookings_statuschange ADD word text",
        "ALTER TABLE bookings_statuschange DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON bookings_statuschange",
        "DROP FUNCTION bookings_refuse_change() CASCADE",
        "DROP TABLE bookings_statuschange",
    ],
)
def test_application_owns_nothing(application, statement):
    with pytest.raises(InsufficientPrivilege, match="must be owner"):
        ask(application, statement)


@pytest.mark.parametrize(
    "statement",
    [
        'SET ROLE "{owner}"',
        'SET SESSION AUTHORIZATION "{owner}"',
        'GRANT "{owner}" TO CURRENT_USER',
    ],
)
def test_application_cannot_become_the_owner(application, statement):
    owner = connection.settings_dict["USER"]

    with pytest.raises(InsufficientPrivilege, match="permission denied"):
        ask(application, statement.format(owner=owner))


def test_application_cannot_switch_triggers_off_for_its_session(application):
    with pytest.raises(InsufficientPrivilege, match="permission denied"):
        ask(application, "SET session_replication_role = replica")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE {table} SET reason = 'x'", "DELETE FROM {table}", "TRUNCATE {table}"],
)
def test_django_as_the_application_is_refused_the_same(visit, statement):
    with (
        as_application(),
        pytest.raises(ProgrammingError, match="permission denied"),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table=StatusChange._meta.db_table))

    assert StatusChange.objects.get(appointment=visit).reason == ""


def test_rows_of_the_history_cannot_be_deleted_through_a_plain_manager(visit):
    with as_application(), pytest.raises(ProgrammingError, match="permission denied"):
        StatusChange._base_manager.all()._raw_delete("default")

    assert StatusChange.objects.filter(appointment=visit).count() == 1


def test_visitor_books_on_the_pages_as_the_application(clinic):
    cache.clear()
    browser = Browser()

    with time_machine.travel(NOW, tick=True), as_application():
        hold = walk_to_check(browser, clinic, at(TODAY, 10))
        answer = browser.post(check_url(hold))
        page = browser.get(answer.url)

    assert answer.url == reverse("appointment-booked", args=[hold.public_id])
    assert page.status_code == 200
    history = StatusChange.objects.filter(appointment=hold).order_by("pk")
    assert list(history.values_list("to_state", flat=True)) == ["held", "booked"]


def test_api_and_probe_answer_as_the_application(clinic):
    token = issue_token(user=clinic.alice.user, now=NOW)

    with time_machine.travel(NOW, tick=True), as_application():
        ready = Browser().get("/readyz")
        visits = Browser().get("/api/v1/appointments", headers={"Authorization": f"Bearer {token}"})

    assert (ready.status_code, visits.status_code) == (200, 200)


def test_migrate_and_flush_work_from_a_process_of_the_application(clinic):
    with as_application():
        call_command("migrate", verbosity=0)
        call_command("flush", interactive=False, verbosity=0)
        left = Location.objects.count()
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            user = cursor.fetchone()

    assert left == 0
    assert user != (connection.settings_dict["USER"],)


def test_fresh_demo_empties_the_tables_from_a_process_of_the_application(clinic, settings):
    settings.DEBUG = True

    with as_application():
        call_command("seed_demo", "--fresh", verbosity=0)

    assert not Location.objects.filter(pk=clinic.location.pk).exists()
    assert Appointment.objects.exists()
