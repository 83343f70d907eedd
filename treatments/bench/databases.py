"""The benchmark's own databases, beside the default one on the same server."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from clinic.database_roles import login_of

KEPT = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")


class Databases:
    """Our databases by short names. With `keep` they stay, and are used as an earlier run left
    them; without it they are made anew and dropped."""

    def __init__(self, *, keep: bool) -> None:
        self.default_name: str = connection.settings_dict["NAME"]
        self.keep = keep

    def full_name(self, name: str) -> str:
        """Return the name that the server knows."""
        return f"{self.default_name}_bench_{name}"

    def create(self, name: str, *, copy_of: str | None = None) -> bool:
        """Create a database, empty or as a copy; False if it was kept by an earlier run."""
        template = self.full_name(copy_of) if copy_of else "template1"
        full_name = self.full_name(name)
        with self._server() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [full_name])
            if cursor.fetchone() and self.keep:
                return False
            cursor.execute(f'DROP DATABASE IF EXISTS "{full_name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{full_name}" TEMPLATE "{template}"')
        return True

    def drop(self, names: Iterable[str]) -> None:
        """Remove databases, unless they are to be kept."""
        if self.keep:
            return
        with self._server() as cursor:
            for name in names:
                cursor.execute(f'DROP DATABASE IF EXISTS "{self.full_name(name)}" WITH (FORCE)')

    def connect(self, name: str) -> BaseDatabaseWrapper:
        """Return a connection of its own to one of our databases."""
        there = connections["default"].copy()
        there.settings_dict["NAME"] = self.full_name(name)
        return there

    @contextmanager
    def opened(self, name: str) -> Iterator[None]:
        """Let this process, in all its threads, use one of our databases as the default one."""
        _switch_to(self.full_name(name))
        try:
            yield
        finally:
            _switch_to(self.default_name)

    @contextmanager
    def _server(self) -> Iterator[CursorWrapper]:
        server = connections["default"].copy()
        server.settings_dict.update(login_of(settings.DATABASE_OWNER), NAME=self.default_name)
        try:
            with server.cursor() as cursor:
                yield cursor
        finally:
            server.close()


@contextmanager
def using(there: BaseDatabaseWrapper) -> Iterator[None]:
    """Let this thread use another open connection as the default one."""
    before = connections["default"]
    connections["default"] = there
    try:
        yield
    finally:
        connections["default"] = before


def on(there: BaseDatabaseWrapper, act: Callable[[], object]) -> Callable[[], object]:
    """Return an act that runs on another open connection."""

    def run() -> object:
        with using(there):
            return act()

    return run


def migrate() -> None:
    """Make the tables in the database that is open, and what the application may do there."""
    call_command("migrate", interactive=False, verbosity=0)


def settings_of_connection() -> dict[str, object]:
    """Return the settings of the open connection, for a server that shall use it too."""
    return {
        **{key: connection.settings_dict[key] for key in KEPT},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def _switch_to(full_name: str) -> None:
    connection.close()
    connections.settings["default"]["NAME"] = full_name
    connection.settings_dict["NAME"] = full_name
