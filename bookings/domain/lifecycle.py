"""The one table of an appointment's states; services, pages and tests read it.

    held --> booked --> arrived --> in_session --> completed
      |        |  \\        |  \\
      |        |   no_show  |   not_treated
      v        v            v
    expired  cancelled   cancelled
"""

from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """Where an appointment stands."""

    HELD = "held"
    BOOKED = "booked"
    ARRIVED = "arrived"
    IN_SESSION = "in_session"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    NOT_TREATED = "not_treated"
    EXPIRED = "expired"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.HELD: frozenset({State.BOOKED, State.EXPIRED}),
    State.BOOKED: frozenset({State.ARRIVED, State.CANCELLED, State.NO_SHOW}),
    State.ARRIVED: frozenset({State.IN_SESSION, State.CANCELLED, State.NOT_TREATED}),
    State.IN_SESSION: frozenset({State.COMPLETED, State.NOT_TREATED}),
    State.COMPLETED: frozenset(),
    State.CANCELLED: frozenset(),
    State.NO_SHOW: frozenset(),
    State.NOT_TREATED: frozenset(),
    State.EXPIRED: frozenset(),
}

CLOSINGS: dict[State, frozenset[State]] = {
    State.BOOKED: frozenset({State.COMPLETED, State.NO_SHOW, State.NOT_TREATED}),
    State.ARRIVED: frozenset({State.COMPLETED, State.NOT_TREATED}),
    State.IN_SESSION: frozenset({State.COMPLETED, State.NOT_TREATED}),
}
"""How a visit of the past may be closed in one step when nobody tapped at the time."""

RESERVING = frozenset({State.HELD, State.BOOKED, State.ARRIVED, State.IN_SESSION, State.COMPLETED})
"""States in which the visit keeps its reservations."""

OPEN = frozenset({State.BOOKED, State.ARRIVED, State.IN_SESSION})
"""States of a visit that still waits for its end."""

ONE_TAP = frozenset({State.ARRIVED, State.COMPLETED, State.NO_SHOW, State.NOT_TREATED})
"""States that staff record with one tap; starting a visit may ask for more."""

UNDOABLE = frozenset(
    {
        State.ARRIVED,
        State.IN_SESSION,
        State.COMPLETED,
        State.CANCELLED,
        State.NO_SHOW,
        State.NOT_TREATED,
    }
)
"""States that a mistaken tap may have brought about."""

UNDO_WINDOW = timedelta(minutes=15)


def may_change(current: State, wanted: State) -> bool:
    """Tell whether a visit may go from one state to another."""
    return wanted in TRANSITIONS[current]


def may_close(current: State, wanted: State) -> bool:
    """Tell whether a visit left open may be closed as `wanted`, once its time is over."""
    return wanted in CLOSINGS.get(current, frozenset())


def is_step(from_state: str, to_state: str) -> bool:
    """Tell whether a recorded change was a step forward (no move, no undo), so can be undone."""
    if from_state == "":
        return False
    current, wanted = State(from_state), State(to_state)
    return may_change(current, wanted) or may_close(current, wanted)


def may_undo(*, state: State, changed_at: datetime, now: datetime) -> bool:
    """Tell whether the last change may still be taken back: for 15 minutes, `now` inclusive."""
    return state in UNDOABLE and now - changed_at <= UNDO_WINDOW
