"""Small courses made up at random, from a seed: the planner against brute force."""

import datetime as dt
import random
from dataclasses import dataclass, replace

from tests.treatments.domain.brute_force import Key, Offers, best_by_trying
from treatments.domain.course import CoursePlan, PlanProblem, PlanSession, VisitKind
from treatments.domain.spacing import Gap, GapRule, Pause
from treatments.domain.starts import Candidate, ListedTimes
from treatments.domain.wishes import Hours, PlanWeights, Wishes

MONDAY = dt.date(2026, 11, 23)
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def slot(days: int, minute: int = 600, practitioner_id: int = 1) -> Candidate:
    """Return a start so many days after Monday 23 November 2026, in a place on UTC."""
    date = MONDAY + dt.timedelta(days=days)
    starts_at = dt.datetime.combine(date, dt.time(*divmod(minute, 60)), tzinfo=dt.UTC)
    return Candidate(date, minute, starts_at, practitioner_id)


@dataclass
class Case:
    """A problem, and the free starts in it as plain lists."""

    problem: PlanProblem
    offers: Offers

    def tried(self) -> Key | None:
        return best_by_trying(self.problem, self.offers)


def key_of(plan: CoursePlan | None) -> Key | None:
    """Return what brute force says of its best, for a plan."""
    if plan is None:
        return None
    slots = plan.candidates
    return (
        plan.excess_days,
        plan.moves,
        plan.cost,
        plan.handovers,
        tuple((slot.date, slot.minute) for slot in slots),
        tuple(slot.practitioner_id for slot in slots),
    )


def new_course(rng: random.Random) -> Case:
    """Make up a course of 1 to 6 sessions with up to 40 free starts and 3 practitioners."""
    sessions = rng.randint(1, 6)
    pool = _pool(rng, rng.randint(sessions, 40), sessions * rng.randint(4, 9) + 3)
    first = [slot for slot in pool if rng.random() < 0.7] if rng.random() < 0.4 else pool
    offers = {"FIRST": first, "FOLLOW_UP": pool}
    problem = PlanProblem(
        sessions=tuple(
            PlanSession(VisitKind.FIRST if index == 0 else VisitKind.FOLLOW_UP)
            for index in range(sessions)
        ),
        gaps=tuple(_gap(rng) for _ in range(sessions - 1)),
        first=ListedTimes(first),
        follow_up=ListedTimes(pool),
        now=NOW,
        wishes=_wishes(rng, sessions),
        weights=_weights(rng),
        pauses=_pauses(rng),
    )
    return Case(problem, offers)


def running_course(rng: random.Random) -> Case:
    """Make up a course of which some sessions are done, booked, lost or set by hand."""
    case = new_course(rng)
    done = rng.randint(0, 2)
    day = rng.randint(-20, 2)
    sessions = []
    for index, session in enumerate(case.problem.sessions):
        slot_then = slot(day, rng.choice((540, 600, 960)), rng.randint(1, 3))
        if index < done:
            sessions.append(replace(session, completed=slot_then))
        elif rng.random() < 0.75:
            lost = rng.random() < 0.25
            sessions.append(replace(session, booked=slot_then, lost=lost))
            if rng.random() < 0.3:
                beside = replace(slot_then, practitioner_id=rng.randint(1, 3))
                case.offers[session.visit.name].append(beside)
        else:
            sessions.append(session)
        day += rng.choice((2, 5, 6, 7, 7, 7, 8, 10, 14))
    if rng.random() < 0.4:
        index = rng.randrange(len(sessions))
        if sessions[index].completed is None:
            pinned = rng.choice(case.offers["FOLLOW_UP"])
            sessions[index] = replace(sessions[index], pinned=pinned)
    gaps = tuple(replace(gap, may_exceed_ceiling=rng.random() < 0.3) for gap in case.problem.gaps)
    problem = replace(
        case.problem,
        sessions=tuple(sessions),
        gaps=gaps,
        first=ListedTimes(case.offers["FIRST"]),
        follow_up=ListedTimes(case.offers["FOLLOW_UP"]),
    )
    return Case(problem, case.offers)


def _pool(rng: random.Random, size: int, days: int) -> list[Candidate]:
    minutes = (540, 545, 600, 600, 735, 960, 1080)
    return [slot(rng.randrange(days), rng.choice(minutes), rng.randint(1, 3)) for _ in range(size)]


def _gap(rng: random.Random) -> Gap:
    rules = (GapRule(), GapRule(5, 7, 12, 14, 28), GapRule(1, 2, 3, 4, 9), GapRule(3, 3, 5, 9, 9))
    return Gap(rng.choice(rules))


def _pauses(rng: random.Random) -> tuple[Pause, ...]:
    pauses = []
    while rng.random() < 0.35:
        first = MONDAY + dt.timedelta(days=rng.randint(-10, 30))
        pauses.append(Pause(first, first + dt.timedelta(days=rng.randint(1, 14))))
    return tuple(pauses)


def _wishes(rng: random.Random, sessions: int) -> Wishes:
    def days(odds: float) -> frozenset[int]:
        return frozenset(rng.sample(range(1, 8), 4)) if rng.random() < odds else frozenset()

    def hours(odds: float) -> Hours | None:
        return rng.choice((Hours(540, 960), Hours(545, 1081))) if rng.random() < odds else None

    def someone(odds: float) -> int | None:
        return rng.randint(1, 3) if rng.random() < odds else None

    ready_by = MONDAY + dt.timedelta(days=rng.randint(0, 10) + sessions * 7)
    return Wishes(
        only_weekdays=days(0.15),
        only_hours=hours(0.15),
        only_practitioner_id=someone(0.1),
        rather_weekdays=days(0.4),
        rather_hours=hours(0.4),
        around_minute=rng.choice((600, 610, 1000)) if rng.random() < 0.3 else None,
        rather_practitioner_id=someone(0.3),
        not_before=MONDAY + dt.timedelta(days=rng.randint(0, 4)) if rng.random() < 0.7 else None,
        ready_by=ready_by if rng.random() < 0.3 else None,
    )


def _weights(rng: random.Random) -> PlanWeights:
    """Mostly the real figures, sometimes such that nearly everything is a tie."""
    if rng.random() < 0.6:
        return PlanWeights()
    return PlanWeights(
        day_off_target=rng.choice((0, 1)),
        day_outside_window=rng.choice((0, 1)),
        slot_outside_wishes=rng.choice((0, 1)),
        started_half_hour=rng.choice((0, 1)),
        other_practitioner=rng.choice((0, 1)),
        change_of_practitioner=rng.choice((0, 1, 15)),
        day_after_not_before=0,
        move=rng.choice((1, 2)),
    )
