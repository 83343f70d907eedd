"""A course to be planned, and a course planned: the values that the planner takes and gives."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from treatments.domain.bends import Bend, bends_of_gap, bends_of_slot
from treatments.domain.spacing import Gap, Pause, days_over_ceiling, merge_pauses
from treatments.domain.starts import Candidate, FreeTimes
from treatments.domain.wishes import PlanWeights, SlotCosts, Wishes


class VisitKind(Enum):
    """Which service a session needs, and so which free starts are its own."""

    FIRST = auto()
    FOLLOW_UP = auto()


@dataclass(frozen=True, slots=True)
class PlanSession:
    """Hold what is known of one session before it is planned.

    `completed`: done (or under way), never changes, judged by nobody.
    `booked`: the slot it has; a plan may keep it, unless it is `lost` (practitioner away,
    time taken), and leaving its start is a move.
    `pinned`: the slot it must get, chosen by hand and so free of the "only" wishes.
    """

    visit: VisitKind
    completed: Candidate | None = None
    booked: Candidate | None = None
    lost: bool = False
    pinned: Candidate | None = None

    def __post_init__(self) -> None:
        if self.completed is not None and (self.booked is not None or self.pinned is not None):
            raise ValueError("a completed session is neither booked nor pinned")
        if self.lost and self.booked is None:
            raise ValueError("only a booked slot can be lost")

    @property
    def kept(self) -> Candidate | None:
        """The slot that "keep the slot" means, if there is one."""
        return None if self.lost else self.booked


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """Hold everything that decides a plan. Session n of the course is `sessions[n - 1]`.

    `gaps[n - 1]` lies between sessions n and n + 1. `first` and `follow_up` are the free
    starts for each kind of visit, searched as if the course's own booked visits were not
    there, and not filtered by the wishes: filtering is the planner's. `now` decides only
    which booked visits start soon.
    """

    sessions: tuple[PlanSession, ...]
    gaps: tuple[Gap, ...]
    first: FreeTimes
    follow_up: FreeTimes
    now: dt.datetime
    wishes: Wishes = field(default_factory=Wishes)
    weights: PlanWeights = field(default_factory=PlanWeights)
    pauses: tuple[Pause, ...] = ()

    def __post_init__(self) -> None:
        if not self.sessions:
            raise ValueError("a course has at least one session")
        if len(self.gaps) != len(self.sessions) - 1:
            raise ValueError("there is one gap fewer than there are sessions")
        object.__setattr__(self, "pauses", merge_pauses(self.pauses))

    def free_for(self, session: PlanSession) -> FreeTimes:
        """Return the free starts for a session."""
        return self.first if session.visit is VisitKind.FIRST else self.follow_up

    def is_judged(self, gap_index: int) -> bool:
        """Say whether a gap counts: never one that lies between two completed sessions."""
        before, after = self.sessions[gap_index], self.sessions[gap_index + 1]
        return before.completed is None or after.completed is None

    def weight_of_move(self, session: PlanSession) -> int:
        """Return what it weighs to leave the start of a booked session; 0 if none is booked."""
        if session.booked is None:
            return 0
        soon = dt.timedelta(hours=self.weights.soon_hours)
        if session.booked.starts_at - self.now <= soon:
            return self.weights.move_soon
        return self.weights.move

    def with_wishes(self, wishes: Wishes) -> "PlanProblem":
        """Return the same problem under other wishes."""
        return replace(self, wishes=wishes)

    def pin(self, number: int, candidate: Candidate) -> "PlanProblem":
        """Return the same problem with one session set to a slot that was chosen by hand."""
        sessions = list(self.sessions)
        sessions[number - 1] = replace(sessions[number - 1], pinned=candidate)
        return replace(self, sessions=tuple(sessions))


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """Hold one session of a plan, its gap from the session before, and where it bends.

    `was_moved`: its booked start changes. `changes_hands`: it keeps its booked start and
    gets another practitioner.
    """

    number: int
    candidate: Candidate
    gap_days: int | None
    bends: tuple[Bend, ...]
    was_moved: bool
    changes_hands: bool


@dataclass(frozen=True, slots=True)
class CoursePlan:
    """Hold a whole plan and its price, in the order in which it is made least.

    `moves` is a weight, not a count: a visit that starts soon weighs more.
    """

    sessions: tuple[PlannedSession, ...]
    excess_days: int
    moves: int
    cost: int
    handovers: int

    @property
    def finish_date(self) -> dt.date:
        """The local date of the last session."""
        return self.sessions[-1].candidate.date

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The slots alone, in order."""
        return tuple(session.candidate for session in self.sessions)

    @property
    def changed_numbers(self) -> tuple[int, ...]:
        """The numbers of the sessions whose booked start changes."""
        return tuple(session.number for session in self.sessions if session.was_moved)


