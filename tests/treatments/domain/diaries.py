"""Diaries to plan in: free, half full, and the seeded protocols."""

import datetime as dt
import random
from dataclasses import replace

from tests.treatments.domain.generated import MONDAY, NOW, slot
from treatments.domain.course import CoursePlan, PlanProblem, PlanSession, VisitKind
from treatments.domain.spacing import Gap, GapRule, Pause
from treatments.domain.starts import Candidate, ListedTimes
from treatments.domain.wishes import Wishes

WEEKLY_10 = tuple(Gap() for _ in range(9))
SETTLE_12 = (*(Gap() for _ in range(5)), *(Gap(GapRule(target_days=12)) for _ in range(6)))
BODY_8 = tuple(Gap() for _ in range(7))
PROTOCOLS = {"weekly 10": WEEKLY_10, "settle 12": SETTLE_12, "body 8": BODY_8}

ALL_DAY = tuple(range(540, 1080, 60))


def day(days: int) -> dt.date:
    """Return the date so many days after Monday 23 November 2026."""
    return MONDAY + dt.timedelta(days=days)


def diary(
    days: int = 182,
    minutes: tuple[int, ...] = ALL_DAY,
    people: int = 2,
    closed: Pause | None = None,
) -> list[Candidate]:
    """List all starts of so many days, seven days a week."""
    return [
        slot(number, minute, who)
        for number in range(days)
        if closed is None or not closed.holds(day(number))
        for minute in minutes
        for who in range(1, people + 1)
    ]


def half_full(seed: int, share: float = 0.5) -> list[Candidate]:
    """List the starts of 26 weeks that are left when others have booked."""
    rng = random.Random(seed)
    return [start for start in diary() if rng.random() < share]


def course(
    gaps: tuple[Gap, ...], free: list[Candidate], wishes: Wishes | None = None
) -> PlanProblem:
    """Return the problem of a new course from 23 November on."""
    times = ListedTimes(free)
    kinds = (VisitKind.FIRST, *(VisitKind.FOLLOW_UP for _ in gaps))
    return PlanProblem(
        sessions=tuple(PlanSession(kind) for kind in kinds),
        gaps=gaps,
        first=times,
        follow_up=times,
        now=NOW,
        wishes=wishes or Wishes(not_before=MONDAY),
    )


def booked(problem: PlanProblem, plan: CoursePlan | None) -> PlanProblem:
    """Return the problem of the course once its plan is booked."""
    assert plan is not None
    sessions = zip(problem.sessions, plan.candidates, strict=True)
    return replace(
        problem, sessions=tuple(replace(session, booked=slot) for session, slot in sessions)
    )


def done(problem: PlanProblem, count: int) -> PlanProblem:
    """Return a booked course of which the first sessions are completed."""
    sessions = tuple(
        replace(session, booked=None, completed=session.booked) if index < count else session
        for index, session in enumerate(problem.sessions)
    )
    return replace(problem, sessions=sessions)


def lose(problem: PlanProblem, *numbers: int) -> PlanProblem:
    """Return a booked course of which some slots can't be kept."""
    sessions = tuple(
        replace(session, lost=True) if index + 1 in numbers else session
        for index, session in enumerate(problem.sessions)
    )
    return replace(problem, sessions=sessions)


def days_of(plan: CoursePlan | None) -> list[int]:
    """Return the days of a plan's sessions, counted from 23 November."""
    assert plan is not None
    return [(start.date - MONDAY).days for start in plan.candidates]
