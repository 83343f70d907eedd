"""Log lines of production."""

import json
import logging
import sys

import pytest
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from clinic.logs import JsonFormatter
from clinic.messaging.links import Act, write
from clinic.models import User
from clinic.settings.base import logging_to_stdout
from tests.factories.clinic import NOW


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("clinic", logging.WARNING, "file.py", 1, message, None, None)
    vars(made).update(extra)
    return made


def test_line_is_one_json_object_with_what_was_given():
    line = JsonFormatter().format(record("cache unavailable", error="TimeoutError"))

    written = json.loads(line)
    assert "\n" not in line
    assert (written["level"], written["message"]) == ("warning", "cache unavailable")
    assert written["error"] == "TimeoutError"


def test_request_is_never_written():
    line = JsonFormatter().format(record("not found", request="GET /?email=alice@example.com"))

    assert "alice" not in line


@pytest.mark.parametrize("style", ["plain", "json"])
@pytest.mark.parametrize("refused", ["/v/{token}/", "/v/{token}/at-once/", "/calendar/{feed}.ics"])
def test_refused_address_is_named_without_its_secret(style, refused):
    token = write(Act.STOP, 7, 0, NOW)
    secret = "8c11" * 16
    path = refused.format(token=token, feed=f"74df6661-adfc-4bfb-8609-ca781c6d01cd/{secret}")
    formatter = dict(logging_to_stdout(style)["formatters"][style])
    make = import_string(formatter.pop("()"))

    line = make(**formatter).format(record(f"Method Not Allowed (PROPFIND): {path}"))

    assert "Not Allowed" in line
    assert token not in line
    assert secret not in line
    assert style == "plain" or json.loads(line)["level"] == "warning"


@pytest.mark.django_db
def test_row_quoted_by_the_database_is_left_out():
    email = "alice@example.com"
    User.objects.create(email=email)
    try:
        with transaction.atomic():
            User.objects.create(email=email)
    except IntegrityError:
        failed = record("failed")
        failed.exc_info = sys.exc_info()

    line = JsonFormatter().format(failed)

    assert "alice" in str(failed.exc_info[1])
    assert "violates unique constraint" in line
    assert "alice" not in line
