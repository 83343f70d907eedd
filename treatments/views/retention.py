"""The retention timers that a page shows, and the needles that are overdue."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from bookings.domain.lifecycle import State
from bookings.domain.runs import Run
from bookings.models import Appointment
from clinic.formatting import minutes_words, time_of_day
from clinic.models import User

MINUTE = timedelta(minutes=1)

DESK_CALLED_AFTER = timedelta(minutes=3)
"""So long may needles stay in past their time before reception is called (issue 6)."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A room under needles: when they are due, and from when this page calls for it."""

    key: str
    room: str
    room_id: int
    who: str
    calls_for: str
    due_iso: str
    alarm_iso: str
    due: str
    minutes: int
    is_over: bool


def timers_of(
    visits: Iterable[Appointment], runs: Mapping[int, Run], by: User, now: datetime
) -> list[Timer]:
    """Return the timers of visits whose needles are in, the first due first."""
    lying = [
        (run.due_at, visit)
        for visit in visits
        if visit.state_now is State.IN_SESSION and (run := runs[visit.pk]).due_at is not None
    ]
    lying.sort(key=lambda pair: (pair[0], pair[1].pk))
    return [_timer(visit, due_at, by, now) for due_at, visit in lying]


def calls_at(visit: Appointment, due_at: datetime, by: User) -> datetime:
    """Return from when somebody is called: the practitioner at once, others later."""
    is_own = visit.practitioner.user_id == by.pk
    return due_at if is_own else due_at + DESK_CALLED_AFTER


def overdue_words(room: str, due_at: datetime, now: datetime) -> str:
    """Say that the needles in a room should be out."""
    minutes = (now - due_at) // MINUTE
    if minutes < 1:
        return _("Time is over: %(room)s") % {"room": room}
    said = {"room": room, "length": minutes_words(minutes)}
    return _("%(room)s: needles %(length)s overdue") % said


def _timer(visit: Appointment, due_at: datetime, by: User, now: datetime) -> Timer:
    is_over = due_at <= now
    whole = (now - due_at) // MINUTE if is_over else -((now - due_at) // MINUTE)
    return Timer(
        key=str(visit.public_id),
        room=visit.room.name,
        room_id=visit.room_id,
        who=visit.practitioner.name,
        calls_for="" if visit.practitioner.user_id == by.pk else visit.practitioner.name,
        due_iso=due_at.isoformat(),
        alarm_iso=calls_at(visit, due_at, by).isoformat(),
        due=time_of_day(due_at, ZoneInfo(visit.location.zone)),
        minutes=whole,
        is_over=is_over,
    )
