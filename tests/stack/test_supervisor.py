"""The supervisor of `make run`: its programs start and stop together."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest
from django.core.management.base import CommandError

from clinic.local_stack import REPOSITORY
from clinic.supervisor import read_procfile
from treatments.management.commands.runstack import only_once, refuse_a_taken_port

SUPERVISE = """
import os, sys
from pathlib import Path
from clinic import supervisor
supervisor.STOP_SECONDS = 2.0
commands = dict(word.split("=", 1) for word in sys.argv[1:])
run = supervisor.Supervisor(Path("/"), os.environ).run
sys.exit(run(commands, is_up=lambda: True, when_up=lambda: print("up", flush=True)))
"""


@contextlib.contextmanager
def supervising(**commands: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, *(f"{name}={line}" for name, line in commands.items())],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process


def wait_until_up(process: "subprocess.Popen[str]", count: int = 1) -> list[psutil.Process]:
    """Return the programs, once there are so many of them."""
    assert process.stdout is not None
    while "up" not in process.stdout.readline():
        assert process.poll() is None
    deadline = time.monotonic() + 20
    while len(programs := psutil.Process(process.pid).children(recursive=True)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return programs


def still_running(processes: list[psutil.Process]) -> list[psutil.Process]:
    return psutil.wait_procs(processes, timeout=10)[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_every_program(number):
    with supervising(one="exec sleep 600", two="sleep 600 & sleep 600") as supervisor:
        programs = wait_until_up(supervisor, 4)
        supervisor.send_signal(number)
        result = supervisor.wait(20)

    assert (result, still_running(programs)) == (0, [])


def test_end_of_one_program_ends_the_rest():
    with supervising(short="echo about to go; sleep 1", long="exec sleep 600") as supervisor:
        programs = wait_until_up(supervisor)
        output, _ = supervisor.communicate(timeout=20)

    assert "short ended by itself" in output
    assert (supervisor.returncode, still_running(programs)) == (1, [])


def test_program_deaf_to_signals_is_killed():
    with supervising(deaf="trap '' TERM; while true; do sleep 1; done") as supervisor:
        programs = wait_until_up(supervisor)
        supervisor.terminate()
        supervisor.wait(20)

    assert still_running(programs) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_killed_supervisor_takes_its_programs_along():
    with supervising(one="exec sleep 600", two="exec sleep 600") as supervisor:
        programs = wait_until_up(supervisor)
        supervisor.kill()

    assert still_running(programs) == []


def test_procfile_names_the_three_programs():
    assert list(read_procfile(REPOSITORY / "Procfile")) == ["web", "worker", "beat"]


def test_taken_port_is_refused_with_another_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(CommandError, match=f"make run PORT={port + 1}"):
            refuse_a_taken_port(port)


def test_second_run_on_a_data_folder_is_refused(tmp_path):
    with (
        only_once(tmp_path),
        pytest.raises(CommandError, match="runs already"),
        only_once(tmp_path),
    ):
        pass


@pytest.mark.slow
def test_whole_clinic_starts_answers_and_stops(data_dir):
    port = free_port()
    environment = {**os.environ, "DATA_DIR": str(data_dir), "PORT": str(port)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "runstack"],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        lines = read_until(process, "Stop with Ctrl-C")
        programs = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=180)

    assert any(f"http://localhost:{port}/" in line for line in lines)
    assert any("manager@example.com" in line for line in lines)
    assert process.returncode == 0
    assert len(programs) >= 6
    assert still_running(programs) == []


def read_until(process: "subprocess.Popen[str]", words: str) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    deadline = time.monotonic() + 600
    while not lines or words not in lines[-1]:
        line = process.stdout.readline()
        assert line, "".join(lines)
        assert time.monotonic() < deadline
        lines.append(line)
    return lines


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
