"""Notes for the front desk, and looks at a record, as lines of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.urls import reverse
from django.utils.translation import ngettext

from clinic.formatting import when
from clinic.models import AccessLog, Client
from clinic.selectors.access_log import looks_at
from clinic.selectors.desk_notes import notes_of


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note with who wrote it when, and where it is taken down."""

    text: str
    who: str
    when: str
    down_url: str


@dataclass(frozen=True, slots=True)
class LookRow:
    """Somebody's look at a record, or their change of it."""

    what: str
    who: str
    when: str


def note_rows(client: Client, now: datetime, zone: tzinfo) -> Sequence[NoteRow]:
    """Return a client's notes, the newest first. One query."""
    return [
        NoteRow(
            text=note.text,
            who=note.written_by.get_full_name(),
            when=_when(note.written_at, now, zone),
            down_url=reverse("client-note-down", args=[client.public_id, note.public_id]),
        )
        for note in notes_of(client)
    ]


def look_rows(client: Client, now: datetime, zone: tzinfo) -> Sequence[LookRow]:
    """Return who looked at a record and changed it, the newest first. One query."""
    return [
        LookRow(
            what=str(AccessLog.Kind(look.kind).label),
            who=look.by.get_full_name(),
            when=_when(look.at, now, zone),
        )
        for look in looks_at(client)
    ]


def notes_words(count: int) -> str:
    """Say how many notes there are; empty for none."""
    return ngettext("%(count)s note", "%(count)s notes", count) % {"count": count} if count else ""


def _when(at: datetime, now: datetime, zone: tzinfo) -> str:
    other_year = at.astimezone(zone).year != now.astimezone(zone).year
    return when(at, zone, with_year=other_year)
