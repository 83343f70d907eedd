"""A small closed-loop client: each of its clients asks again as soon as it was answered.

Gunicorn's sync workers close every connection after one answer, so every request of
every target opens a new one: the same for all.
"""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle

from treatments.bench.samples import Row

HOST = "127.0.0.1"
ANSWER_SECONDS = 60.0
TURN_SECONDS = 0.25


class UnexpectedAnswer(Exception):
    """A server answered something else than the benchmark is about."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked: the paths in turn, of the server at a port of this machine.

    With `renew`, its paths are made anew for each turn. Answers of the first status are
    counted, those of the others are let pass.
    """

    name: str
    port: int
    paths: tuple[str, ...]
    headers: tuple[str, ...] = ()
    statuses: tuple[int, ...] = (200,)
    renew: Callable[[], tuple[str, ...]] | None = None

    def requests(self) -> list[bytes]:
        """Return the requests as bytes, so that the client has nothing left to build."""
        paths = self.renew() if self.renew else self.paths
        return [request_bytes("GET", path, self.headers) for path in paths]


def request_bytes(method: str, path: str, headers: Sequence[str] = (), body: bytes = b"") -> bytes:
    """Return an HTTP request whose answer ends with the connection."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "Connection: close", *headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask(port: int, request: bytes) -> tuple[int, bytes]:
    """Send one request on a new connection; return the status and the whole answer."""
    with socket.create_connection((HOST, port), timeout=ANSWER_SECONDS) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    answer = b"".join(parts)
    if not answer:
        raise UnexpectedAnswer("the server closed the connection without an answer")
    return int(answer.split(b" ", 2)[1]), answer


def measure_in_turn(targets: Sequence[Target], *, clients: int, seconds: float) -> list[Row]:
    """Load each target for so long, in turns of a quarter of a second.

    A slow moment of the machine meets all of them that way, and the ratios stand.
    Raises `UnexpectedAnswer`, also for a target that never gave an answer that counts.
    """
    times: dict[str, list[float]] = {target.name: [] for target in targets}
    elapsed = dict.fromkeys(times, 0.0)
    for _ in range(max(1, round(seconds / TURN_SECONDS))):
        for target in targets:
            requests = target.requests()
            began = time.perf_counter()
            times[target.name] += _load(target, requests, clients, min(seconds, TURN_SECONDS))
            elapsed[target.name] += time.perf_counter() - began
    for name, taken in times.items():
        if not taken:
            raise UnexpectedAnswer(f"{name}: no answer counts")
    return [Row.of(name, taken, clients, elapsed[name]) for name, taken in times.items()]


def _load(target: Target, requests: list[bytes], clients: int, seconds: float) -> list[float]:
    """Return the times of the answers that count, in seconds; any other status ends it all."""
    times: list[list[float]] = [[] for _ in range(clients)]
    began = time.perf_counter()

    def work(number: int) -> None:
        # Each client begins elsewhere in the list, so that not all ask for the same.
        shift = number * len(requests) // clients
        for request in cycle(requests[shift:] + requests[:shift]):
            asked = time.perf_counter()
            status, answer = ask(target.port, request)
            answered = time.perf_counter()
            if status not in target.statuses:
                raise UnexpectedAnswer(f"{target.name}: {answer[:400]!r}")
            if status == target.statuses[0]:
                times[number].append(answered - asked)
            if answered - began >= seconds:
                return

    all_at_once([partial(work, number) for number in range(clients)])
    return [taken for mine in times for taken in mine]


def all_at_once(acts: Sequence[Callable[[], None]]) -> None:
    """Run all acts at once, a thread each; raise what the first failing one raised."""
    failures: list[Exception] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], None]) -> None:
        start.wait()
        try:
            act()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
