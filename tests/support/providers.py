"""Providers on this machine that record what they are given and fail as they are told."""

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from treatments.bench.servers import free_port

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Fault:
    """How a request is answered: a status, after so many seconds; with `drop`, not at all."""

    status: int = 200
    words: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    drop: bool = False


@dataclass
class Recorder:
    """What a provider was given: each mail that it created, and each time it was asked."""

    fault: Callable[[str, int], Fault | None] = lambda key, asked: None
    created: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    asked_at: list[tuple[float, str]] = field(default_factory=list)
    mails: list[Any] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, key: str) -> Fault | None:
        """Count a request and say how it fails."""
        with self.lock:
            self.asked[key] += 1
            self.asked_at.append((time.monotonic(), key))
            return self.fault(key, self.asked[key])

    def create(self, key: str, mail: Any) -> None:
        """Take a mail."""
        with self.lock:
            self.created[key] += 1
            self.mails.append(mail)


class ResendHandler(BaseHTTPRequestHandler):
    """Speaks as Resend does: the same Idempotency-Key creates one mail."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "ResendServer"

    def do_POST(self) -> None:
        mail = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers["Idempotency-Key"]
        recorder = self.server.recorder
        fault = recorder.ask(key)
        if fault and fault.seconds:
            time.sleep(fault.seconds)
        if fault is None or fault.drop:
            self.server.create_once(key, mail)
        if fault and fault.drop:
            self.close_connection = True
            return
        fault = fault or Fault(words={"id": f"mail-{key}"})
        body = json.dumps(fault.words).encode()
        self.send_response(fault.status)
        for name, value in {"Content-Length": str(len(body)), **fault.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


class ResendServer(ThreadingHTTPServer):
    """Remembers keys."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, recorder: Recorder) -> None:
        super().__init__((HOST, 0), ResendHandler)
        self.recorder = recorder
        self._keys: set[str] = set()

    def create_once(self, key: str, mail: Any) -> None:
        with self.recorder.lock:
            is_new = key not in self._keys
            self._keys.add(key)
        if is_new:
            self.recorder.create(key, mail)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A killed worker hangs up in the middle: that is what it is for."""


@contextmanager
def resend(recorder: Recorder) -> Iterator[Recorder]:
    """Serve until the block ends; `recorder.url` is what EMAIL_URL takes."""
    server = ResendServer(recorder)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    port = server.server_address[1]
    recorder.url = f"anymail+resend://test-key?api_url=http://{HOST}:{port}/"
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class SmtpHandler:
    """Counts mails by their Message-ID."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        fault = self.recorder.fault(address, 0)
        if fault:
            return f"{fault.status} no"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content, _class=EmailMessage, policy=policy.default)
        key = str(mail["Message-ID"]).strip("<>")
        fault = self.recorder.ask(key)
        if fault is None or fault.drop:
            self.recorder.create(key, mail)
        if fault and fault.drop:
            server.transport.close()
        return f"{fault.status} no" if fault else "250 OK"


@contextmanager
def smtp(recorder: Recorder) -> Iterator[Recorder]:
    """Serve until the block ends."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    port = free_port()
    controller = Controller(SmtpHandler(recorder), hostname=HOST, port=port)
    controller.start()
    recorder.url = f"smtp://{HOST}:{port}"
    try:
        yield recorder
    finally:
        controller.stop()
