"""Log lines as JSON, one object a line, for machines that collect them."""

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request"}
"""What every record carries; the rest was given by the caller as `extra`. A request is
never written: it would carry addresses and form fields of people."""


def place_of(error: BaseException) -> str:
    """Return what an error is and where it came from, without its words: they may name people."""
    lines = traceback.format_tb(error.__traceback__)
    return f"{type(error).__name__}\n{''.join(lines)}"


SECRETS = re.compile(r"(/v/|/calendar/[0-9a-f-]{36}/)[\w.-]+")
"""Addresses that open something to whoever has them: links in messages, private calendars."""


def without_secrets(line: str) -> str:
    """Take the secret part out of addresses: Django names each that it refuses."""
    return SECRETS.sub(r"\1...", line)


class PlainFormatter(logging.Formatter):
    """Writes a record for people, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class JsonFormatter(logging.Formatter):
    """Writes the time, level, logger and words of a record, and what came as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({key: value for key, value in vars(record).items() if key not in STANDARD})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return without_secrets(json.dumps(line, default=str))

    def formatException(self, ei: Any) -> str:
        """Write a traceback without the rows that PostgreSQL quotes: they hold people's data."""
        lines = super().formatException(ei).splitlines()
        return "\n".join(line for line in lines if not line.startswith("DETAIL:"))
