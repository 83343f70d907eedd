"""Append-only rows: inserted, read, and never changed."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.state import ProjectState

from bookings.models import Appointment, StatusChange
from clinic.models import AppendOnlyError, AppendOnlyQuerySet
from clinic.models.append_only import append_only, append_only_models
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_small_clinic

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def visit(clinic: SmallClinic) -> Appointment:
    return book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))


@pytest.fixture
def change(visit: Appointment) -> StatusChange:
    return StatusChange.objects.get(appointment=visit)


def test_row_is_inserted_and_read(visit):
    StatusChange.objects.create(appointment=visit, to_state="arrived", at=NOW)
    StatusChange(appointment=visit, to_state="in_session", at=NOW).save()
    StatusChange.objects.bulk_create([StatusChange(appointment=visit, to_state="done", at=NOW)])

    states = visit.status_changes.order_by("pk").values_list("to_state", flat=True)
    assert list(states) == ["booked", "arrived", "in_session", "done"]


def test_saving_a_row_again_is_refused(change):
    change.reason = "another one"

    with pytest.raises(AppendOnlyError, match="bookings_statuschange is append-only"):
        change.save()


def test_new_object_with_the_key_of_a_row_does_not_replace_it(change, visit):
    other = StatusChange(pk=change.pk, appointment=visit, to_state="cancelled", at=NOW)

    with pytest.raises(IntegrityError, match="bookings_statuschange_pkey"), transaction.atomic():
        other.save()


def test_deleting_a_row_is_refused(change):
    with pytest.raises(AppendOnlyError):
        change.delete()


@pytest.mark.parametrize(
    "act",
    [
        lambda rows: rows.update(reason="x"),
        lambda rows: rows.delete(),
        lambda rows: rows.bulk_update(list(rows), ["reason"]),
        lambda rows: rows.update_or_create(to_state="booked", defaults={"reason": "x"}),
        lambda rows: rows.bulk_create(
            list(rows), update_conflicts=True, update_fields=["reason"], unique_fields=["id"]
        ),
    ],
    ids=["update", "delete", "bulk_update", "update_or_create", "upsert"],
)
def test_changing_rows_together_is_refused(visit, act):
    with pytest.raises(AppendOnlyError):
        act(visit.status_changes.all())

    assert StatusChange.objects.get(appointment=visit).reason == ""


def test_every_append_only_model_has_its_trigger_and_its_queryset():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname = 'append_only' AND tgenabled = 'O'"
        )
        guarded = {table for (table,) in cursor.fetchall()}

    assert StatusChange in append_only_models()
    assert {model._meta.db_table for model in append_only_models()} == guarded
    for model in append_only_models():
        assert isinstance(model._default_manager.get_queryset(), AppendOnlyQuerySet)


def test_operations_of_a_migration_guard_a_table_and_go_back():
    operations = append_only("test_event")
    run("CREATE TABLE test_event (word text)", "INSERT INTO test_event VALUES ('once')")

    with connection.schema_editor() as editor:
        for operation in operations:
            operation.database_forwards("clinic", editor, ProjectState(), ProjectState())
    for statement in ("UPDATE test_event SET word = 'twice'", "DELETE FROM test_event"):
        with pytest.raises(IntegrityError, match="test_event is append-only"):
            run(statement)
    with connection.schema_editor() as editor:
        for operation in reversed(operations):
            operation.database_backwards("clinic", editor, ProjectState(), ProjectState())

    run("UPDATE test_event SET word = 'twice'")


def run(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
