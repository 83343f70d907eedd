"""The embedded PostgreSQL and Valkey of a data folder: where they are, and having them up.

    command A ──holds──┐
    command B ──holds──┤  DATA_DIR/stack/holders/*   (one locked file a process)
    make run  ──holds──┘
                       keeper ── runs ── postgres, valkey-server

Whoever needs the servers locks a holder file of its own. The first one starts the keeper
(`clinic/local_keeper.py`), which runs the servers and stops them once nobody holds a file:
a process that was killed holds nothing, so nothing is left behind and no process ever
stops the servers of another. Why not the wheels' own start-up: docs/decisions/0002.
"""

import atexit
import fcntl
import hashlib
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from json import dumps
from pathlib import Path
from typing import IO

REPOSITORY = Path(__file__).resolve().parents[1]
STOP_SECONDS = 60.0

_held: dict[Path, "Holder"] = {}
_numbers = itertools.count()


class StackUnavailable(Exception):
    """The embedded servers could not be started."""


@dataclass
class Holder:
    """That this process holds the servers of a data folder; `keeper` where it started them."""

    pid: int
    file: IO[str]
    keeper: "subprocess.Popen[str] | None" = None


@dataclass(frozen=True)
class Stack:
    """The embedded servers of one data folder. Computing it starts and reads nothing.

    `postgres` and `valkey` are false where the environment names a server of its own.
    Without `durable` PostgreSQL does not wait for the disk: for tests only.
    """

    data_dir: Path
    postgres: bool
    valkey: bool
    durable: bool

    owner_role = "meridian"
    application_role = "meridian_application"
    database = "meridian"

    @property
    def socket_dir(self) -> Path:
        """The folder of both sockets: short, since a socket's path may have 107 bytes."""
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:12]
        return Path(f"/tmp/meridian-{os.getuid()}-{digest}")  # noqa: S108 (0700 and checked)

    @property
    def valkey_socket(self) -> Path:
        return self.socket_dir / "valkey.sock"

    @property
    def folder(self) -> Path:
        """Locks, logs and holder files."""
        return self.data_dir / "stack"

    @property
    def keeper_lock(self) -> Path:
        """Locked by the keeper for as long as the servers run."""
        return self.folder / "keeper.lock"

    @property
    def log(self) -> Path:
        return self.folder / "servers.log"


def ensure(stack: Stack | None = None) -> None:
    """Have the servers of a stack up until this process ends; calling twice is safe.

    Without an argument it is the stack of the settings, which is None in production.
    Raises `StackUnavailable`, with the last lines of the servers' log.
    """
    if stack is None:
        from django.conf import settings

        stack = settings.LOCAL_STACK
    if stack is None or not (stack.postgres or stack.valkey) or _holds(stack):
        return
    (stack.folder / "holders").mkdir(parents=True, exist_ok=True)
    with changing(stack):
        holder = _hold(stack)
        if not _is_locked(stack.keeper_lock):
            holder.keeper = _start_keeper(stack)
    atexit.register(release, stack)


def ensure_or_exit() -> None:
    """Have the servers of the settings up, or end the process with one readable message."""
    try:
        ensure()
    except StackUnavailable as error:
        sys.exit(f"meridian: {error}")


def release(stack: Stack) -> None:
    """Say that this process needs the servers no more; the last one waits for their end.

    A forked child that inherited the holder leaves it to its parent.
    """
    if not _holds(stack):
        return
    holder = _held.pop(stack.data_dir)
    with changing(stack):
        Path(holder.file.name).unlink(missing_ok=True)
        holder.file.close()
        is_last = not has_holders(stack)
    if is_last:
        _wait_for_end(stack)
    if holder.keeper is not None:
        # Reaped when it has ended; left to others when they still hold the servers.
        holder.keeper.returncode = holder.keeper.wait() if is_last else 0


def has_holders(stack: Stack) -> bool:
    """Tell whether a living process holds the servers. Call it inside `changing` only:
    a holder file that nobody has locked belongs to a process that died, and is removed."""
    alive = False
    for path in (stack.folder / "holders").iterdir():
        if _is_locked(path):
            alive = True
        else:
            path.unlink(missing_ok=True)
    return alive


@contextmanager
def changing(stack: Stack) -> Iterator[None]:
    """Serialise every change of holders and keeper across the processes of a data folder."""
    with (stack.folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _holds(stack: Stack) -> bool:
    held = _held.get(stack.data_dir)
    return held is not None and held.pid == os.getpid()


def _hold(stack: Stack) -> Holder:
    path = stack.folder / "holders" / f"{os.getpid()}-{next(_numbers)}"
    file = path.open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    _held[stack.data_dir] = holder = Holder(os.getpid(), file)
    return holder


def _is_locked(path: Path) -> bool:
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _start_keeper(stack: Stack) -> "subprocess.Popen[str]":
    words = dumps({**asdict(stack), "data_dir": str(stack.data_dir)})
    keeper = subprocess.Popen(
        [sys.executable, "-m", "clinic.local_keeper", words],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stack.log.open("a"),
        # Out of the reach of the terminal's Ctrl-C, so that the servers outlive their users.
        start_new_session=True,
        text=True,
    )
    assert keeper.stdout is not None
    with keeper.stdout as answer:
        ready = answer.readline().strip() == "ready"
    if not ready:
        keeper.wait()
        _held.pop(stack.data_dir).file.close()
        raise StackUnavailable(f"the embedded servers did not start.\n{_last_lines(stack.log)}")
    return keeper


def _wait_for_end(stack: Stack) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while _is_locked(stack.keeper_lock):
        if time.monotonic() > deadline:
            raise StackUnavailable(f"the embedded servers did not stop; see {stack.log}")
        time.sleep(0.05)


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
