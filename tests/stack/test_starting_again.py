"""What was killed on one machine comes back by itself, with all that it had stored."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import psutil
import psycopg2
import pytest
from redis import Redis
from redis.exceptions import RedisError

from clinic.local_stack import REPOSITORY, Stack, ensure, release

pytestmark = pytest.mark.xdist_group("stack")

SUPERVISE = """
import os, sys
from pathlib import Path
from clinic import supervisor
supervisor.STOP_SECONDS, supervisor.SETTLED_SECONDS = 2.0, 1.0
run = supervisor.Supervisor(Path("/"), os.environ).run
commands = {"one": "sleep 600 & exec sleep 700", "two": "exec sleep 600"}
sys.exit(run(commands, is_up=lambda: True, when_up=lambda: print("up", flush=True)))
"""


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def kill(stack: Stack, program: str) -> None:
    """Kill the leader of a server, as the system does when memory runs out."""
    for process in psutil.process_iter(["cmdline", "name"]):
        if process.info["name"] != "python" and "local_keeper" not in str(process.info["cmdline"]):
            parent = process.parent()
            mine = parent is not None and str(stack.data_dir) in " ".join(parent.cmdline())
            if mine and program in process.info["name"]:
                process.kill()


def rows_of(stack: Stack) -> list[tuple[str]]:
    connection = psycopg2.connect(
        dbname=stack.database, user=stack.owner_role, host=str(stack.socket_dir)
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT word FROM booked")
        found = cursor.fetchall()
    connection.close()
    return found


def answers(stack: Stack) -> bool:
    try:
        with Redis(unix_socket_path=str(stack.valkey_socket)) as client:
            client.ping()
        return rows_of(stack) == [("still here",)]
    except (RedisError, psycopg2.OperationalError):
        return False


@pytest.mark.slow
def test_killed_server_comes_back_and_leaves_the_other_alone(stack: Stack) -> None:
    stack = replace(stack, durable=True)
    ensure(stack)
    try:
        connection = psycopg2.connect(
            dbname=stack.database, user=stack.owner_role, host=str(stack.socket_dir)
        )
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE booked AS SELECT 'still here' AS word")

        kill(stack, "valkey")
        assert within(30, lambda: answers(stack))
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.close()

        kill(stack, "postgres")
        assert within(60, lambda: answers(stack))
    finally:
        release(stack)


def test_killed_program_is_started_again_without_what_it_left_behind() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISE], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as supervisor:
        assert supervisor.stdout is not None
        assert "up" in supervisor.stdout.readline()
        me = psutil.Process(supervisor.pid)
        assert within(10, lambda: len(me.children(recursive=True)) == 3)
        time.sleep(1.2)
        before = me.children(recursive=True)
        leader = next(one for one in before if "700" in one.cmdline())

        os.kill(leader.pid, signal.SIGKILL)
        said = supervisor.stdout.readline()
        back = within(10, lambda: len(me.children(recursive=True)) == 3)
        left = [one for one in before if one.is_running() and one.status() != "zombie"]
        supervisor.send_signal(signal.SIGINT)
        result = supervisor.wait(20)

    assert "one ended by itself; it is started again" in said
    assert back
    assert len(left) == 1
    assert result == 0
