"""Set one session by hand, and say what becomes of the others.

standing      1 --- 2 --- 3 --- 4 --- 5
swap          1 --- 2 ----- 3' -?- 4 -?- 5     the others planned around it
keep_rest     1 --- 2 ----- 3'- 4 --- 5        the others stay, if the limits allow it
shift_rest    1 --- 2 ----- 3' --- 4' --- 5'   the later ones go along, same days, time, person
"""

import datetime as dt
from collections.abc import Sequence

from treatments.domain.contract import check
from treatments.domain.course import CoursePlan, PlanProblem, assemble
from treatments.domain.planner import plan
from treatments.domain.starts import Candidate


def swap(problem: PlanProblem, number: int, candidate: Candidate) -> CoursePlan | None:
    """Plan with one session set by hand and the others around it; None if none fits.

    Booked sessions move as little as possible; those not yet booked go where it is best.
    """
    return plan(problem.pin(number, candidate))


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
