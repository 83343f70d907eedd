"""Rows that are added and never changed: the record of what happened.

A new append-only table takes two lines, and the grants follow by themselves:

    class Verification(AppendOnly): ...                          # the model
    operations = [..., *append_only("clinic_verification")]      # its migration
"""

from collections.abc import Collection, Iterable
from typing import Any, NoReturn, TypeVar

from django.apps import apps
from django.db import migrations, models

Row = TypeVar("Row", bound="AppendOnly", covariant=True)

FUNCTION = """
CREATE FUNCTION {table}_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
TRIGGER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_refuse_change()
"""


class AppendOnlyError(Exception):
    """Code tried to change or remove a row of an append-only table."""


class AppendOnlyQuerySet(models.QuerySet[Row]):
    """A QuerySet that only reads and inserts.

    A model with filters of its own derives its QuerySet from this one.
    """

    def update(self, **kwargs: Any) -> NoReturn:
        raise self._refusal()

    def delete(self) -> NoReturn:
        raise self._refusal()

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise self._refusal()

    def bulk_create(
        self,
        objs: Iterable[Row],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[Row]:
        if update_conflicts:
            raise self._refusal()
        return super().bulk_create(objs, batch_size, ignore_conflicts)

    def _refusal(self) -> AppendOnlyError:
        return AppendOnlyError(f"{self.model._meta.db_table} is append-only")


AppendOnlyManager = models.Manager.from_queryset(AppendOnlyQuerySet)


class AppendOnly(models.Model):
    """A row that is inserted once and then only read.

    Held three times: here, so that a mistake names itself early; by the trigger that
    `append_only` makes, against every role; and by the grants of `clinic/database_roles.py`,
    which leave the application nothing but SELECT and INSERT on the table.
    """

    objects = AppendOnlyManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row; a row that is there already raises `AppendOnlyError`."""
        if not self._state.adding:
            raise AppendOnlyError(f"{self._meta.db_table} is append-only")
        # Else Django would try an UPDATE first for a row with a key of its own choice.
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError(f"{self._meta.db_table} is append-only")


def append_only(table: str) -> list[migrations.RunSQL]:
    """Return the operations of a migration that makes a table append-only.

    UPDATE and DELETE of any row are refused for every role. TRUNCATE is not: tests empty
    their tables by it, as the owner. The application can't, since it has no such right.
    """
    return [
        migrations.RunSQL(FUNCTION.format(table=table), f"DROP FUNCTION {table}_refuse_change()"),
        migrations.RunSQL(TRIGGER.format(table=table), f"DROP TRIGGER append_only ON {table}"),
    ]


def append_only_models() -> list[type[AppendOnly]]:
    """Return every model whose rows are only appended."""
    return [model for model in apps.get_models() if issubclass(model, AppendOnly)]
