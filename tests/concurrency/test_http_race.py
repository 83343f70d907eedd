"""Fifty clients send one order over HTTP to running gunicorn workers."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from bookings.models import Appointment
from clinic.database_roles import login_of
from clinic.services.tokens import issue_token
from tests.concurrency.test_race import overlaps
from tests.factories.clinic import make_client, make_small_clinic

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

RIVALS = 50
START_SECONDS = 180


def test_fifty_clients_one_slot_one_booking(tmp_path):
    clinic = make_small_clinic()
    tokens = [
        issue_token(user=make_client(f"Rival{n} X").user, now=timezone.now()) for n in range(RIVALS)
    ]

    with running_server(tmp_path) as port:
        slot = first_slot(port)
        answers = all_at_once(port, tokens, slot)

    codes = Counter((status, body.get("code", "")) for status, body in answers)
    assert codes == {(201, ""): 1, (409, "slot_taken"): RIVALS - 1}
    for status, body in answers:
        assert status == 201 or len(body["alternatives"]) == 3
    assert Appointment.objects.count() == 1
    assert overlaps() == 0
    assert clinic.location.slug == slot["location"]


def first_slot(port):
    """Ask the server itself what is free tomorrow or later: its clock is the real one."""
    first = timezone.now().date() + timedelta(days=2)
    query = f"service=first-visit&location=new-york&from={first}&to={first + timedelta(days=7)}"
    status, body = call(port, "GET", f"/api/v1/slots?{query}")
    assert status == 200
    return body["slots"][0]


def all_at_once(port, tokens, slot):
    barrier = threading.Barrier(len(tokens), timeout=START_SECONDS)
    answers = []
    order = {key: slot[key] for key in ("service", "location", "starts_at", "practitioner")}

    def send(number, token):
        barrier.wait()
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"rival-{number}"}
        answers.append(call(port, "POST", "/api/v1/appointments", order, headers))

    threads = [threading.Thread(target=send, args=pair) for pair in enumerate(tokens)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(tokens)
    return answers


def call(port, method, path, body=None, headers=None):
    link = HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    text = json.dumps(body) if body else None
    link.request(method, path, text, {"Content-Type": "application/json", **(headers or {})})
    response = link.getresponse()
    document = json.loads(response.read())
    link.close()
    return response.status, document


@contextmanager
def running_server(folder):
    """Run gunicorn on the test's own database, and stop it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = (
        "--workers=4",
        "--backlog=256",
        f"--timeout={START_SECONDS}",
        f"--bind=127.0.0.1:{port}",
    )
    with (folder / "log").open("w+") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "clinic.wsgi", *options],
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "clinic.settings.test",
                "DATABASE_URL": database_url(),
                "TEST_DATA_DIR": str(settings.DATA_DIR),
            },
            cwd=settings.BASE_DIR,
            stdout=log,
            stderr=log,
        )
        try:
            wait_until_up(server, port, folder / "log")
            yield port
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_until_up(server, port, log):
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            if call(port, "GET", "/api/v1/services")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"gunicorn did not start: {log.read_text()}")


def database_url():
    found = {**connection.settings_dict, **login_of(settings.DATABASE_APPLICATION)}
    login = quote(found["USER"])
    if found.get("PASSWORD"):
        login += f":{quote(found['PASSWORD'], safe='')}"
    # On a busy machine the site may well be busy too; here they queue until one has won.
    patience = "options=" + quote(f"-c lock_timeout={START_SECONDS}s", safe="")
    if found["HOST"].startswith("/"):
        return f"postgres://{login}@/{found['HOST']}/{found['NAME']}?{patience}"
    port = f":{found['PORT']}" if found["PORT"] else ""
    return f"postgres://{login}@{found['HOST']}{port}/{found['NAME']}?{patience}"
