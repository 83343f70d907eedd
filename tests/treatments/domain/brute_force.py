"""The planner's rules once more, told plainly and tried out one by one: the tests' opponent.

Shares the value classes with the planner, and none of its arithmetic.
"""

import datetime as dt
import math
from collections.abc import Sequence

from treatments.domain.course import PlanProblem, PlanSession
from treatments.domain.starts import Candidate
from treatments.domain.wishes import Wishes

Price = tuple[int, int, int, int]

Key = tuple[int, int, int, int, tuple[tuple[dt.date, int], ...], tuple[int, ...]]

Offers = dict[str, list[Candidate]]
"""The same free starts that the problem holds, by name of the visit kind."""


def best_by_trying(problem: PlanProblem, offers: Offers) -> Key | None:
    """Return (excess, moves, cost, handovers, times, practitioners) of the best chain there is."""
    options = [_options(problem, session, offers) for session in problem.sessions]
    found: list[Key] = []
    _extend(problem, options, (), (0, 0, 0, 0), found)
    return min(found, default=None)


def _extend(
    problem: PlanProblem,
    options: Sequence[Sequence[Candidate]],
    chain: tuple[Candidate, ...],
    price: Price,
    found: list[Key],
) -> None:
    """Go through all continuations, except of a chain already behind a whole one found."""
    times = tuple((slot.date, slot.minute) for slot in chain)
    if found and (price, times) > (found[-1][:4], found[-1][4][: len(chain)]):
        return
    if len(chain) == len(options):
        key = (*price, times, tuple(slot.practitioner_id for slot in chain))
        if not found or key < found[-1]:
            found.append(key)
        return
    ways = []
    for slot in options[len(chain)]:
        added = _price_of_adding(problem, chain, slot)
        if added is not None:
            ways.append((tuple(map(sum, zip(price, added, strict=True))), slot))
    for total, slot in sorted(ways, key=lambda way: way[0]):
        _extend(problem, options, (*chain, slot), total, found)


def _options(problem: PlanProblem, session: PlanSession, offers: Offers) -> list[Candidate]:
    wishes = problem.wishes
    if session.completed:
        return [session.completed]
    if session.pinned:
        found = [session.pinned]
    else:
        found = [slot for slot in offers[session.visit.name] if _may(wishes, slot)]
        if session.booked and not session.lost:
            found.append(session.booked)
    paused = {
        pause.first_date + dt.timedelta(days=n)
        for pause in problem.pauses
        for n in range((pause.end_date - pause.first_date).days)
    }
    return [
        slot
        for slot in found
        if slot.date not in paused and (wishes.ready_by is None or slot.date <= wishes.ready_by)
    ]


def _may(wishes: Wishes, slot: Candidate) -> bool:
    if wishes.not_before and slot.date < wishes.not_before:
        return False
    if wishes.only_weekdays and slot.date.isoweekday() not in wishes.only_weekdays:
        return False
    if wishes.only_hours:
        hours = wishes.only_hours
        if slot.minute < hours.from_minute or slot.minute >= hours.to_minute:
            return False
    return wishes.only_practitioner_id in (None, slot.practitioner_id)


def _price_of_adding(
    problem: PlanProblem, chain: tuple[Candidate, ...], slot: Candidate
) -> Price | None:
    session = problem.sessions[len(chain)]
    excess = moves = cost = handovers = 0
    if chain and not (session.completed and problem.sessions[len(chain) - 1].completed):
        before = chain[-1]
        gap = problem.gaps[len(chain) - 1]
        days = (slot.date - before.date).days
        ceiling = gap.rule.ceiling_days + _paused_between(problem, before.date, slot.date)
        if days < gap.rule.floor_days or (days > ceiling and not gap.may_exceed_ceiling):
            return None
        excess = max(0, days - ceiling)
        cost += problem.weights.day_off_target * abs(days - gap.rule.target_days)
        outside = max(gap.rule.min_days - days, days - gap.rule.max_days, 0)
        cost += problem.weights.day_outside_window * outside
        if slot.practitioner_id != before.practitioner_id:
            cost += problem.weights.change_of_practitioner
    if session.booked and session.booked.starts_at == slot.starts_at:
        handovers = int(session.booked.practitioner_id != slot.practitioner_id)
    elif session.booked:
        hours = (session.booked.starts_at - problem.now).total_seconds() / 3600
        moves = problem.weights.move_soon if hours <= 72 else problem.weights.move
    if not session.completed:
        cost += _price_of_slot(problem, slot)
        if not chain and problem.wishes.not_before and slot.date > problem.wishes.not_before:
            late = (slot.date - problem.wishes.not_before).days
            cost += problem.weights.day_after_not_before * late
    return excess, moves, cost, handovers


def _price_of_slot(problem: PlanProblem, slot: Candidate) -> int:
    wishes, weights = problem.wishes, problem.weights
    cost = 0
    weekday = slot.date.isoweekday()
    bad_day = any(
        weekdays and weekday not in weekdays
        for weekdays in (wishes.only_weekdays, wishes.rather_weekdays)
    )
    bad_hours = any(
        hours and slot.minute not in range(hours.from_minute, hours.to_minute)
        for hours in (wishes.only_hours, wishes.rather_hours)
    )
    if bad_day or bad_hours:
        cost += weights.slot_outside_wishes
    if wishes.around_minute is not None:
        away = abs(slot.minute - wishes.around_minute)
        cost += weights.started_half_hour * math.ceil(away / 30)
    wished = {wishes.only_practitioner_id, wishes.rather_practitioner_id} - {None}
    if wished - {slot.practitioner_id}:
        cost += weights.other_practitioner
    return cost


def _paused_between(problem: PlanProblem, earlier: dt.date, later: dt.date) -> int:
    if not problem.pauses:
        return 0
    between = (earlier + dt.timedelta(days=n) for n in range(1, max(1, (later - earlier).days)))
    return sum(
        any(pause.first_date <= date < pause.end_date for pause in problem.pauses)
        for date in between
    )
