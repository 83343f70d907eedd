"""Read models from a statement that is written out, where the ORM's own costs too much."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Field, Model

M = TypeVar("M", bound=Model)


def columns_of(model: type[Model], table: str) -> str:
    """Return all columns of a model as the statement lists them; `table` is its name there."""
    return ", ".join(f'{table}."{field.column}"' for field in _fields(model))


def row_of(model: type[M], values: Sequence[Any]) -> M | None:
    """Return the row with these values of `columns_of`; None where an outer join found none."""
    fields = _fields(model)
    names = [field.attname for field in fields]
    row = model.from_db(connection.alias, names, [*map(_read, fields, values)])
    return None if row.pk is None else row


@lru_cache(maxsize=64)
def _fields(model: type[Model]) -> tuple["Field[Any, Any]", ...]:
    return model._meta.concrete_fields


def _read(field: "Field[Any, Any]", value: Any) -> Any:
    for converter in field.get_db_converters(connection):
        value = converter(value, None, connection)
    return value
