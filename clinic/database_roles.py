"""The two roles of the database: the owner changes its shape, the application its rows.

            migrate, flush, bench                web, worker, beat, other commands
                     |                                          |
    owner: tables, triggers, grants          application: SELECT, INSERT, UPDATE, DELETE;
                                             on append-only tables SELECT and INSERT only

A process connects as the application; only what is inside `as_owner` does not. With one
role for both (DATABASE_OWNER_URL is not named) all of this does nothing: docs/decisions/0005.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from clinic.models.append_only import append_only_models

LOGIN = {"USER": "", "PASSWORD": "", "HOST": "", "PORT": "", "OPTIONS": {}}
"""What of a database's settings says who connects and where to; with Django's defaults."""


@contextmanager
def as_owner() -> Iterator[None]:
    """Let this process connect as the owner: for commands, before threads or transactions."""
    with connected_as(settings.DATABASE_OWNER):
        yield


@contextmanager
def connected_as(database: dict[str, Any]) -> Iterator[None]:
    """Let this process connect with the login of other database settings, name unchanged."""
    before = login_of(connection.settings_dict)
    if before == login_of(database):
        yield
        return
    _switch_to(login_of(database))
    try:
        yield
    finally:
        _switch_to(before)


def login_of(database: dict[str, Any]) -> dict[str, Any]:
    """Return the part of database settings that says who connects and where to."""
    return {key: database.get(key, default) for key, default in LOGIN.items()}


def grant_to_application(**signal: object) -> None:
    """Give the application its rights on all tables that there are now.

    Follows each `migrate`, as the owner, in one transaction: the application never has more
    than this, not even for a moment. Calling it again changes nothing.
    """
    role = settings.DATABASE_APPLICATION.get("USER", "")
    if role == settings.DATABASE_OWNER.get("USER", ""):
        return
    with transaction.atomic(), connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        only_read = {MigrationRecorder.Migration._meta.db_table} & there
        only_added = {model._meta.db_table for model in append_only_models()} & there
        for statement in _grants(sorted(only_read), sorted(only_added)):
            cursor.execute(statement.format(role=connection.ops.quote_name(role)))


def _grants(only_read: list[str], only_added: list[str]) -> Iterator[str]:
    yield "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
    yield "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
    yield "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"
    for table in map(connection.ops.quote_name, only_read):
        yield f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM {{role}}"
    for table in map(connection.ops.quote_name, only_added):
        yield f"REVOKE UPDATE, DELETE ON {table} FROM {{role}}"


def _switch_to(login: dict[str, Any]) -> None:
    connection.validate_no_atomic_block()
    connection.close()
    # The same dictionary serves the connections that other threads open from now on.
    connection.settings_dict.update(login)
