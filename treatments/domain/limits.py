"""Between which dates one session may lie while all the others stay where they are."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from treatments.domain.spacing import Gap, Pause, is_paused, merge_pauses, paused_days_between


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Hold the date of the nearest session that has one, and the gaps that lie between.

    There are several gaps where sessions in between have no date.
    """

    date: dt.date
    gaps: Sequence[Gap]

    @property
    def floor_days(self) -> int:
        """The least number of days to this neighbour."""
        return sum(gap.rule.floor_days for gap in self.gaps)

    @property
    def ceiling_days(self) -> int | None:
        """The greatest number of days, pauses left out; None where it may be exceeded."""
        if any(gap.may_exceed_ceiling for gap in self.gaps):
            return None
        return sum(gap.rule.ceiling_days for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class DateLimits:
    """Hold what binds the date of one session: its neighbours, the pauses, ready-by."""

    before: Neighbour | None
    after: Neighbour | None
    pauses: tuple[Pause, ...] = ()
    ready_by: dt.date | None = None

    def allow(self, date: dt.date) -> bool:
        """Say whether the session may lie on a date, and all others stay."""
        if is_paused(self.pauses, date) or (self.ready_by is not None and date > self.ready_by):
            return False
        return self.reaches_before(date) and self.reaches_after(date)

    def reaches_before(self, date: dt.date) -> bool:
        """Say whether the gap to the session before keeps its limits."""
        return self._reaches(self.before, date)

    def reaches_after(self, date: dt.date) -> bool:
        """Say whether the gap to the session after keeps its limits."""
        return self._reaches(self.after, date)

    def _reaches(self, neighbour: Neighbour | None, date: dt.date) -> bool:
        if neighbour is None:
            return True
        is_before = neighbour is self.before
        earlier, later = (neighbour.date, date) if is_before else (date, neighbour.date)
        days = (later - earlier).days
        if days < neighbour.floor_days:
            return False
        ceiling = neighbour.ceiling_days
        if ceiling is None:
            return True
        paused = paused_days_between(merge_pauses(self.pauses), earlier, later)
        return days - paused <= ceiling
