"""The embedded servers: started, shared, stopped."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
from redis import Redis

from clinic.local_stack import REPOSITORY, Stack, StackUnavailable, ensure, release
from tests.stack.conftest import programs_of, remove_cluster, stack_in

pytestmark = pytest.mark.xdist_group("stack")  # one process, so one cluster for all of them

HOLDER = """
import sys
from pathlib import Path
from clinic.local_stack import Stack, ensure
ensure(Stack(data_dir=Path(sys.argv[1]), postgres=True, valkey=True, durable=False))
print("up", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def running(stack: Stack) -> Iterator[Stack]:
    ensure(stack)
    try:
        yield stack
    finally:
        release(stack)


@contextlib.contextmanager
def another_process_holding(stack: Stack) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(stack.data_dir)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process


def ask(stack: Stack, statement: str, role: str = Stack.owner_role) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(dbname=stack.database, user=role, host=str(stack.socket_dir))
    with contextlib.closing(connection), connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def kill_keeper(stack: Stack) -> None:
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "clinic.local_keeper" in words and str(stack.data_dir) in words[-1]:
            process.kill()
            process.wait()


def wait_for_the_end(stack: Stack) -> None:
    deadline = time.monotonic() + 30
    while programs_of(stack) and time.monotonic() < deadline:
        time.sleep(0.1)


def test_started_servers_answer_and_leave_nothing_behind(stack):
    with running(stack):
        version, most = ask(stack, "SELECT version(), current_setting('max_connections')")[0]
        with Redis(unix_socket_path=str(stack.valkey_socket)) as client:
            answer = client.ping()

    assert str(version).startswith("PostgreSQL 18")
    assert most == "600"
    assert answer is True
    assert programs_of(stack) == []
    assert not stack.socket_dir.exists()


def test_second_start_keeps_the_data(stack):
    with running(stack):
        ask(stack, "CREATE TABLE kept (word text)")
        ask(stack, "INSERT INTO kept VALUES ('still here')")

    with running(stack):
        rows = ask(stack, "SELECT word FROM kept")

    assert rows == [("still here",)]


def test_neither_role_is_a_superuser_and_the_application_may_make_nothing(stack):
    with running(stack):
        rows = ask(
            stack,
            "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles"
            " WHERE rolname LIKE 'meridian%' ORDER BY rolname",
        )

    assert rows == [
        ("meridian", False, True, False, False),
        ("meridian_application", False, False, False, False),
    ]


def test_cluster_of_an_earlier_release_gets_the_application_role(stack):
    with running(stack):
        ask(stack, "DROP ROLE meridian_application", role="postgres")

    with running(stack):
        rows = ask(stack, "SELECT current_user", role=stack.application_role)

    assert rows == [("meridian_application",)]


@pytest.mark.slow
def test_two_data_folders_run_side_by_side(stack, tmp_path):
    other = stack_in(tmp_path / "other")
    other.data_dir.mkdir()

    with running(stack), running(other):
        ask(stack, "CREATE TABLE only_here (word text)")
        tables = ask(other, "SELECT to_regclass('only_here')")

    remove_cluster(other.data_dir)
    assert tables == [(None,)]


def test_ending_process_leaves_the_servers_to_another(stack):
    with another_process_holding(stack) as other:
        with running(stack):
            pass
        still_there = programs_of(stack)
        other.communicate()

    assert any("valkey-server" in line for line in still_there)
    assert programs_of(stack) == []


def test_killed_process_leaves_no_server_behind(stack):
    with another_process_holding(stack) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()

    wait_for_the_end(stack)
    assert programs_of(stack) == []


def test_servers_of_a_killed_keeper_are_replaced(stack):
    with running(stack):
        ask(stack, "CREATE TABLE survivor (word text)")
        kill_keeper(stack)
        with another_process_holding(stack) as other:
            tables = ask(stack, "SELECT to_regclass('survivor') IS NOT NULL")
            other.communicate()

    assert tables == [(True,)]
    assert programs_of(stack) == []


def test_nobody_but_the_owner_may_enter_the_socket_folder(stack):
    with running(stack):
        mode = stack.socket_dir.stat().st_mode & 0o777

    assert mode == 0o700


def test_foreign_socket_folder_is_refused(stack):
    stack.socket_dir.mkdir(mode=0o755)

    with pytest.raises(StackUnavailable, match="is not private"):
        ensure(stack)

    stack.socket_dir.rmdir()


def test_start_changes_no_mode_of_a_parent_folder(stack):
    parents = [path for path in stack.data_dir.parents if os.access(path, os.R_OK)]
    before = {path: path.stat().st_mode for path in parents}

    with running(stack):
        pass

    assert {path: path.stat().st_mode for path in parents} == before


def test_removed_cluster_is_made_anew(stack):
    with running(stack):
        pass
    cluster = Path(os.path.realpath(stack.data_dir / "postgres"))
    shutil.rmtree(cluster)

    with running(stack):
        rows = ask(stack, "SELECT 1")

    assert rows == [(1,)]
