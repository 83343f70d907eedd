"""The application's role on the test database, whose tests run as the owner."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
import pytest
from django.conf import settings
from django.db import connection

from clinic.database_roles import connected_as, login_of


@contextmanager
def application_connection() -> Iterator["psycopg2.extensions.connection"]:
    """Open a plain connection of the application's role; each statement commits by itself."""
    skip_without_two_roles()
    here = {**connection.settings_dict, **login_of(settings.DATABASE_APPLICATION)}
    words = {
        "dbname": here["NAME"],
        "user": here["USER"],
        "password": here["PASSWORD"],
        "host": here["HOST"],
        "port": here["PORT"],
    }
    found = psycopg2.connect(**{name: value for name, value in words.items() if value})
    found.autocommit = True
    with closing(found):
        yield found


@contextmanager
def as_application() -> Iterator[None]:
    """Let Django itself connect as the application: for tests with real transactions only."""
    skip_without_two_roles()
    with connected_as(settings.DATABASE_APPLICATION):
        yield


def skip_without_two_roles() -> None:
    """Skip where DATABASE_URL is named and DATABASE_OWNER_URL is not."""
    if login_of(settings.DATABASE_OWNER) == login_of(settings.DATABASE_APPLICATION):
        pytest.skip("needs DATABASE_OWNER_URL beside DATABASE_URL")
