"""How far apart two sessions may lie, in local days.

    days   1 ... floor ... min ... target ... max ... ceiling ...
           never |  bend  |    recommended     |  bend  | never (or: an exception)

A pause inside a gap lengthens the ceiling of that gap, nothing else:

    Mon 2 |session|   pause 5 .. 19   |session| Mon 23
                  x x #############  x x            21 days, of which 14 paused:
                                                    judged against ceiling + 14
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class GapRule:
    """Hold the figures for one gap: hard limits, recommended window, target; all in local days.

    Raises ValueError unless 1 <= floor <= min <= target <= max <= ceiling. A floor of at
    least one day is what keeps two sessions off one date.
    """

    floor_days: int = 5
    min_days: int = 7
    target_days: int = 7
    max_days: int = 14
    ceiling_days: int = 28

    def __post_init__(self) -> None:
        ordered = (
            1,
            self.floor_days,
            self.min_days,
            self.target_days,
            self.max_days,
            self.ceiling_days,
        )
        if any(lower > higher for lower, higher in pairwise(ordered)):
            raise ValueError(f"1 <= floor <= min <= target <= max <= ceiling, not {self}")

    def days_outside(self, days: int) -> int:
        """Count the days by which a gap lies outside the recommended window; too short is < 0."""
        if days < self.min_days:
            return days - self.min_days
        return max(days - self.max_days, 0)


@dataclass(frozen=True, slots=True)
class Gap:
    """Hold the rule between two sessions of a course.

    `may_exceed_ceiling`: the gap contains a no-show or a cancellation by the clinic (or
    staff said so), and so may pass its ceiling by the least possible.
    """

    rule: GapRule = GapRule()
    may_exceed_ceiling: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Pause:
    """Hold local dates `[first_date, end_date)` on which no session of the course may lie."""

    first_date: dt.date
    end_date: dt.date

    def __post_init__(self) -> None:
        if self.end_date <= self.first_date:
            raise ValueError(f"a pause ends after it starts: {self.first_date} to {self.end_date}")

    def holds(self, date: dt.date) -> bool:
        """Say whether `date` lies in the pause."""
        return self.first_date <= date < self.end_date


def merge_pauses(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """Join pauses that overlap or touch, in order, so that no day counts twice."""
    merged: list[Pause] = []
    for pause in sorted(pauses):
        if merged and pause.first_date <= merged[-1].end_date:
            end_date = max(merged[-1].end_date, pause.end_date)
            merged[-1] = Pause(merged[-1].first_date, end_date)
        else:
            merged.append(pause)
    return tuple(merged)


def is_paused(pauses: Iterable[Pause], date: dt.date) -> bool:
    """Say whether `date` lies in any of the pauses."""
    return any(pause.holds(date) for pause in pauses)


def paused_days_between(merged: Sequence[Pause], earlier: dt.date, later: dt.date) -> int:
    """Count the paused days strictly between two dates; `merged` as of `merge_pauses`.

    A pause that reaches beyond either date counts with the days that lie between them.
    """
    first = earlier.toordinal() + 1
    end = later.toordinal()
    return sum(
        max(0, min(end, pause.end_date.toordinal()) - max(first, pause.first_date.toordinal()))
        for pause in merged
    )


def days_over_ceiling(
    rule: GapRule, merged: Sequence[Pause], earlier: dt.date, later: dt.date
) -> int:
    """Count the days by which the gap between two dates passes its (lengthened) ceiling."""
    days = (later - earlier).days
    return max(0, days - rule.ceiling_days - paused_days_between(merged, earlier, later))
