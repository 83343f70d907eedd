"""Set one session by hand, and say what becomes of the others.

standing      1 --- 2 --- 3 --- 4 --- 5
swap          1 --- 2 ----- 3' -?- 4 -?- 5     the others planned around it
keep_rest     1 --- 2 ----- 3'- 4 --- 5        the others stay, if the limits allow it
shift_rest    1 --- 2 ----- 3' --- 4' --- 5'   the later ones go along, same days, time, person
"""

import datetime as dt
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from treatments.domain.contract import check
from treatments.domain.course import CoursePlan, PlanProblem, assemble
from treatments.domain.layers import Board
from treatments.domain.planner import plan
from treatments.domain.spacing import is_paused
from treatments.domain.starts import Candidate
from treatments.domain.wishes import SlotCosts, Wishes


@dataclass(frozen=True, slots=True)
class SwapDate:
    """Hold a date that a session can be set to; `keeps_others` when no other has to move."""

    date: dt.date
    keeps_others: bool


def swap(problem: PlanProblem, number: int, candidate: Candidate) -> CoursePlan | None:
    """Plan with one session set by hand and the others around it; None if none fits.

    Booked sessions move as little as possible; those not yet booked go where it is best.
    """
    return plan(problem.pin(number, candidate))


def dates_to_swap(
    problem: PlanProblem, standing: Sequence[Candidate], number: int
) -> list[SwapDate]:
    """List the dates with a free start from which a plan can be made, nearest first.

    "Only" wishes bind the other sessions, not the one that is set by hand. `standing`
    holds the present slot of each session. The session is not completed.
    """
    index = number - 1
    free = problem.free_for(problem.sessions[index]).best(SlotCosts(Wishes(), problem.weights))
    days = [day for day in free if _may_be(problem, dt.date.fromordinal(day))]
    board = Board(problem)
    before = sorted(Board(_part(problem, 0, index)).layers[-1].rows) if index else []
    after = sorted(_days_to_end(problem, index + 1)) if number < len(standing) else []
    kept = [slot.date.toordinal() for slot in standing]
    today = kept[index]
    found = []
    for day in sorted(days, key=lambda day: (abs(day - today), day)):
        if index and not _is_reached(board, index - 1, before, day):
            continue
        if number < len(standing) and not _leads_on(board, index, day, after):
            continue
        keeps = not index or _is_reached(board, index - 1, kept[index - 1 : index], day)
        keeps &= number == len(standing) or _leads_on(board, index, day, kept[number : number + 1])
        found.append(SwapDate(dt.date.fromordinal(day), keeps))
    return found


def keep_rest(
    problem: PlanProblem, standing: Sequence[Candidate], number: int, candidate: Candidate
) -> CoursePlan | None:
    """Set one session by hand and keep all others as they stand; None if a limit breaks.

    `standing` holds the present slot of each session, booked or proposed.
    """
    chosen = list(standing)
    chosen[number - 1] = candidate
    return _if_it_may_be(problem.pin(number, candidate), chosen)


def shift_rest(
    problem: PlanProblem, standing: Sequence[Candidate], number: int, candidate: Candidate
) -> CoursePlan | None:
    """Set one session by hand and shift all later ones by the same number of days.

    Each keeps its local time and practitioner. None if one of them has no such slot, or
    if a limit or an "only" wish breaks.
    """
    days = candidate.date - standing[number - 1].date
    chosen = [*standing[: number - 1], candidate]
    for index in range(number, len(standing)):
        shifted = _shifted(problem, index, standing[index], days)
        if shifted is None:
            return None
        chosen.append(shifted)
    return _if_it_may_be(problem.pin(number, candidate), chosen)


def _shifted(
    problem: PlanProblem, index: int, slot: Candidate, days: dt.timedelta
) -> Candidate | None:
    if not days:
        return slot
    session = problem.sessions[index]
    offered = problem.free_for(session).at(slot.date + days, slot.minute)
    same = (offer for offer in offered if offer.practitioner_id == slot.practitioner_id)
    return next(same, None)


def _if_it_may_be(problem: PlanProblem, chosen: Sequence[Candidate]) -> CoursePlan | None:
    made = assemble(problem, chosen)
    return None if check(problem, made) else made


def _may_be(problem: PlanProblem, date: dt.date) -> bool:
    wishes = problem.wishes
    if wishes.ready_by is not None and date > wishes.ready_by:
        return False
    if wishes.not_before is not None and date < wishes.not_before:
        return False
    return not is_paused(problem.pauses, date)


def _part(problem: PlanProblem, first: int, end: int) -> PlanProblem:
    """Return the problem of the sessions `[first, end)` alone."""
    return replace(
        problem, sessions=problem.sessions[first:end], gaps=problem.gaps[first : end - 1]
    )


def _days_to_end(problem: PlanProblem, first: int) -> Collection[int]:
    """Return the days of a session from which the sessions after it can all be placed."""
    board = Board(_part(problem, first, len(problem.sessions)))
    alive: Collection[int] = board.layers[-1].rows
    for index in range(len(board.layers) - 2, -1, -1):
        ordered = sorted(alive)
        rows = board.layers[index].rows
        alive = {day for day in rows if _leads_on(board, index, day, ordered)}
    return alive


def _leads_on(board: Board, gap_index: int, day: int, after: Sequence[int]) -> bool:
    """Say whether one of the next session's days lies within the gap that starts on a day."""
    if not after:
        return False
    first, end = board.window(gap_index, day, after[0], after[-1] + 1)
    at = bisect_left(after, first)
    return at < len(after) and after[at] < end


def _is_reached(board: Board, gap_index: int, before: Sequence[int], day: int) -> bool:
    """Say whether a day lies within the gap that starts on one of the days before."""
    return any(_leads_on(board, gap_index, earlier, (day,)) for earlier in before)
