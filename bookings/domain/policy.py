"""What a client may change alone, and when."""

from datetime import datetime, timedelta
from enum import Enum, auto
from zoneinfo import ZoneInfo


class MoveAnswer(Enum):
    """Whether a client may move a visit alone."""

    YES = auto()
    ASK_RECEPTION = auto()
    NO_MOVES_LEFT = auto()
    STARTED = auto()


COMES_EARLY = timedelta(hours=1)
"""So long before a visit just after midnight its client may come on the day before."""


def is_its_day(*, starts_at: datetime, ends_at: datetime, zone: ZoneInfo, now: datetime) -> bool:
    """Tell whether a visit may run now: on a local date that it touches, or soon before it.

    22:30        23:30        00:00        00:30
      |--- soon ---|=== visit ====|=== visit ===|--- until midnight ...
    """
    first, last = (at.astimezone(zone).date() for at in (starts_at, ends_at))
    is_soon = starts_at - COMES_EARLY <= now < starts_at
    return is_soon or first <= now.astimezone(zone).date() <= last


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
