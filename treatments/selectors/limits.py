"""What binds the sessions of a running course, read from the course as it stands."""

from datetime import date

from treatments.domain.limits import DateLimits, Neighbour
from treatments.domain.spacing import Gap
from treatments.selectors.courses import CourseView, SessionView


def limits_of(view: CourseView, number: int) -> DateLimits:
    """Return between which dates a session may lie while all others stay. No query."""
    before = [item for item in view.sessions[: number - 1] if item.date is not None]
    after = [item for item in view.sessions[number:] if item.date is not None]
    return DateLimits(
        before=_neighbour(view, before[-1], before[-1].number, number) if before else None,
        after=_neighbour(view, after[0], number, after[0].number) if after else None,
        pauses=view.course.known_pauses,
        ready_by=view.course.ready_by,
    )


def gap_without(view: CourseView, number: int) -> int | None:
    """Return the days between the sessions around one, as if it had no date; None at an end."""
    limits = limits_of(view, number)
    if limits.before is None or limits.after is None:
        return None
    return (limits.after.date - limits.before.date).days


def _neighbour(view: CourseView, item: SessionView, first: int, last: int) -> Neighbour:
    on: date | None = item.date
    assert on is not None
    rules = view.course.gap_rules
    gaps = [
        Gap(rules[number - 1], may_exceed_ceiling=_is_excused(view.sessions[number]))
        for number in range(first, last)
    ]
    return Neighbour(on, gaps)


def _is_excused(after: SessionView) -> bool:
    return after.row is not None and after.row.gap_excused
