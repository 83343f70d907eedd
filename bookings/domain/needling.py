"""The needles of a visit: where they stand, and when they are due out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from clinic.domain.segments import SegmentPlan

RETENTION = "retention"
"""The kind of segment in which the client rests under needles."""

RETENTION_MINUTES = (15, 20, 25, 30, 35, 40)
"""What one visit's retention may be set to (design.md 5)."""

MOST_NEEDLES = 300


class Stage(StrEnum):
    """How far the needles of a visit are.

    NONE --needles in--> IN --as many out--> OUT
                         IN --another number--> UNEQUAL --searched, client told--> OUT
    """

    NONE = "none"
    IN = "in"
    UNEQUAL = "unequal"
    OUT = "out"


def stage_of(*, in_count: int | None, out_count: int | None, searched: bool) -> Stage:
    """Return the stage from the numbers; None where none was recorded."""
    if in_count is None:
        return Stage.NONE
    if out_count is None:
        return Stage.IN
    return Stage.OUT if searched or in_count == out_count else Stage.UNEQUAL


def retention_minutes(plan: Sequence[SegmentPlan]) -> int | None:
    """Return how long the client rests under needles; None for a visit without retention."""
    minutes = [segment.minutes for segment in plan if segment.kind == RETENTION]
    return sum(minutes) if minutes else None


def removal_due_at(*, in_at: datetime, plan: Sequence[SegmentPlan]) -> datetime:
    """Return when the retention is over; at once for a visit without retention."""
    return in_at + timedelta(minutes=retention_minutes(plan) or 0)


def with_retention(plan: Sequence[SegmentPlan], minutes: int) -> tuple[SegmentPlan, ...]:
    """Return a plan that rests `minutes` in all; of several rests the last one changes.

    Raises ValueError for a plan without retention, or when nothing of the last rest is left.
    """
    now = retention_minutes(plan)
    if now is None:
        raise ValueError("a visit without retention has none to set")
    last = max(place for place, segment in enumerate(plan) if segment.kind == RETENTION)
    changed = plan[last].minutes + minutes - now
    if changed <= 0:
        raise ValueError(f"{minutes} minutes are fewer than the rests before the last one")
    return tuple(
        replace(segment, minutes=changed) if place == last else segment
        for place, segment in enumerate(plan)
    )
