"""Which running courses drift away from their plan, from the dates of their sessions."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from treatments.domain.spacing import GapRule, Pause, is_paused, merge_pauses, paused_days_between

MISSES = 2


class Drift(StrEnum):
    """Why somebody should look after a course."""

    TWO_MISSES = "two_misses"
    NO_NEXT = "no_next"
    GAP_RUNNING = "gap_running"
    GAP_AHEAD = "gap_ahead"


@dataclass(frozen=True, slots=True)
class CourseDates:
    """Hold what is known of a running course's dates, all local.

    `dates[n - 1]` is the date of session n while it is done or booked; `done` counts those
    done. `last_date` is that of the last one done, `next_date` of the next one booked
    (today or later, or left open). `ended` are the states of the visits that are over or
    off, in order of time. `let_be` are the sessions before which staff let a long gap be.
    """

    dates: Sequence[dt.date | None]
    done: int
    last_date: dt.date | None
    next_date: dt.date | None
    ended: Sequence[str]
    rules: Sequence[GapRule]
    pauses: tuple[Pause, ...] = ()
    let_be: Collection[int] = ()


def drifts(course: CourseDates, today: dt.date) -> list[Drift]:
    """List the ways in which a course drifts, the most pressing first.

    A gap counts as too long past its recommended maximum, paused days left out; one that
    lies between two sessions done is history, and one ahead that staff let be is agreed on.
    Nothing is missing while it is paused.
    """
    found = []
    if has_missed_twice(course.ended):
        found.append(Drift.TWO_MISSES)
    merged = merge_pauses(course.pauses)
    if course.next_date is None and course.done < len(course.dates):
        if not is_paused(merged, today):
            found.append(Drift.NO_NEXT)
            if _is_too_long(course, merged, course.done, course.last_date, today):
                found.append(Drift.GAP_RUNNING)
    elif long_gap(course) is not None:
        found.append(Drift.GAP_AHEAD)
    return found


def has_missed_twice(ended: Sequence[str]) -> bool:
    """Say whether the last visits that ended were missed, two or more in a row."""
    return len(ended) >= MISSES and all(state == "no_show" for state in ended[-MISSES:])


def long_gap(course: CourseDates) -> int | None:
    """Return the first booked session before which the gap is too long, and was not let be."""
    before, merged = course.last_date, merge_pauses(course.pauses)
    for number in range(course.done + 1, len(course.dates) + 1):
        on = course.dates[number - 1]
        if on is None:
            continue
        if number not in course.let_be and _is_too_long(course, merged, number - 1, before, on):
            return number
        before = on
    return None


def _is_too_long(
    course: CourseDates,
    merged: Sequence[Pause],
    gap: int,
    earlier: dt.date | None,
    later: dt.date,
) -> bool:
    if earlier is None or not 1 <= gap <= len(course.rules) or later <= earlier:
        return False
    paused = paused_days_between(merged, earlier, later)
    return course.rules[gap - 1].days_outside((later - earlier).days - paused) > 0
