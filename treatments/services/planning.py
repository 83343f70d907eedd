"""Propose a course: a plan, or why there is none and what would help."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from clinic.refusals import Refusal
from treatments.domain.course import CoursePlan, PlanProblem
from treatments.domain.diagnosis import Diagnosis, why_not
from treatments.domain.planner import plan
from treatments.domain.starts import Candidate
from treatments.domain.swapping import SwapDate, dates_to_swap, keep_rest, swap
from treatments.selectors.planning import Asked, CourseQuestion, ask_for_new


class InfeasiblePlan(Refusal):
    """No plan keeps the limits; `diagnosis` says why and what would help."""

    code = "infeasible_plan"
    message = _("There is no plan that keeps all of your wishes.")

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__()
        self.diagnosis = diagnosis


class NotInPlan(Refusal):
    """A slot that is not free can't be part of a plan."""

    code = "slot_taken"
    status = 409
    message = _("That time is not free any more.")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan of a course that is not booked; its session n has `plan.sessions[n - 1 - offset]`."""

    question: CourseQuestion
    asked: Asked
    plan: CoursePlan

    @property
    def offset(self) -> int:
        """How many sessions of the course come before those of the plan."""
        return self.asked.offset

    @property
    def slots(self) -> list[Candidate]:
        """The slots to book, in order: all that is not done or booked already."""
        return [slot for slot, _number in self.numbered]

    @property
    def numbered(self) -> list[tuple[Candidate, int]]:
        """The slots to book with the numbers of their sessions."""
        sessions = zip(self.asked.problem.sessions, self.plan.sessions, strict=True)
        return [
            (planned.candidate, planned.number + self.offset)
            for session, planned in sessions
            if session.completed is None
        ]


@dataclass(frozen=True, slots=True)
class SwapOffer:
    """The dates to which one session of a proposed plan can go, nearest first."""

    asked: Asked
    dates: tuple[SwapDate, ...]


def propose(*, question: CourseQuestion, now: datetime) -> Proposal:
    """Plan a course, exactly. One query. Raises `InfeasiblePlan` with what would help."""
    asked = ask_for_new(question, now)
    return _proposed(question, asked, asked.problem)


def propose_again(
    *, question: CourseQuestion, slots: Sequence[Candidate], now: datetime
) -> Proposal:
    """Plan anew what was proposed before, changing as little as possible; lost slots are replaced.

    `slots` are those of `Proposal.slots`. Raises `InfeasiblePlan`.
    """
    asked = ask_for_new(question, now)
    return _proposed(question, asked, _with_slots(asked.problem, slots))


def offer_swap(
    *, question: CourseQuestion, slots: Sequence[Candidate], number: int, now: datetime
) -> SwapOffer:
    """List the dates to which a session of a proposed plan can go. One query."""
    asked = ask_for_new(question, now)
    problem = _with_slots(asked.problem, slots)
    dates = dates_to_swap(problem, _standing(problem), number - asked.offset)
    return SwapOffer(replace(asked, problem=problem), tuple(dates))


def swap_session(
    *,
    question: CourseQuestion,
    slots: Sequence[Candidate],
    number: int,
    slot: Candidate,
    keep_others: bool,
    now: datetime,
) -> Proposal:
    """Set one session of a proposed plan by hand; the others are kept, or planned around it.

    Raises `NotInPlan` when the slot is not free, `InfeasiblePlan` when the limits break.
    """
    asked = ask_for_new(question, now)
    problem = _with_slots(asked.problem, slots)
    place = number - asked.offset
    if slot not in problem.free_for(problem.sessions[place - 1]).at(slot.date, slot.minute):
        raise NotInPlan
    if keep_others:
        made = keep_rest(problem, _standing(problem), place, slot)
    else:
        made = swap(problem, place, slot)
    if made is None:
        raise InfeasiblePlan(Diagnosis((), ()))
    return Proposal(question, replace(asked, problem=problem), made)


def _proposed(question: CourseQuestion, asked: Asked, problem: PlanProblem) -> Proposal:
    made = plan(problem)
    if made is None:
        raise InfeasiblePlan(why_not(problem))
    return Proposal(question, replace(asked, problem=problem), made)


def _with_slots(problem: PlanProblem, slots: Collection[Candidate]) -> PlanProblem:
    """Return the problem with proposed slots as if booked: kept where they are still free."""
    proposed = iter(slots)
    sessions = []
    for session in problem.sessions:
        if session.completed is None:
            slot = next(proposed, None)
            if slot is not None:
                is_free = slot in problem.free_for(session).at(slot.date, slot.minute)
                session = replace(session, booked=slot, lost=not is_free)
        sessions.append(session)
    return replace(problem, sessions=tuple(sessions))


def _standing(problem: PlanProblem) -> list[Candidate]:
    slots = (item.completed or item.booked for item in problem.sessions)
    return [slot for slot in slots if slot is not None]
