"""Messages through the real worker: found due, asked, written, handed to a provider, recorded.

Reminders of visits that lie ahead, all due at once. The provider is a mail backend that takes
each mail after 0 or 50 ms; one worker with two processes, as in the Procfile.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.conf import settings

from bookings.domain.lifecycle import State
from bookings.domain.reminders import Reminder
from bookings.messages.kinds import REMINDER_KINDS, VISIT
from bookings.models import Appointment
from clinic.celery import app
from clinic.models import Location, Message
from treatments.bench.databases import settings_of_connection
from treatments.bench.names import dispatch_of
from treatments.bench.report import Findings
from treatments.bench.slow_mail import MILLISECONDS

TASK = "clinic.tasks.send_due_messages"
PROCESSES = 2
PROVIDER_MS = (0, 50)
WARMING = 50
ROUNDS = 3
LONGEST_SECONDS = 120.0
SHARE_OF_SLOW = 5
"""A slow provider gets so many times fewer messages, so that it takes no longer."""


class DispatchFailed(Exception):
    """The worker did not send what was due."""


def measure(found: Findings, now: datetime, messages: int) -> None:
    """Send messages with each provider, some rounds each; keep how many went out a second."""
    _let_it_be_noon(now)
    for milliseconds in PROVIDER_MS:
        count = messages // SHARE_OF_SLOW if milliseconds else messages
        queue = f"bench-{secrets.token_hex(4)}"
        with _worker(queue, milliseconds):
            _send(queue, WARMING, now)
            rates = [count / _send(queue, count, now) for _round in range(ROUNDS)]
        found.messages[dispatch_of(milliseconds)] = rates


def _send(queue: str, count: int, now: datetime) -> float:
    """Return in how many seconds so many messages are gone, from the call of the worker on."""
    Message.objects.all().delete()
    _write(count, now)
    began = time.monotonic()
    for _process in range(PROCESSES):
        app.send_task(TASK, queue=queue)
    while Message.objects.waiting().exists():
        if time.monotonic() - began > LONGEST_SECONDS:
            raise DispatchFailed(f"{Message.objects.waiting().count()} messages were not sent")
        time.sleep(0.01)
    seconds = time.monotonic() - began
    sent = Message.objects.filter(state=Message.State.SENT).count()
    if sent != count:
        raise DispatchFailed(f"{sent} of {count} messages were sent")
    return seconds


def _write(count: int, now: datetime) -> None:
    visits = Appointment.objects.filter(state=State.BOOKED, starts_at__gt=now)
    kind = REMINDER_KINDS[Reminder.EARLY]
    rows = [
        Message(
            dedupe_key=f"bench:{visit.pk}",
            kind=kind,
            client_id=visit.client_id,
            about=VISIT,
            about_id=visit.pk,
            about_version=visit.version,
            location_id=visit.location_id,
            due_at=now,
            created_at=now,
        )
        for visit in visits.exclude(client__email="").order_by("pk")[:count]
    ]
    if len(rows) < count:
        raise DispatchFailed(f"there are only {len(rows)} visits ahead")
    Message.objects.bulk_create(rows)


def _let_it_be_noon(now: datetime) -> None:
    """Give the location a zone in which no reminder waits for the morning."""
    ahead = 12 - now.astimezone(UTC).hour
    # POSIX counts these zones the other way round.
    zone = "Etc/GMT" if ahead == 0 else f"Etc/GMT{-ahead:+d}"
    Location.objects.update(zone=zone)


@contextmanager
def _worker(queue: str, milliseconds: int) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "clinic", "worker", "-Q", queue]
    command += ["--concurrency", str(PROCESSES), "--without-gossip", "--without-mingle"]
    command += ["--hostname", f"{queue}@bench", "--loglevel", "WARNING"]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "clinic.settings.bench",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "BENCH_DATABASE": json.dumps(settings_of_connection()),
        "BENCH_CACHE": settings.CACHES["default"]["LOCATION"],
        "BENCH_BROKER": settings.CELERY_BROKER_URL,
        MILLISECONDS: str(milliseconds),
    }
    process = subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
    )
    try:
        yield
    finally:
        # Nothing of it is to be kept: what it sent was counted before.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
