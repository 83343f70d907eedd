"""`make run`: the whole clinic on one machine."""

import fcntl
import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.urls import reverse

from clinic import local_stack
from clinic.models import Location
from clinic.supervisor import Supervisor, read_procfile
from treatments.demo import demo_logins

HOST = "127.0.0.1"


class Command(BaseCommand):
    help = "Starts the embedded servers, the site, the worker and the schedule; Ctrl-C stops all."
    # The checks of models and urls run with `migrate`, once the servers are up.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_a_taken_port(settings.PORT)
        with only_once(settings.DATA_DIR):
            self.stdout.write(f"Starting Meridian; its data is in {settings.DATA_DIR}")
            local_stack.ensure_or_exit()
            self.prepare()
            # The programs have connections of their own.
            connections.close_all()
            supervisor = Supervisor(settings.BASE_DIR, environment(settings.PORT))
            result = supervisor.run(commands(), is_up=is_ready, when_up=self.say_where)
        if result:
            raise CommandError("Meridian stopped. The lines above say why.")
        self.stdout.write("Meridian stopped; nothing is running any more.")

    def prepare(self) -> None:
        """Bring the database up to this release, the demo clinic in, the static files out."""
        call_command("migrate", interactive=False, verbosity=0)
        if not Location.objects.exists():
            self.stdout.write("First start: making the demo clinic")
            call_command("seed_demo", stdout=StringIO())
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)

    def say_where(self) -> None:
        """Print the address and the logins of the demo."""
        lines = ["", f"  Meridian is at {address()}", ""]
        lines += [f"  {role:<13} {email:<32} {password}" for role, email, password in demo_logins()]
        mailbox = address().rstrip("/") + reverse("demo-mailbox")
        lines += ["", f"  Every mail that went out: {mailbox}", "  Stop with Ctrl-C.", ""]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def address() -> str:
    """Return where the site is."""
    return f"http://localhost:{settings.PORT}/"


def is_ready() -> bool:
    """Ask the site whether it can do its work."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{settings.PORT}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def commands() -> dict[str, str]:
    """Return the Procfile's commands; with DEBUG the site reloads itself when code changes."""
    found = read_procfile(settings.BASE_DIR / "Procfile")
    if settings.DEBUG:
        found["web"] = f"exec python manage.py runserver {HOST}:$PORT"
    return found


def environment(port: int) -> dict[str, str]:
    """Return the environment of the programs: ours, and this Python first on the PATH."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "PORT": str(port), "PYTHONUNBUFFERED": "1"}


def refuse_a_taken_port(port: int) -> None:
    """Raise `CommandError` when something else listens where the site would."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is taken. Choose another one: make run PORT={port + 1}"
            ) from error


@contextmanager
def only_once(data_dir: Path) -> Iterator[None]:
    """Hold a data folder for ourselves: two schedules on one database would do all twice."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "run.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(
                "Meridian runs already with this data folder. Choose another one with DATA_DIR."
            ) from error
        yield
