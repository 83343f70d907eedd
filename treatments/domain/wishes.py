"""What a client wishes, what it costs not to get it, and what is out of the question."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, fields

MINUTES_A_DAY = 24 * 60
HALF_HOUR = 30


@dataclass(frozen=True, slots=True)
class Hours:
    """Hold local minutes of the day `[from_minute, to_minute)` in which a visit may start.

    "17:00 to 19:00" offers 18:55 and not 19:00; 1440 is the end of the day.
    """

    from_minute: int
    to_minute: int

    def __post_init__(self) -> None:
        if not 0 <= self.from_minute < self.to_minute <= MINUTES_A_DAY:
            raise ValueError(f"hours lie within one day and are not empty: {self}")

    def holds(self, minute: int) -> bool:
        """Say whether a visit may start at this minute of the day."""
        return self.from_minute <= minute < self.to_minute


@dataclass(frozen=True, slots=True)
class Wishes:
    """Hold a client's wishes for a course: `only_` is hard, `rather_` costs when missed.

    Weekdays are ISO (Monday 1), an empty set means any. `around_minute` is the wished
    local start. `not_before`: no session is newly put before this date. `ready_by`:
    the last session's date is at the latest this one (the event less its margin).
    """

    only_weekdays: frozenset[int] = frozenset()
    only_hours: Hours | None = None
    only_practitioner_id: int | None = None
    rather_weekdays: frozenset[int] = frozenset()
    rather_hours: Hours | None = None
    around_minute: int | None = None
    rather_practitioner_id: int | None = None
    not_before: dt.date | None = None
    ready_by: dt.date | None = None

    def __post_init__(self) -> None:
        if not self.only_weekdays | self.rather_weekdays <= frozenset(range(1, 8)):
            raise ValueError("weekdays are 1 (Monday) to 7 (Sunday)")
        if self.around_minute is not None and not 0 <= self.around_minute < MINUTES_A_DAY:
            raise ValueError(f"a minute of the day is 0 to 1439, not {self.around_minute}")


@dataclass(frozen=True, slots=True)
class PlanWeights:
    """Hold what each bend of a plan costs, and what a move weighs (design 8)."""

    day_off_target: int = 10
    day_outside_window: int = 40
    slot_outside_wishes: int = 25
    started_half_hour: int = 1
    other_practitioner: int = 40
    change_of_practitioner: int = 15
    day_after_not_before: int = 2
    move: int = 1
    move_soon: int = 3
    soon_hours: int = 72

    def __post_init__(self) -> None:
        if not all(0 <= getattr(self, field.name) <= 1000 for field in fields(self)):
            raise ValueError(f"a weight is 0 to 1000: {self}")


class SlotCosts:
    """Price single slots: what a date, a minute and a practitioner cost, apart from the gaps.

    Tables by minute are made once, so that a diary of 100,000 slots is priced by look-ups.
    """

    def __init__(self, wishes: Wishes, weights: PlanWeights) -> None:
        self.wishes = wishes
        self.weights = weights
        minutes = range(MINUTES_A_DAY)
        away = [half_hours_away(wishes, minute) * weights.started_half_hour for minute in minutes]
        self._on_other_day = [weights.slot_outside_wishes + cost for cost in away]
        self._on_wished_day = [
            self._on_other_day[minute] if is_outside_hours(wishes, minute) else away[minute]
            for minute in minutes
        ]
        self._admitted = [
            wishes.only_hours is None or wishes.only_hours.holds(minute) for minute in minutes
        ]
        self._ranked: dict[tuple[int, bool], list[tuple[int, int]]] = {}

    def of_start(self, weekday: int, minute: int) -> int:
        """Return the cost of a weekday and minute."""
        return self._by_minute(weekday)[minute]

    def of_practitioner(self, practitioner_id: int) -> int:
        """Return the cost of a practitioner."""
        if is_other_practitioner(self.wishes, practitioner_id):
            return self.weights.other_practitioner
        return 0

    def admits_weekday(self, weekday: int) -> bool:
        """Say whether the "only" days allow a weekday."""
        return not self.wishes.only_weekdays or weekday in self.wishes.only_weekdays

    def admits_minute(self, minute: int) -> bool:
        """Say whether the "only" hours allow a start."""
        return self._admitted[minute]

    def admits_practitioner(self, practitioner_id: int) -> bool:
        """Say whether the "only" practitioner allows this one."""
        return self.wishes.only_practitioner_id in (None, practitioner_id)

    def ranked_minutes(self, weekday: int, step: int) -> list[tuple[int, int]]:
        """List (cost, bits) of the admitted minutes of a day, cheapest first.

        Bit n stands for the minute n * step. The lowest common bit of a free day with
        the first entry that has one is the best start of that day.
        """
        key = (step, is_outside_days(self.wishes, weekday))
        if key not in self._ranked:
            by_cost: defaultdict[int, int] = defaultdict(int)
            costs = self._by_minute(weekday)
            for minute in range(0, MINUTES_A_DAY, step):
                if self._admitted[minute]:
                    by_cost[costs[minute]] |= 1 << minute // step
            self._ranked[key] = sorted(by_cost.items())
        return self._ranked[key]

    def _by_minute(self, weekday: int) -> list[int]:
        if is_outside_days(self.wishes, weekday):
            return self._on_other_day
        return self._on_wished_day


def half_hours_away(wishes: Wishes, minute: int) -> int:
    """Count the started half hours between a start and the wished time of day."""
    if wishes.around_minute is None:
        return 0
    return -(-abs(minute - wishes.around_minute) // HALF_HOUR)


def is_outside_days(wishes: Wishes, weekday: int) -> bool:
    """Say whether a weekday misses a wish, "only" or "rather".

    Only a slot that is kept, or was chosen by hand, can miss an "only" wish.
    """
    return any(
        days and weekday not in days for days in (wishes.only_weekdays, wishes.rather_weekdays)
    )


def is_outside_hours(wishes: Wishes, minute: int) -> bool:
    """Say whether a start misses the wished hours, "only" or "rather"."""
    return any(
        hours is not None and not hours.holds(minute)
        for hours in (wishes.only_hours, wishes.rather_hours)
    )


def is_other_practitioner(wishes: Wishes, practitioner_id: int) -> bool:
    """Say whether a practitioner is not the wished one, "only" or "rather"."""
    return any(
        wished is not None and wished != practitioner_id
        for wished in (wishes.only_practitioner_id, wishes.rather_practitioner_id)
    )
