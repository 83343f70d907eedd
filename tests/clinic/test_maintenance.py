"""What people see while the clinic's system is down, on purpose or not."""

from unittest import mock

import pytest
from django.db import OperationalError

from clinic.views import public


@pytest.mark.logs_errors
def test_planned_work_answers_503_on_every_page(client, settings):
    settings.MAINTENANCE = True

    page = client.get("/")
    api = client.get("/api/v1/services")

    assert (page.status_code, page["Retry-After"]) == (503, "60")
    assert "back in a moment" in page.content.decode()
    assert (api.status_code, api.json()["code"]) == (503, "busy")


def test_health_answers_during_planned_work(client, settings):
    settings.MAINTENANCE = True

    assert client.get("/healthz").status_code == 200


@pytest.mark.logs_errors
@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (OperationalError("gone"), 503, "back in a moment"),
        (ValueError("ours"), 500, "Something went wrong"),
    ],
)
def test_database_that_is_away_is_no_crash(client, error, status, words):
    client.raise_request_exception = False

    with mock.patch.object(public, "catalogue", side_effect=error):
        page = client.get("/treatments/")

    assert page.status_code == status
    assert words in page.content.decode()
