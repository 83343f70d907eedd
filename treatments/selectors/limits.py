"""What binds the sessions of a course: of one as it stands, and of a new one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from treatments.domain.limits import DateLimits, Neighbour
from treatments.domain.spacing import Gap, GapRule
from treatments.models import Course
from treatments.selectors.courses import CourseView, SessionView


@dataclass(frozen=True, slots=True)
class BrokenGap:
    """A gap outside its limits: the session after it, and which limit."""

    number: int
    is_short: bool


def limits_of(view: CourseView, number: int, today: date) -> DateLimits:
    """Return between which dates a session may lie while all others stay. No query."""
    before, after = _dated_around(view, number)
    return DateLimits(
        before=_neighbour(view, before, before.number, number) if before else None,
        after=_neighbour(view, after, number, after.number) if after else None,
        pauses=view.course.known_pauses,
        ready_by=None if is_event_over(view.course, today) else view.course.ready_by,
    )


def gap_without(view: CourseView, number: int) -> int | None:
    """Return the days between the sessions around one, as if it had no date; None at an end."""
    before, after = _dated_around(view, number)
    if before is None or before.date is None or after is None or after.date is None:
        return None
    return (after.date - before.date).days


def broken_gaps(view: CourseView, number: int, on: date) -> list[BrokenGap]:
    """Return which gaps break their limits when one session moves to a date."""
    limits, after = limits_of(view, number, on), _dated_around(view, number)[1]
    found = []
    if limits.before is not None and not limits.reaches_before(on):
        days = (on - limits.before.date).days
        found.append(BrokenGap(number, is_short=days < limits.before.floor_days))
    if limits.after is not None and after is not None and not limits.reaches_after(on):
        days = (limits.after.date - on).days
        found.append(BrokenGap(after.number, is_short=days < limits.after.floor_days))
    return found


def standing_gaps(view: CourseView, first: int, excused: Collection[int] = ()) -> list[Gap]:
    """Return the gaps from session `first` on, those before the `excused` without a ceiling.

    One that was let be outside its limits may stay as it stands.
    """
    rules = view.course.gap_rules
    return [
        _standing_gap(view, number, rules[number - 1], is_excused=number + 1 in excused)
        for number in range(first, len(view.sessions))
    ]


def gaps_after(rules: Sequence[GapRule], *, is_half_way: bool) -> list[Gap]:
    """Return the gaps of a new course; one entered half-way may have waited too long already."""
    gaps = [Gap(rule) for rule in rules]
    if is_half_way and gaps:
        gaps[0] = Gap(rules[0], may_exceed_ceiling=True)
    return gaps


def is_event_over(course: Course, today: date) -> bool:
    """Say whether the event is past for which a course was to be ready: it binds no more."""
    return course.event_date is not None and course.event_date < today


def _standing_gap(view: CourseView, number: int, rule: GapRule, *, is_excused: bool) -> Gap:
    before, after = view.sessions[number - 1], view.sessions[number]
    if after.row is None or not after.row.gap_excused:
        return Gap(rule, may_exceed_ceiling=is_excused)
    if after.date is None or before.date is None:
        return Gap(rule, may_exceed_ceiling=True)
    days = (after.date - before.date).days
    floor_days = max(1, min(rule.floor_days, days))
    stands = replace(rule, floor_days=floor_days, ceiling_days=max(rule.ceiling_days, days))
    return Gap(stands, may_exceed_ceiling=True)


def _dated_around(view: CourseView, number: int) -> tuple[SessionView | None, SessionView | None]:
    before = [item for item in view.sessions[: number - 1] if item.date is not None]
    after = [item for item in view.sessions[number:] if item.date is not None]
    return before[-1] if before else None, after[0] if after else None


def _neighbour(view: CourseView, item: SessionView, first: int, last: int) -> Neighbour:
    on: date | None = item.date
    assert on is not None
    return Neighbour(on, standing_gaps(view, first)[: last - first])
