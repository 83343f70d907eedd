"""What each visit to cover could become: everybody's search for free time, laid out as choices.

One query for the free times of all visits, one for time off, four for the courses.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bookings.models import Appointment
from bookings.refusals import NotBookable
from bookings.selectors.barred import Bar, barred_within
from bookings.selectors.slots import free_times
from bookings.services.moving import keeping_start, move_question
from clinic.domain.intervals import Interval
from clinic.selectors.catalogue import Catalogue
from treatments.domain.covering import Case, Choice, Problem
from treatments.domain.limits import DateLimits
from treatments.domain.wishes import Wishes
from treatments.models.cover_steps import CoverStep
from treatments.selectors.cover_courses import CoursePart, course_parts, links_between
from treatments.selectors.cover_scope import CoverScope
from treatments.services.cover_choices import CaseTimes, Search
from treatments.services.cover_rules import asks_client

ONE_DAY = timedelta(days=1)
EARLIER, LATER = timedelta(days=7), timedelta(days=21)
"""How far from its date another time of a single visit is looked for."""

COURSE_REACH = timedelta(days=28)
"""How far from its date another time of a session is looked for, within its limits."""


@dataclass(frozen=True, slots=True)
class CoverOptions:
    """The problem to solve; what the cases' choices mean for their clients."""

    problem: Problem
    visits: Mapping[int, Appointment]
    parts: Mapping[int, CoursePart]

    def asks(self, visit_id: int, choice: Choice) -> bool:
        """Say whether the client is asked before a choice is made true."""
        return asks_client(self.visits[visit_id], choice, wishes_of(self.parts.get(visit_id)))


def cover_options(
    visits: Sequence[Appointment],
    scope: CoverScope,
    facts: Catalogue,
    now: datetime,
    *,
    wanted: Iterable[CoverStep] = (),
) -> CoverOptions:
    """Lay out what visits could become, at most `MOST_CHOICES` each.

    Same time: somebody else with valid papers, or another room, whatever the notice. Other
    times: with notice, inside the limits of the course while its other sessions stay, or
    some days around a single visit. What is `wanted` is among the choices if it is free.
    Visits need their people loaded.
    """
    parts = course_parts(visits)
    asked = [(visit, search) for visit in visits if (search := _search(visit, parts, facts, now))]
    found = free_times([q for _visit, search in asked for q in search.questions], now)
    if not asked:
        return CoverOptions(_problem(visits, {}, parts), {v.pk: v for v in visits}, parts)
    whole = Interval(
        min(free.grid.starts_at for free in found), max(free.grid.ends_at for free in found)
    )
    barred = barred_within(whole, _bars(scope))
    by_visit = {step.visit: step for step in wanted}
    choices = {}
    for (visit, search), same, other in zip(asked, found[::2], found[1::2], strict=True):
        step = by_visit.get(visit.public_id)
        case = CaseTimes(visit, search, whole.starts_at, barred, step, now)
        choices[visit.pk] = case.choices(same, other)
    return CoverOptions(_problem(visits, choices, parts), {v.pk: v for v in visits}, parts)


def wishes_of(part: CoursePart | None) -> Wishes:
    """Return what a visit's client asked for; nothing for single visits."""
    return part.course.asked_for if part is not None else Wishes()


def _search(
    visit: Appointment, parts: Mapping[int, CoursePart], facts: Catalogue, now: datetime
) -> Search | None:
    try:
        question = move_question(appointment=visit, catalogue=facts, practitioner_id=None)
    except NotBookable:
        return None
    part = parts.get(visit.pk)
    day = question.first_date
    today = now.astimezone(question.location.zone).date()
    limits = part.limits(today) if part is not None else None
    first, last = _window(day, limits)
    other = replace(question, first_date=max(first, today), end_date=max(last, today) + ONE_DAY)
    return Search(
        same=replace(keeping_start(question), waives_notice=True),
        other=other,
        limits=limits,
        wishes=wishes_of(part),
        known_ids=_known(visit, part),
    )


def _window(day: date, limits: DateLimits | None) -> tuple[date, date]:
    if limits is None:
        return day - EARLIER, day + LATER
    first, last = day - COURSE_REACH, day + COURSE_REACH
    if limits.before is not None:
        first = max(first, limits.before.date + timedelta(days=limits.before.floor_days))
    if limits.after is not None:
        last = min(last, limits.after.date - timedelta(days=limits.after.floor_days))
    return first, max(first, last)


def _known(visit: Appointment, part: CoursePart | None) -> frozenset[int]:
    return frozenset({visit.practitioner_id, *(part.known_ids if part is not None else ())})


def _bars(scope: CoverScope) -> list[Bar]:
    if not scope.takes_all:
        return []
    return [Bar(scope.span, scope.practitioner_id, scope.room_id, scope.location_id)]


def _problem(
    visits: Sequence[Appointment],
    choices: Mapping[int, tuple[Choice, ...]],
    parts: Mapping[int, CoursePart],
) -> Problem:
    cases = [
        Case(
            id=visit.pk,
            starts_at=visit.starts_at,
            whose=f"course {part.course.pk}" if (part := parts.get(visit.pk)) else f"{visit.pk}",
            known_ids=_known(visit, parts.get(visit.pk)),
            choices=choices.get(visit.pk, ()),
        )
        for visit in visits
    ]
    return Problem(tuple(cases), tuple(links_between(parts)))