def assemble(problem: PlanProblem, chosen: Sequence[Candidate]) -> CoursePlan:
    """Make the plan of one slot for each session: gaps, bends, moves and cost.

    Judges nothing: whether the plan may be is `contract.check`'s to say.
    """
    planned = tuple(_planned(problem, index, chosen) for index in range(len(chosen)))
    return CoursePlan(
        sessions=planned,
        excess_days=sum(_excess_days(problem, index, chosen) for index in range(len(chosen) - 1)),
        moves=sum(
            problem.weight_of_move(session)
            for session, outcome in zip(problem.sessions, planned, strict=True)
            if outcome.was_moved
        ),
        cost=sum(_slot_costs(problem, chosen)) + sum(_gap_costs(problem, chosen)),
        handovers=sum(outcome.changes_hands for outcome in planned),
    )


def _planned(problem: PlanProblem, index: int, chosen: Sequence[Candidate]) -> PlannedSession:
    session, candidate = problem.sessions[index], chosen[index]
    bends: list[Bend] = []
    gap_days = None
    if index:
        gap_days = (candidate.date - chosen[index - 1].date).days
        if problem.is_judged(index - 1):
            excess = _excess_days(problem, index - 1, chosen)
            bends += bends_of_gap(problem.gaps[index - 1].rule, gap_days, excess)
    if session.completed is None:
        bends += bends_of_slot(
            problem.wishes, candidate.date, candidate.minute, candidate.practitioner_id
        )
    booked = session.booked or candidate
    was_moved = candidate.starts_at != booked.starts_at
    changes_hands = not was_moved and candidate.practitioner_id != booked.practitioner_id
    return PlannedSession(index + 1, candidate, gap_days, tuple(bends), was_moved, changes_hands)


def _excess_days(problem: PlanProblem, gap_index: int, chosen: Sequence[Candidate]) -> int:
    if not problem.is_judged(gap_index):
        return 0
    before, after = chosen[gap_index], chosen[gap_index + 1]
    rule = problem.gaps[gap_index].rule
    return days_over_ceiling(rule, problem.pauses, before.date, after.date)


def _slot_costs(problem: PlanProblem, chosen: Sequence[Candidate]) -> list[int]:
    costs = SlotCosts(problem.wishes, problem.weights)
    return [
        costs.of_start(slot.date.isoweekday(), slot.minute)
        + costs.of_practitioner(slot.practitioner_id)
        + (days_waited(problem, slot.date) if index == 0 else 0)
        * problem.weights.day_after_not_before
        for index, (session, slot) in enumerate(zip(problem.sessions, chosen, strict=True))
        if session.completed is None
    ]


def _gap_costs(problem: PlanProblem, chosen: Sequence[Candidate]) -> list[int]:
    found = []
    for index, gap in enumerate(problem.gaps):
        before, after = chosen[index], chosen[index + 1]
        if problem.is_judged(index):
            changes = before.practitioner_id != after.practitioner_id
            days = (after.date - before.date).days
            found.append(
                gap_cost(gap, problem.weights, days)
                + changes * problem.weights.change_of_practitioner
            )
    return found


def gap_cost(gap: Gap, weights: PlanWeights, days: int) -> int:
    """Return what a gap of so many days costs, apart from a change of practitioner."""
    return (
        abs(days - gap.rule.target_days) * weights.day_off_target
        + abs(gap.rule.days_outside(days)) * weights.day_outside_window
    )


def days_waited(problem: PlanProblem, date: dt.date) -> int:
    """Count the days that the course's first session lies after `not_before`."""
    if problem.wishes.not_before is None:
        return 0
    return max(0, (date - problem.wishes.not_before).days)
