"""Real processes of the site for tests of faults; each is ended by its own id."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from clinic.local_servers import valkey_program
from treatments.bench.databases import settings_of_connection
from treatments.bench.servers import free_port

WORKER = "worker --pool prefork --without-gossip --without-mingle --loglevel WARNING"
BEAT = "beat --pidfile= --loglevel WARNING"


def environment(broker: str, cache: str, **more: str) -> dict[str, str]:
    """Return what processes need to share this test's database."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.support.worker_settings",
        "TEST_DATABASE": json.dumps(settings_of_connection()),
        "TEST_BROKER": broker,
        "TEST_CACHE": cache,
        "REMAP_SIGTERM": "SIGQUIT",
        **more,
    }


class Group:
    """A program in a session of its own, with all its children."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._log = log.open("ab")
        self.process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def kill(self) -> None:
        """Kill the program and its children at once, as a machine that loses power does."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._log.close()

    def signal(self, number: int) -> None:
        """Send a signal to the program alone."""
        self.process.send_signal(number)


def celery(words: str, environment: dict[str, str], folder: Path, name: str) -> Group:
    """Start a worker or a beat."""
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "clinic", *words.split()]
    if words.startswith("beat"):
        command += ["--schedule", str(folder / f"schedule-{name}")]
    else:
        command += ["--hostname", f"{name}-{os.getpid()}@test"]
    return Group(command, environment, folder / f"{name}.log")


def web(environment: dict[str, str], folder: Path) -> tuple[Group, int]:
    """Start the site on a free port, with two workers."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "clinic.wsgi", "--workers", "2"]
    command += ["--bind", f"127.0.0.1:{port}", "--worker-tmp-dir", "/tmp", "--no-control-socket"]
    return Group(command, environment, folder / "web.log"), port


class Broker:
    """A Valkey of the test's own, that it may kill, freeze and start empty."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "broker.sock"
        self.url = f"redis+socket://{self.socket}?virtual_host=0"
        self.cache_url = f"unix://{self.socket}?db=1"
        self._folder = folder
        self.group: Group | None = None

    def start(self) -> None:
        """Start it empty, and wait until it answers."""
        self.socket.unlink(missing_ok=True)
        words = f"--port 0 --unixsocket {self.socket} --appendonly no --loglevel warning"
        command = [str(valkey_program()), *words.split(), "--save", ""]
        self.group = Group(command, dict(os.environ), self._folder / "broker.log")
        wait_until(self._answers, 10, "the broker answers")

    def kill(self) -> None:
        """Kill it; all it held is gone."""
        assert self.group is not None
        self.group.kill()

    def freeze(self) -> None:
        """Let it hold its connections and say nothing."""
        assert self.group is not None
        self.group.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self.group is not None
        self.group.signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            with Redis(
                unix_socket_path=str(self.socket), socket_timeout=1, retry=Retry(NoBackoff(), 0)
            ) as client:
                return bool(client.ping())
        except RedisError:
            return False


@contextmanager
def own_broker() -> Iterator[Broker]:
    """Have a broker until the block ends."""
    with TemporaryDirectory(prefix="meridian-") as folder:
        broker = Broker(Path(folder))
        broker.start()
        try:
            yield broker
        finally:
            broker.kill()


def wait_until(is_so: Callable[[], bool], seconds: float, words: str) -> float:
    """Wait for something; return how long it took, or fail saying what did not happen."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {words}"
        time.sleep(0.05)
    return time.monotonic() - began
