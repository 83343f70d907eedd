"""Log lines of production."""

import json
import logging
import sys

import pytest
from django.db import IntegrityError, transaction

from clinic.logs import JsonFormatter
from clinic.models import User


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
