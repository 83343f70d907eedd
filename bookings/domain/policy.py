"""What a client may change alone, and when."""

from datetime import datetime, timedelta
from enum import Enum, auto


class MoveAnswer(Enum):
    """Whether a client may move a visit alone."""

    YES = auto()
    ASK_RECEPTION = auto()
    NO_MOVES_LEFT = auto()
    STARTED = auto()


def is_late(*, starts_at: datetime, now: datetime, late_change_hours: int) -> bool:
    """Tell whether a change comes inside the late window (real hours, not wall-clock)."""
    return starts_at - now < timedelta(hours=late_change_hours)


def may_client_move(
    *,
    starts_at: datetime,
    now: datetime,
    late_change_hours: int,
    moves: int,
    max_moves: int,
    changed_by_clinic: bool,
) -> MoveAnswer:
    """Say whether a client may move a visit; free of limits once the clinic changed it."""
    if now >= starts_at:
        return MoveAnswer.STARTED
    if changed_by_clinic:
        return MoveAnswer.YES
    if is_late(starts_at=starts_at, now=now, late_change_hours=late_change_hours):
        return MoveAnswer.ASK_RECEPTION
    if moves >= max_moves:
        return MoveAnswer.NO_MOVES_LEFT
    return MoveAnswer.YES


def counts_as_late(
    *, starts_at: datetime, now: datetime, late_change_hours: int, changed_by_clinic: bool
) -> bool:
    """Tell whether a client's cancellation is late; never when the clinic changed the visit."""
    late = is_late(starts_at=starts_at, now=now, late_change_hours=late_change_hours)
    return late and not changed_by_clinic
