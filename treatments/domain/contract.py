"""Whether a plan may be: every hard rule of a course, checked one by one.

Knows nothing of the search. Services ask it before they book; tests ask it of every plan.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from treatments.domain.course import CoursePlan, PlannedSession, PlanProblem, PlanSession
from treatments.domain.starts import Candidate
from treatments.domain.wishes import Wishes


class BreachKind(StrEnum):
    """Which rule a session breaks."""

    WRONG_NUMBER = "wrong_number"
    COMPLETED_CHANGED = "completed_changed"
    PIN_IGNORED = "pin_ignored"
    NOT_FREE = "not_free"
    IN_PAUSE = "in_pause"
    BEFORE_NOT_BEFORE = "before_not_before"
    AFTER_READY_BY = "after_ready_by"
    OTHER_WEEKDAY = "other_weekday"
    OTHER_HOURS = "other_hours"
    OTHER_PRACTITIONER = "other_practitioner"
    GAP_BELOW_FLOOR = "gap_below_floor"
    GAP_OVER_CEILING = "gap_over_ceiling"


@dataclass(frozen=True, slots=True, order=True)
class Breach:
    """Hold one broken rule, and the number of the session that breaks it."""

    session_number: int
    kind: BreachKind


def check(problem: PlanProblem, plan: CoursePlan) -> list[Breach]:
    """List every hard rule that a plan breaks, by session; empty when the plan may be.

    Does not ask whether the plan is a good one, nor whether an excess is the least possible.
    """
    numbers = [planned.number for planned in plan.sessions]
    if numbers != list(range(1, len(problem.sessions) + 1)):
        return [Breach(len(numbers), BreachKind.WRONG_NUMBER)]
    return sorted([*_breaches_of_slots(problem, plan), *_breaches_of_gaps(problem, plan)])


def _breaches_of_slots(problem: PlanProblem, plan: CoursePlan) -> Iterator[Breach]:
    for session, planned in zip(problem.sessions, plan.sessions, strict=True):
        for kind in _kinds_of_slot(problem, session, planned):
            yield Breach(planned.number, kind)


def _kinds_of_slot(
    problem: PlanProblem, session: PlanSession, planned: PlannedSession
) -> Iterator[BreachKind]:
    slot, wishes = planned.candidate, problem.wishes
    if session.completed is not None:
        if slot != session.completed:
            yield BreachKind.COMPLETED_CHANGED
        return
    if any(pause.first_date <= slot.date < pause.end_date for pause in problem.pauses):
        yield BreachKind.IN_PAUSE
    if wishes.ready_by is not None and slot.date > wishes.ready_by:
        yield BreachKind.AFTER_READY_BY
    if session.pinned is not None:
        if slot != session.pinned:
            yield BreachKind.PIN_IGNORED
        return
    if slot == session.kept:
        return
    if slot not in problem.free_for(session).at(slot.date, slot.minute):
        yield BreachKind.NOT_FREE
    yield from (kind for kind, misses in WISHES_MISSED.items() if misses(wishes, slot))


WISHES_MISSED: dict[BreachKind, Callable[[Wishes, Candidate], bool]] = {
    BreachKind.BEFORE_NOT_BEFORE: lambda wishes, slot: (
        wishes.not_before is not None and slot.date < wishes.not_before
    ),
    BreachKind.OTHER_WEEKDAY: lambda wishes, slot: (
        bool(wishes.only_weekdays) and slot.date.isoweekday() not in wishes.only_weekdays
    ),
    BreachKind.OTHER_HOURS: lambda wishes, slot: (
        wishes.only_hours is not None and not wishes.only_hours.holds(slot.minute)
    ),
    BreachKind.OTHER_PRACTITIONER: lambda wishes, slot: (
        wishes.only_practitioner_id not in (None, slot.practitioner_id)
    ),
}
"""What is asked of a slot that is neither kept nor chosen by hand."""


def _breaches_of_gaps(problem: PlanProblem, plan: CoursePlan) -> Iterator[Breach]:
    for index, gap in enumerate(problem.gaps):
        before, after = plan.sessions[index], plan.sessions[index + 1]
        sessions = problem.sessions[index], problem.sessions[index + 1]
        if all(session.completed is not None for session in sessions):
            continue
        days = (after.candidate.date - before.candidate.date).days
        if days < gap.rule.floor_days:
            yield Breach(after.number, BreachKind.GAP_BELOW_FLOOR)
        counted = _days_without_pauses(problem, before.candidate.date, after.candidate.date)
        if counted > gap.rule.ceiling_days and not gap.may_exceed_ceiling:
            yield Breach(after.number, BreachKind.GAP_OVER_CEILING)


def _days_without_pauses(problem: PlanProblem, earlier: dt.date, later: dt.date) -> int:
    """Count the nights between two dates, without the paused days strictly between them."""
    between = range(earlier.toordinal() + 1, later.toordinal())
    dates = (dt.date.fromordinal(day) for day in between)
    paused = sum(
        any(pause.first_date <= date < pause.end_date for pause in problem.pauses) for date in dates
    )
    return (later - earlier).days - paused
