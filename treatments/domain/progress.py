"""How far a course has come, from what became of its visits; nothing of it is stored."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class SessionState(StrEnum):
    """Where one session stands."""

    DONE = "done"
    BOOKED = "booked"
    MISSED = "missed"
    CANCELLED = "cancelled"
    NOT_TREATED = "not_treated"
    OPEN = "open"


class CourseState(StrEnum):
    """Where a course stands."""

    PLANNED = "planned"
    ACTIVE = "active"
    COMPLETED = "completed"
    STOPPED = "stopped"


WAITING = frozenset({"booked", "arrived", "in_session"})
AFTER_LOSS = {
    "no_show": SessionState.MISSED,
    "cancelled": SessionState.CANCELLED,
    "not_treated": SessionState.NOT_TREATED,
}


@dataclass(frozen=True, slots=True)
class Progress:
    """Hold how many of the sessions are done."""

    done: int
    length: int

    @property
    def left(self) -> int:
        """How many are still to be done."""
        return max(self.length - self.done, 0)

    @property
    def percent(self) -> int:
        """How much is done, for a bar."""
        return 100 * self.done // self.length if self.length else 0


def session_state(attempts: list[str]) -> SessionState:
    """Return a session's state from those of its visits, oldest attempt first.

    The last attempt decides, except that a completed one is done for good.
    """
    if "completed" in attempts:
        return SessionState.DONE
    if any(state in WAITING for state in attempts):
        return SessionState.BOOKED
    return AFTER_LOSS.get(attempts[-1], SessionState.OPEN) if attempts else SessionState.OPEN


def course_state(*, done: int, ending: str) -> CourseState:
    """Return a course's state: how it ended, or whether any session is done."""
    if ending:
        return CourseState(ending)
    return CourseState.ACTIVE if done else CourseState.PLANNED


def gap_days(earlier: dt.date | None, later: dt.date | None) -> int | None:
    """Return the local days between two sessions, where both have a date."""
    return (later - earlier).days if earlier and later else None
