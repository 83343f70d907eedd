"""Gunicorn servers of the benchmark: on loopback, two sync workers, ended by their id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from treatments.bench.http_load import HOST, ask, request_bytes

WORKERS = 2
START_SECONDS = 30.0
STOP_SECONDS = 10.0


class ServerFailed(Exception):
    """A server of the benchmark did not come up."""


@dataclass(frozen=True, slots=True)
class WebServer:
    """A running gunicorn."""

    port: int
    pid: int

    def worker_peaks_mb(self) -> list[float]:
        """Return the highest memory (resident) that each worker has had, in MB."""
        return [peak_mb(pid) for pid in _children_of(self.pid)]


@contextmanager
def web_server(
    *,
    python: str,
    application: str,
    folder: Path,
    environment: Mapping[str, str],
    probe: str,
    headers: Sequence[str] = (),
) -> Iterator[WebServer]:
    """Serve a WSGI application until the block ends; ready once `probe` answers 200."""
    port = free_port()
    command = [python, "-m", "gunicorn", application, "--workers", str(WORKERS)]
    command += ["--bind", f"{HOST}:{port}", "--worker-tmp-dir", "/tmp"]  # noqa: S108 (as in the Procfile)
    command += ["--no-control-socket", "--log-level", "warning"]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
    )
    try:
        _wait_until_up(process, port, request_bytes("GET", probe, headers))
        yield WebServer(port, process.pid)
    finally:
        _end(process)


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def peak_mb(pid: int | str = "self") -> float:
    """Return the highest resident memory that a process has had, in MB; 0 where /proc is not."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return int(fields["VmHWM"].split()[0]) / 1024


def _children_of(pid: int) -> list[str]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return listed.read_text().split() if listed.exists() else []


def _wait_until_up(process: "subprocess.Popen[bytes]", port: int, request: bytes) -> None:
    deadline = time.monotonic() + START_SECONDS
    status = 0
    while time.monotonic() < deadline and process.poll() is None:
        try:
            status, _ = ask(port, request)
        except OSError:
            status = 0
        if status == 200:
            return
        time.sleep(0.1)
    raise ServerFailed(f"a server of the benchmark did not come up: it answered {status}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        for worker in _children_of(process.pid):
            os.kill(int(worker), signal.SIGKILL)
        process.kill()
        process.wait()
