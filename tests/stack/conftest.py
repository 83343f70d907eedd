"""Embedded servers in throw-away data folders."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from clinic.local_stack import Stack


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with spaces, too long for a socket's path, in a private folder.

    One for all tests of a module, since making a cluster takes seconds.
    """
    private = tmp_path_factory.mktemp("stack") / "private"
    private.mkdir(mode=0o700)
    folder = private / "a long name with spaces" / ("and more of it " * 8).strip() / "var"
    folder.mkdir(parents=True)
    yield folder
    remove_cluster(folder)


@pytest.fixture
def stack(data_dir: Path) -> Stack:
    return stack_in(data_dir)


def stack_in(data_dir: Path) -> Stack:
    """Return a whole stack that need not wait for the disk."""
    return Stack(data_dir=data_dir, postgres=True, valkey=True, durable=False)


def remove_cluster(data_dir: Path) -> None:
    """Remove the cluster that stands outside the data folder when run as root."""
    link = data_dir / "postgres"
    if link.is_symlink():
        shutil.rmtree(os.path.realpath(link))


def programs_of(stack: Stack) -> list[str]:
    """Return the command lines of all processes that belong to a stack."""
    marks = (str(stack.socket_dir), str(stack.data_dir))
    found = [
        " ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])
    ]
    return [line for line in found if any(mark in line for mark in marks)]


@pytest.fixture
def silent_redis() -> Iterator[Path]:
    """The socket of a server that takes connections and never says a word."""
    with TemporaryDirectory(prefix="meridian-") as folder, socket.socket(socket.AF_UNIX) as server:
        path = Path(folder) / "silent.sock"
        server.bind(str(path))
        server.listen(20)
        yield path
