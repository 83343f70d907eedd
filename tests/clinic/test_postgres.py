"""A kept connection: trusted without a question, dropped once the server has hung up."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept():
    """A second connection, as a worker keeps one from request to request."""
    there = connection.copy()
    there.settings_dict["CONN_HEALTH_CHECKS"] = True
    there.ensure_connection()
    yield there
    there.close()


def test_quiet_connection_is_usable_and_asked_nothing(kept):
    with kept.cursor() as cursor:
        cursor.execute("SELECT 'the last request'")
        cursor.fetchall()

    assert kept.is_usable()

    assert last_statement_of(kept) == "SELECT 'the last request'"


def test_connection_is_asked_after_an_error(kept):
    kept.errors_occurred = True

    assert kept.is_usable()

    assert last_statement_of(kept) == "SELECT 1"


def test_connection_that_the_server_ended_is_not_usable(kept):
    end(kept)

    assert not kept.is_usable()


def test_next_request_gets_a_new_connection(kept):
    before = kept.connection.info.backend_pid
    end(kept)

    kept.close_if_unusable_or_obsolete()
    with kept.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (now,) = cursor.fetchone()

    assert now != before


def last_statement_of(there) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT query FROM pg_stat_activity WHERE pid = %s",
            [there.connection.info.backend_pid],
        )
        return cursor.fetchone()[0]


def end(there) -> None:
    """End a connection from the server's side, and wait until it is gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [there.connection.info.backend_pid])
        assert cursor.fetchone() == (True,)
