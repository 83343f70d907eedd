"""Read the mails that the file backend of a demo wrote, instead of sending them.

One file holds the mails of one connection, each followed by a line of dashes. A mail
without that line is still being written, and is left for the next look.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime
from pathlib import Path

END_OF_MAIL = re.compile(rb"\n-{79}\r?\n")
FILE_NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]+")
MOST_SHOWN = 200
LARGEST_FILE = 5_000_000


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that came with a mail."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class DemoMail:
    """One mail; `file` and `number` name it."""

    file: str
    number: int
    to: str
    subject: str
    sent_at: datetime
    text: str
    html: str
    enclosures: tuple[Enclosure, ...]


def newest_mails(folder: Path) -> list[DemoMail]:
    """Return the mails in a folder, the newest first; none if it does not exist."""
    files = sorted(_files(folder), key=lambda path: (_changed(path), path.name), reverse=True)
    found: list[DemoMail] = []
    for path in files:
        found.extend(reversed(mails_of(path)))
        if len(found) >= MOST_SHOWN:
            break
    return sorted(found, key=lambda mail: mail.sent_at, reverse=True)[:MOST_SHOWN]


def find_mail(folder: Path, file: str, number: int) -> DemoMail | None:
    """Return one mail by its name, or None. A name is never a path."""
    if not FILE_NAME.fullmatch(file):
        return None
    mails = mails_of(folder / f"{file}.log")
    return mails[number] if number < len(mails) else None


def mails_of(path: Path) -> list[DemoMail]:
    """Return the whole mails of one file in the order they were written."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE)
    except OSError:
        # Cleared away between the look at the folder and now.
        return []
    parts = END_OF_MAIL.split(raw)[:-1]
    return [_read(path.stem, number, part) for number, part in enumerate(parts)]


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.suffix == ".log" and FILE_NAME.fullmatch(path.stem) and path.is_file():
            yield path


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _read(file: str, number: int, raw: bytes) -> DemoMail:
    message = message_from_bytes(raw.lstrip(), policy=policy.default)
    return DemoMail(
        file=file,
        number=number,
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        sent_at=_sent_at(message),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        enclosures=tuple(_enclosures(message)),
    )


def _sent_at(message: EmailMessage) -> datetime:
    try:
        sent_at = parsedate_to_datetime(str(message["Date"]))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return _content(part).decode("utf-8", "replace") if part else ""


def _enclosures(message: EmailMessage) -> Iterator[Enclosure]:
    for position, part in enumerate(message.walk()):
        is_calendar = part.get_content_type() == "text/calendar"
        if part.get_content_disposition() == "attachment" or is_calendar:
            fallback = "invite.ics" if is_calendar else f"file-{position}"
            yield Enclosure(Path(part.get_filename() or fallback).name, _content(part))


def _content(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return b""
    charset = part.get_content_charset("utf-8")
    if part.get_content_maintype() != "text" or charset.lower() in ("utf-8", "us-ascii"):
        return payload
    try:
        return payload.decode(charset, "replace").encode()
    except LookupError:
        return payload
