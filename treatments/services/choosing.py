"""Where one session of a course could go, for a page to choose from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bookings.domain.timegrid import CELL_MINUTES
from clinic.models import User
from treatments.domain.starts import Candidate
from treatments.domain.swapping import swap
from treatments.domain.wishes import MINUTES_A_DAY, SlotCosts, Wishes
from treatments.selectors.courses import CourseView
from treatments.selectors.limits import limits_of
from treatments.selectors.planning import Asked
from treatments.services.missing import check_lacks_date
from treatments.services.proposing import ask, local_date, movable_visit, slot_at

PAGE = 10
"""Dates on a page."""

TRIED = 40
"""Dates that are planned for one page at most, so that a page has an end."""


@dataclass(frozen=True, slots=True)
class DateChoice:
    """A date that a session can move to, and how many other dates change with it."""

    date: date
    others: int


@dataclass(frozen=True, slots=True)
class TimeChoice:
    """A start on the chosen date, and with whom it would be.

    `awaits_renewal`: a paper runs out before, so the visit is subject to its renewal.
    """

    slot: Candidate
    awaits_renewal: bool


@dataclass(frozen=True, slots=True)
class SessionChoices:
    """Dates of one page in order of the calendar, and the times of the chosen one."""

    dates: tuple[DateChoice, ...]
    chosen: date | None
    times: tuple[TimeChoice, ...]
    has_more: bool


def free_for_session(
    *,
    view: CourseView,
    number: int,
    by: User,
    now: datetime,
    on: date | None = None,
    page: int = 0,
) -> SessionChoices:
    """Return where a session may go, the dates nearest to its own first.

    For one without a date, nearest to the one that its gap's target gives. The pages run
    outwards from there. Only the dates of one page are planned. `on` is the
    date whose times are wanted, else the nearest of those that move the fewest others.
    One query. Raises as `preview_move` or `preview_choice`.
    """
    item = view.session(number)
    starts_at = None
    if item is not None and not item.is_booked:
        check_lacks_date(view=view, number=number, by=by)
    else:
        starts_at = movable_visit(view=view, number=number, by=by, now=now).starts_at
    asked = ask(view, by, now)
    around = item.date if item is not None and item.date else ideal_date(view, number, now)
    wanted = (page + 1) * PAGE + 1
    found: list[DateChoice] = []
    for choice in _choices(view, asked, number, around, starts_at):
        found.append(choice)
        if len(found) == wanted:
            break
    shown = sorted(found[page * PAGE : (page + 1) * PAGE], key=lambda choice: choice.date)
    known = {choice.date for choice in found}
    chosen = on if on in known else _first(shown, around)
    return SessionChoices(
        dates=tuple(shown),
        chosen=chosen,
        times=tuple(_times(view, asked, number, chosen, starts_at)) if chosen else (),
        has_more=len(found) == wanted,
    )


def ideal_date(view: CourseView, number: int, now: datetime) -> date:
    """Return the date that the targets of the gaps give for a session; never one of the past."""
    today = local_date(view, now)
    before = [item for item in view.sessions[: number - 1] if item.date is not None]
    if not before or before[-1].date is None:
        return today
    rules = view.course.gap_rules[before[-1].number - 1 : number - 1]
    days = sum(rule.target_days for rule in rules)
    return max(today, before[-1].date + timedelta(days=days))


def _first(shown: list[DateChoice], around: date) -> date | None:
    nearest = ((choice.others, abs(choice.date - around), choice.date) for choice in shown)
    best = min(nearest, default=None)
    return best[-1] if best is not None else None


def _choices(
    view: CourseView, asked: Asked, number: int, around: date, now_at: datetime | None
) -> Iterator[DateChoice]:
    problem, place = asked.problem, number - asked.offset
    limits = limits_of(view, number, local_date(view, problem.now))
    free = problem.free_for(problem.sessions[place - 1])
    rows = free.best(SlotCosts(Wishes(), problem.weights))
    dates = sorted(map(date.fromordinal, rows), key=lambda on: (abs(on - around), on))
    tried = 0
    for on in dates:
        if now_at and on == around and not any(_times(view, asked, number, on, now_at)):
            continue
        if limits.allow(on):
            yield DateChoice(on, 0)
            continue
        if tried == TRIED:
            return
        tried += 1
        who, (_cost, minute) = next(iter(rows[on.toordinal()].items()))
        slot = next(item for item in free.at(on, minute) if item.practitioner_id == who)
        way = swap(problem, place, slot)
        if way is not None:
            yield DateChoice(on, sum(moved != place for moved in way.changed_numbers))


def _times(
    view: CourseView, asked: Asked, number: int, on: date, but: datetime | None
) -> Iterator[TimeChoice]:
    free = asked.first if number == 1 else asked.follow_up
    session = asked.problem.sessions[number - asked.offset - 1]
    times = asked.problem.free_for(session)
    for minute in range(0, MINUTES_A_DAY, CELL_MINUTES):
        for start in {slot.starts_at for slot in times.at(on, minute)} - {but}:
            slot = slot_at(view, asked, number, start)
            if slot is not None:
                cell = free.grid.cell_of(slot.starts_at)
                renewal = free.renewals.get(slot.practitioner_id, 0) >> cell & 1
                yield TimeChoice(slot, bool(renewal))
