"""The probes."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from clinic.messaging.heartbeat import beat
from tests.factories.clinic import NOW, make_small_clinic
from tests.support.messages import make_message


def test_healthz_answers_without_asking_anybody(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db
def test_readyz_with_everything_in_order_is_200(client):
    answer = client.get("/readyz")

    messages = {"last_run_at": None, "oldest_waits_seconds": 0}
    expected = {"ready": True, "failing": [], "messages": messages}
    assert (answer.status_code, answer.json()) == (200, expected)


@pytest.mark.django_db
def test_readyz_says_how_long_the_oldest_message_has_been_due(client):
    clinic = make_small_clinic()
    make_message(clinic.alice, clinic.location, NOW)
    beat("dispatcher", NOW)

    with time_machine.travel(NOW + timedelta(minutes=3), tick=False):
        answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["messages"] == {
        "last_run_at": "2027-06-07T12:00:00Z",
        "oldest_waits_seconds": 180,
    }


@pytest.mark.logs_errors
@pytest.mark.django_db
def test_readyz_with_a_migration_missing_names_migrations(client):
    MigrationRecorder(connection).record_unapplied("bookings", "0001_initial")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["failing"]) == (503, ["migrations"])


@pytest.mark.logs_errors
@pytest.mark.django_db
def test_readyz_without_a_broker_names_the_broker(client, settings):
    settings.BROKER_PROBE_URL = "unix:///nonexistent/meridian.sock?db=0"

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["failing"]) == (503, ["broker"])


@pytest.mark.django_db
def test_probes_are_not_redirected_to_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]

    answers = [client.get(path).status_code for path in ("/healthz", "/readyz", "/")]

    assert answers == [200, 200, 301]
