"""Insert new rows of several tables in one round trip to the database."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import AutoField, Field, Model


def insert(rows: Iterable[Model], *, but_twins: bool = False) -> None:
    """Insert new rows, of any tables, in the order given and in one round trip.

    A change writes many small rows, and a statement of its own for each table costs more than
    the writing. Neither `save` nor signals run, and keys are not read back. A row that a
    constraint refuses raises `IntegrityError`, and none is written; with `but_twins` a row
    that is there already is left as it is instead.
    """
    statements: list[str] = []
    values: list[Any] = []
    for model, group in groupby(rows, key=type):
        head, one_row, fields = _parts(model)
        new = [list(_values(row, fields)) for row in group]
        statements.append(f"{head} {', '.join([one_row] * len(new))}")
        values += (value for row in new for value in row)
    if not statements:
        return
    ending = " ON CONFLICT DO NOTHING;" if but_twins else ";"
    with connection.cursor() as cursor:
        cursor.execute("".join(statement + ending for statement in statements), values)


@lru_cache(maxsize=64)
def _parts(model: type[Model]) -> tuple[str, str, tuple["Field[Any, Any]", ...]]:
    fields = tuple(
        field for field in model._meta.local_concrete_fields if not isinstance(field, AutoField)
    )
    columns = ", ".join(f'"{field.column}"' for field in fields)
    head = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES'
    return head, f"({', '.join(['%s'] * len(fields))})", fields


def _values(row: Model, fields: Iterable["Field[Any, Any]"]) -> Iterator[Any]:
    for field in fields:
        yield field.get_db_prep_save(field.pre_save(row, add=True), connection)
