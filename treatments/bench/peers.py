"""django-appointment from PyPI, in an environment of its own, with the same diary.

The one peer that installs with pip. It never becomes part of this project: it lives in the
data folder and only the benchmark talks to it, over HTTP.
"""

import csv
import io
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from bookings.domain.lifecycle import RESERVING
from bookings.models import Appointment
from clinic.database_roles import as_owner
from treatments.bench.databases import Databases, settings_of_connection
from treatments.bench.diary import Diary
from treatments.bench.http_load import Target
from treatments.bench.names import PEER_DAY, PEER_VERSION
from treatments.bench.servers import WebServer, web_server

REQUIREMENTS = (
    f"django-appointment=={PEER_VERSION}",
    "Django~=5.2.0",
    "gunicorn",
    "psycopg2-binary",
)
DATABASE = "peer"
PROJECT = Path(__file__).parent / "peer_project"
INSTALL_SECONDS = 180
LOAD_SECONDS = 180
OPENS, CLOSES = "09:00", "17:00"


class PeerUnavailable(Exception):
    """The peer could not be installed or loaded; the message says why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A loaded peer: its Python, its settings, the ids of its staff."""

    python: str
    environment: Mapping[str, str]
    staff_ids: tuple[int, ...]

    def one_day(self, diary: Diary, port: int) -> Target:
        """Ask its view for the free slots of one staff member and day."""
        days = diary.days()
        return Target(
            name=PEER_DAY,
            port=port,
            paths=tuple(
                f"/appointment/ajax/available_slots/?selected_date={days[number % len(days)]}"
                f"&staff_member={staff_id}&service_id=1"
                for number, staff_id in enumerate(self.staff_ids)
            ),
            headers=("X-Requested-With: XMLHttpRequest",),
        )

    @contextmanager
    def served(self, diary: Diary) -> Iterator[WebServer]:
        """Serve it in the same way as ours."""
        with web_server(
            python=self.python,
            application="django.core.wsgi:get_wsgi_application()",
            folder=PROJECT,
            environment=self.environment,
            probe=self.one_day(diary, 0).paths[0],
            headers=("X-Requested-With: XMLHttpRequest",),
        ) as server:
            yield server


def prepare(databases: Databases, diary: Diary) -> Peer:
    """Install the peer and load the visits of the open database into its own tables."""
    python = _install(settings.DATA_DIR / "bench" / f"django-appointment-{PEER_VERSION}")
    is_new = databases.create(DATABASE)
    with as_owner():
        database = {
            **settings_of_connection(),
            "ENGINE": "django.db.backends.postgresql",
            "NAME": databases.full_name(DATABASE),
        }
    environment = {
        "DJANGO_SETTINGS_MODULE": "peer_settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "PEER_DATABASE": json.dumps(database),
        "PEER_ZONE": diary.location.zone.key,
        "PYTHONPATH": str(PROJECT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    migrate = [python, "-m", "django", "migrate", "--verbosity", "0"]
    _run(migrate, environment, LOAD_SECONDS)
    # Its wheel has no migrations: its own tables are made from the models, after Django's.
    _run([*migrate, "--run-syncdb"], environment, LOAD_SECONDS)
    words = [python, "load_peer.py", OPENS, CLOSES]
    ids = _run(words, environment, LOAD_SECONDS, _visits_as_csv(diary) if is_new else "")
    return Peer(python, environment, tuple(int(line) for line in ids.split()))


def _install(folder: Path) -> str:
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        _run([sys.executable, "-m", "venv", "--clear", str(folder)], {}, INSTALL_SECONDS)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, *REQUIREMENTS], {}, INSTALL_SECONDS)
        (folder / "installed").touch()
    return str(python)


def _visits_as_csv(diary: Diary) -> str:
    zone = diary.location.zone
    text = io.StringIO()
    writer = csv.writer(text)
    rows = Appointment.objects.filter(location_id=diary.location.id, state__in=RESERVING)
    for person, starts_at, ends_at in rows.order_by("starts_at", "pk").values_list(
        "practitioner_id", "starts_at", "ends_at"
    ):
        starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
        writer.writerow([person, starts.date(), starts.time(), ends.time()])
    return text.getvalue()


def _reason(errors: str) -> str:
    """Return the line of a traceback that names the error."""
    lines = [line for line in errors.splitlines() if line.strip()] or ["it gave no reason"]
    named = [line for line in lines if "Error" in line and not line.startswith(" ")]
    return (named or lines)[-1]


def _run(words: list[str], environment: Mapping[str, str], seconds: int, given: str = "") -> str:
    try:
        done = subprocess.run(
            words,
            cwd=PROJECT,
            env={**os.environ, **environment},
            input=given,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise PeerUnavailable(f"{words[1:3]} took more than {seconds} s") from error
    except subprocess.CalledProcessError as error:
        raise PeerUnavailable(_reason(error.stderr)) from error
    return done.stdout
