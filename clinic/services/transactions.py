"""One transaction per use-case, tried again where PostgreSQL asks for it.

The SQLSTATE and the constraint's name decide, never the text of an error.
"""

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import psycopg2
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from clinic.refusals import Busy

P = ParamSpec("P")
R = TypeVar("R")

EXCLUSION_VIOLATION = "23P01"
TRY_AGAIN = frozenset({"40P01", "40001", "55P03"})
"""Deadlock, serialization failure, lock timeout: the loser of a queue or a cycle."""

TRIES = 3


def sqlstate(error: BaseException) -> str | None:
    """Return the SQLSTATE behind a database error, or None."""
    cause = error.__cause__
    return cause.pgcode if isinstance(cause, psycopg2.Error) else None


def violated_constraint(error: BaseException) -> str | None:
    """Return the name of the constraint that a database error names, or None."""
    cause = error.__cause__
    return cause.diag.constraint_name if isinstance(cause, psycopg2.Error) else None


def in_one_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Run a use-case in a transaction; every connection has a lock timeout of 3 s (settings).

    The loser of a deadlock or of a lock queue is tried again from the start, three
    times in all with growing pauses, then `Busy` is raised. Inside a transaction that
    runs already it is a savepoint and is tried once. Rows among the arguments are for each
    try what they were before: what was set on them was rolled back with the rest.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        tries = 1 if connection.in_atomic_block else TRIES
        rows = [row for row in (*args, *kwargs.values()) if isinstance(row, Model)]
        before = [dict(vars(row)) for row in rows]
        for attempt in range(1, tries + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except DatabaseError as error:
                if sqlstate(error) not in TRY_AGAIN:
                    raise
                for row, was in zip(rows, before, strict=True):
                    vars(row).clear()
                    vars(row).update(was)
                if attempt == tries:
                    raise Busy from error
            time.sleep(random.uniform(0.01, 0.05) * attempt)
        raise Busy

    return run
