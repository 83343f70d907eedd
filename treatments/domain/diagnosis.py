"""Why a course can't be planned, and which wish to give up so that it can."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from treatments.domain.course import PlanProblem
from treatments.domain.layers import Board
from treatments.domain.planner import plan
from treatments.domain.wishes import SlotCosts, Wishes


class ReasonKind(StrEnum):
    """What stands in the way of a plan."""

    READY_BY_TOO_EARLY = "ready_by_too_early"
    NOTHING_FREE = "nothing_free"
    PRACTITIONER_NOT_FREE = "practitioner_not_free"
    NOTHING_AS_WISHED = "nothing_as_wished"
    OUT_OF_REACH = "out_of_reach"


@dataclass(frozen=True, slots=True)
class Reason:
    """Hold one reason, and the first session that it stops.

    `date`: for READY_BY_TOO_EARLY the earliest date to finish on; for OUT_OF_REACH the
    last date that the ceiling of its gap allows the session, if anything comes before it.
    """

    kind: ReasonKind
    session_number: int
    date: dt.date | None = None


class RelaxationKind(StrEnum):
    """Which wish is given up."""

    OTHER_DAYS = "other_days"
    OTHER_HOURS = "other_hours"
    ANY_PRACTITIONER = "any_practitioner"
    LATER_READY_BY = "later_ready_by"


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Hold wishes under which there is a plan, what they give up, and when it ends.

    A given-up "only" lives on as "rather", unless there was another "rather".
    """

    kinds: tuple[RelaxationKind, ...]
    wishes: Wishes
    finish_date: dt.date


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Hold why there is no plan and what would help; without `reasons` there is one."""

    reasons: tuple[Reason, ...]
    relaxations: tuple[Relaxation, ...]


def why_not(problem: PlanProblem) -> Diagnosis:
    """Say why a problem has no plan, trying each relaxation by really planning under it.

    First each wish alone; only when none of them helps, days, hours and practitioner
    together, and last with a later ready-by too.
    """
    if Board(problem).layers[-1].rows:
        return Diagnosis((), ())
    relaxations = tuple(_found(problem, _alone(problem)))
    if not relaxations:
        relaxations = tuple(_found(problem, _together(problem)))[:1]
    return Diagnosis(tuple(_reasons(problem)), relaxations)


def earliest_finish(problem: PlanProblem) -> dt.date | None:
    """Return the earliest date on which the last session can be, whatever the ready-by date."""
    return _first_finish(_board_without_ready_by(problem))


def _board_without_ready_by(problem: PlanProblem) -> Board:
    return Board(problem.with_wishes(replace(problem.wishes, ready_by=None)))


def _first_finish(board: Board) -> dt.date | None:
    days = board.layers[-1].rows
    return dt.date.fromordinal(min(days)) if days else None


def _reasons(problem: PlanProblem) -> list[Reason]:
    board = _board_without_ready_by(problem)
    finish_date = _first_finish(board)
    if finish_date is not None:
        return [Reason(ReasonKind.READY_BY_TOO_EARLY, len(problem.sessions), finish_date)]
    empty = [_empty(problem, index) for index in _first_of_each_visit(problem)]
    return [reason for reason in empty if reason] or [_out_of_reach(board)]


def _first_of_each_visit(problem: PlanProblem) -> Iterator[int]:
    seen = set()
    for index, session in enumerate(problem.sessions):
        is_free = session.completed is None and session.pinned is None and session.kept is None
        if is_free and session.visit not in seen:
            seen.add(session.visit)
            yield index


def _empty(problem: PlanProblem, index: int) -> Reason | None:
    """Return why a session has no start at all, whatever the others; None if it has."""
    free = problem.free_for(problem.sessions[index])
    if not free.best(SlotCosts(Wishes(), problem.weights)):
        return Reason(ReasonKind.NOTHING_FREE, index + 1)
    only = Wishes(only_practitioner_id=problem.wishes.only_practitioner_id)
    if not free.best(SlotCosts(only, problem.weights)):
        return Reason(ReasonKind.PRACTITIONER_NOT_FREE, index + 1)
    if not free.best(SlotCosts(problem.wishes, problem.weights)):
        return Reason(ReasonKind.NOTHING_AS_WISHED, index + 1)
    return None


def _out_of_reach(board: Board) -> Reason:
    index = next(index for index, layer in enumerate(board.layers) if not layer.rows)
    if index == 0 or board.problem.gaps[index - 1].may_exceed_ceiling:
        return Reason(ReasonKind.OUT_OF_REACH, index + 1)
    latest = max(board.latest(index - 1, day) for day in board.layers[index - 1].rows)
    return Reason(ReasonKind.OUT_OF_REACH, index + 1, dt.date.fromordinal(latest))


Trial = tuple[tuple[RelaxationKind, ...], Wishes]


def _found(problem: PlanProblem, trials: Iterator[Trial]) -> Iterator[Relaxation]:
    for kinds, wishes in trials:
        made = plan(problem.with_wishes(wishes))
        if made is not None:
            yield Relaxation(kinds, wishes, made.finish_date)


def _alone(problem: PlanProblem) -> Iterator[Trial]:
    for kind, wishes in _freed(problem.wishes):
        yield (kind,), wishes
    yield from _later(problem, ())


def _together(problem: PlanProblem) -> Iterator[Trial]:
    wishes, kinds = problem.wishes, tuple(kind for kind, _ in _freed(problem.wishes))
    for _ in kinds:
        wishes = next(freed for _, freed in _freed(wishes))
    if len(kinds) > 1:
        yield kinds, wishes
    if kinds:
        yield from _later(problem.with_wishes(wishes), kinds)


def _freed(wishes: Wishes) -> Iterator[tuple[RelaxationKind, Wishes]]:
    if wishes.only_weekdays:
        days = wishes.rather_weekdays or wishes.only_weekdays
        freed = replace(wishes, only_weekdays=frozenset(), rather_weekdays=days)
        yield RelaxationKind.OTHER_DAYS, freed
    if wishes.only_hours is not None:
        hours = wishes.rather_hours or wishes.only_hours
        yield RelaxationKind.OTHER_HOURS, replace(wishes, only_hours=None, rather_hours=hours)
    if wishes.only_practitioner_id is not None:
        who = wishes.rather_practitioner_id or wishes.only_practitioner_id
        freed = replace(wishes, only_practitioner_id=None, rather_practitioner_id=who)
        yield RelaxationKind.ANY_PRACTITIONER, freed


def _later(problem: PlanProblem, kinds: tuple[RelaxationKind, ...]) -> Iterator[Trial]:
    finish_date = None if problem.wishes.ready_by is None else earliest_finish(problem)
    if finish_date is not None:
        wishes = replace(problem.wishes, ready_by=finish_date)
        yield (*kinds, RelaxationKind.LATER_READY_BY), wishes
