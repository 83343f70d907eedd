"""Carry a change that was looked at to the click that confirms it, signed."""

from datetime import date, datetime, timedelta
from typing import Any

from django.core import signing

from clinic.refusals import AlreadyChanged
from treatments.domain.spacing import Pause
from treatments.models import Course
from treatments.services.changing import ChangeKind, CourseChange, SessionChange

SALT = "treatments.course-change"
MAX_AGE = timedelta(hours=1)


def token_of(change: CourseChange) -> str:
    """Return a change as a signed token, good for an hour."""
    return signing.dumps(
        {
            "course": change.course_id,
            "version": change.version,
            "kind": change.kind,
            "number": change.number,
            "reason": change.reason,
            "pause": _pause_to_json(change.pause),
            "sessions": [
                [item.number, _iso(item.old_starts_at), _iso(item.starts_at), item.practitioner_id]
                for item in change.sessions
            ],
        },
        salt=SALT,
    )


def change_of_token(token: str, course: Course) -> CourseChange:
    """Return the change of a token. Raises `AlreadyChanged` if it is old, or another course's."""
    try:
        row = signing.loads(token, salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature as error:
        raise AlreadyChanged from error
    if row["course"] != course.pk:
        raise AlreadyChanged
    return CourseChange(
        course_id=row["course"],
        version=row["version"],
        kind=ChangeKind(row["kind"]),
        sessions=tuple(
            SessionChange(number, _instant(old), _instant(new), practitioner_id)
            for number, old, new, practitioner_id in row["sessions"]
        ),
        number=row["number"],
        reason=row["reason"],
        pause=_pause_of_json(row["pause"]),
    )


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


def _pause_to_json(pause: Pause | None) -> list[str] | None:
    return [pause.first_date.isoformat(), pause.end_date.isoformat()] if pause else None


def _pause_of_json(row: Any) -> Pause | None:
    return Pause(date.fromisoformat(row[0]), date.fromisoformat(row[1])) if row else None
