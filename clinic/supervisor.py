"""Runs several programs as one: they start together and stop together.

Every program gets a session of its own, so that Ctrl-C reaches only the supervisor, which
then asks each program to finish (SIGTERM to its leader alone: a Celery worker lets its
running tasks end, which a signal to the whole group would cut off).
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import IO

STOP_SECONDS = 20.0
SETTLED_SECONDS = 10.0
"""A program that ends sooner would only end again."""
POLL_SECONDS = 0.2
PR_SET_PDEATHSIG = 1


class Supervisor:
    """Runs named shell commands until a signal asks for the end; one that ends is run again."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._begun: dict[str, float] = {}
        self._readers: list[threading.Thread] = []
        self._asked_to_stop = False

    def run(
        self,
        commands: Mapping[str, str],
        *,
        is_up: Callable[[], bool],
        when_up: Callable[[], None],
    ) -> int:
        """Run the commands to their end; return 0 after a signal and 1 when one can't be run.

        `when_up` is called once, as soon as `is_up` says yes. From then on a program that was
        killed is started again; one that ends before, or at once, ends all. No process of any
        command is left when this returns.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        try:
            for name, command in commands.items():
                self._start(name, command)
            return self._watch(commands, is_up, when_up)
        finally:
            self._stop()

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._asked_to_stop = True

    def _start(self, name: str, command: str) -> None:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        assert process.stdout is not None
        reader = threading.Thread(target=_pass_on, args=(name, process.stdout), daemon=True)
        reader.start()
        self._processes[name] = process
        self._begun[name] = time.monotonic()
        self._readers.append(reader)

    def _watch(
        self, commands: Mapping[str, str], is_up: Callable[[], bool], when_up: Callable[[], None]
    ) -> int:
        announced = False
        while not self._asked_to_stop:
            ended = [
                name for name, process in self._processes.items() if process.poll() is not None
            ]
            if not announced and not ended and is_up():
                announced = True
                when_up()
            for name in ended:
                if not announced or time.monotonic() - self._begun[name] < SETTLED_SECONDS:
                    print(f"{name} ended by itself; stopping the rest", flush=True)
                    return 1
                print(f"{name} ended by itself; it is started again", flush=True)
                # What a killed leader left behind still holds its port and its tasks.
                _kill_group(self._processes[name])
                self._start(name, commands[name])
            time.sleep(POLL_SECONDS)
        return 0

    def _stop(self) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._processes.values():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
            _kill_group(process)
            process.wait()
        for reader in self._readers:
            reader.join(timeout=2)


def read_procfile(path: Path) -> dict[str, str]:
    """Return the commands of a Procfile by name, in its order."""
    lines = [line for line in path.read_text().splitlines() if ":" in line]
    return {name.strip(): command.strip() for name, command in (x.split(":", 1) for x in lines)}


def _pass_on(name: str, output: IO[bytes]) -> None:
    with output:
        for line in output:
            sys.stdout.write(f"{name:<7}| {line.decode(errors='replace')}")
            sys.stdout.flush()


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    """Kill what a leader left behind in its session."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _end_with_parent() -> None:
    """Ask Linux to end this program when the supervisor is killed outright."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
