"""Where a plan bends a wish or a recommendation, for a page to put into words."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from treatments.domain.spacing import GapRule
from treatments.domain.wishes import (
    Wishes,
    is_other_practitioner,
    is_outside_days,
    is_outside_hours,
)


class BendKind(StrEnum):
    """In which way a session bends."""

    GAP_TOO_SHORT = "gap_too_short"
    GAP_TOO_LONG = "gap_too_long"
    OVER_CEILING = "over_ceiling"
    OTHER_DAY = "other_day"
    OTHER_HOURS = "other_hours"
    AWAY_FROM_TIME = "away_from_time"
    OTHER_PRACTITIONER = "other_practitioner"


@dataclass(frozen=True, slots=True)
class Bend:
    """Hold one bend. `amount` is in days for a gap (outside the recommended window; over the
    ceiling), in minutes for AWAY_FROM_TIME, and 0 for the others."""

    kind: BendKind
    amount: int = 0


def bends_of_gap(rule: GapRule, days: int, excess_days: int) -> list[Bend]:
    """List the bends of a gap; `excess_days` are those over the ceiling, pauses allowed for."""
    bends = []
    outside = rule.days_outside(days)
    if outside < 0:
        bends.append(Bend(BendKind.GAP_TOO_SHORT, -outside))
    if outside > 0:
        bends.append(Bend(BendKind.GAP_TOO_LONG, outside))
    if excess_days:
        bends.append(Bend(BendKind.OVER_CEILING, excess_days))
    return bends


def bends_of_slot(wishes: Wishes, date: dt.date, minute: int, practitioner_id: int) -> list[Bend]:
    """List the wishes that a slot misses. A kept slot may miss an "only" wish too."""
    bends = []
    if is_outside_days(wishes, date.isoweekday()):
        bends.append(Bend(BendKind.OTHER_DAY))
    if is_outside_hours(wishes, minute):
        bends.append(Bend(BendKind.OTHER_HOURS))
    if wishes.around_minute is not None and minute != wishes.around_minute:
        bends.append(Bend(BendKind.AWAY_FROM_TIME, abs(minute - wishes.around_minute)))
    if is_other_practitioner(wishes, practitioner_id):
        bends.append(Bend(BendKind.OTHER_PRACTITIONER))
    return bends
