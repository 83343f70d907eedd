"""Running courses in words, ready for the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.domain.lifecycle import State
from bookings.domain.policy import MoveAnswer
from bookings.models import Appointment
from bookings.services.moving import move_answer
from clinic import formatting
from clinic.models import Practitioner
from treatments.domain.progress import CourseState, SessionState
from treatments.domain.spacing import GapRule
from treatments.models import CourseStep
from treatments.selectors.courses import CourseView, SessionView
from treatments.services.changing import CourseChange
from treatments.views.course_sides import Side, local_now, zone_of_course


@dataclass(frozen=True, slots=True)
class CourseCard:
    """How far a course has come, for course_progress.html."""

    name: str
    title: str
    done: int
    length: int
    marks: Sequence[str]
    left: str
    next_visit: str
    next_gap: str
    url: str
    missing: str
    missing_url: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session of a course, for course.html."""

    number: int
    when: str
    who: str
    gap: str
    state: str
    note: str
    is_next: bool
    visit_url: str
    move_url: str
    ask_url: str
    cancel_url: str
    gap_url: str
    choose_url: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One session that a change moves or books, for course_changes.html."""

    number: int
    old: str
    new: str
    gap: str
    is_chosen: bool
    choose_url: str = ""


def course_card(view: CourseView, side: Side, now: datetime) -> CourseCard:
    """Return a course's progress and what comes next."""
    course, progress = view.course, view.progress
    upcoming = view.next_session
    lacking = len(view.unbooked) if view.is_running else 0
    return CourseCard(
        name=course.name,
        title=title_words(view),
        done=progress.done,
        length=progress.length,
        marks=_marks(view),
        left=_left_words(view),
        next_visit=visit_words(upcoming.visit, now) if upcoming and upcoming.visit else "",
        next_gap=_row_gap(view, upcoming) if upcoming else "",
        url=side.url(course),
        missing=ngettext(
            "%(count)s session has no date yet.", "%(count)s sessions have no date yet.", lacking
        )
        % {"count": lacking}
        if lacking
        else "",
        missing_url=side.url(course, "missing"),
    )


def title_words(view: CourseView) -> str:
    """Say where a course stands: "Session 4 of 12"."""
    progress = view.progress
    if view.state is CourseState.COMPLETED:
        return _("Completed, %(done)s of %(length)s sessions") % _numbers(view)
    if view.state is CourseState.STOPPED:
        return _("Stopped after %(done)s of %(length)s sessions") % _numbers(view)
    upcoming = view.next_session
    number = upcoming.number if upcoming else min(progress.done + 1, progress.length)
    return _("Session %(number)s of %(length)s") % {"number": number, **_numbers(view)}


def session_rows(view: CourseView, side: Side, now: datetime) -> list[SessionRow]:
    """Return all sessions with what can be done about them."""
    upcoming = view.next_session
    return [_session_row(view, item, side, now, upcoming) for item in view.sessions]


def change_rows(
    view: CourseView, change: CourseChange, now: datetime, side: Side | None = None
) -> list[ChangeRow]:
    """Return what a change does, session by session: from when to when, and the new gap.

    With a `side`, where to choose another date for a session that had none.
    """
    people = _names(change)
    dates = {item.number: item.date for item in view.sessions}
    for item in change.sessions:
        dates[item.number] = _date(view, item.starts_at)
    return [
        ChangeRow(
            number=item.number,
            old=when_words(view, item.old_starts_at, now),
            new=_with(when_words(view, item.starts_at, now), people.get(item.practitioner_id or 0)),
            gap=_gap_after(view, item.number, dates),
            is_chosen=item.number == change.number,
            choose_url=""
            if side is None or item.old_starts_at
            else side.url(view.course, "move", item.number),
        )
        for item in change.sessions
        if item.starts_at is not None
    ]


def count_words(change: CourseChange) -> str:
    """Say how many dates change: the one number that a recommended answer is judged by."""
    others = sum(item.moves for item in change.others)
    if not others:
        return _("No other date changes.")
    return ngettext(
        "%(count)s other date changes with it.", "%(count)s other dates change with it.", others
    ) % {"count": others}


def move_words(change: CourseChange) -> str:
    """Say how many dates change when a session moves, in one sentence."""
    others = sum(item.moves for item in change.others)
    if not others:
        return _("Only session %(number)s moves.") % {"number": change.number}
    return ngettext(
        "Session %(number)s moves, and %(count)s other date with it.",
        "Session %(number)s moves, and %(count)s other dates with it.",
        others,
    ) % {"number": change.number, "count": others}


def when_words(view: CourseView, at: datetime | None, now: datetime) -> str:
    """Return an instant at the course's location; the year where it is not this one."""
    if at is None:
        return ""
    zone = zone_of_course(view.course)
    other_year = at.astimezone(zone).year != local_now(view.course, now).year
    return formatting.when(at, zone, with_year=other_year)


def visit_words(visit: Appointment, now: datetime) -> str:
    """Return a visit's day, time and practitioner."""
    zone = visit.location_zone
    other_year = visit.starts_at.astimezone(zone).year != now.astimezone(zone).year
    when = formatting.when(visit.starts_at, zone, with_year=other_year)
    return _with(when, visit.practitioner.name)


def gap_words(days: int | None, before: int, rule: GapRule) -> str:
    """Say a gap in plain words: "9 days after session 3, 2 more than recommended"."""
    if days is None:
        return ""
    words = ngettext(
        "%(count)s day after session %(number)s", "%(count)s days after session %(number)s", days
    ) % {"count": days, "number": before}
    outside = rule.days_outside(days)
    if not outside:
        return words
    bend = _("%(count)s more than recommended") if outside > 0 else _("%(count)s fewer than usual")
    return f"{words}, {bend % {'count': abs(outside)}}"


def step_rows(view: CourseView) -> list[dict[str, str]]:
    """Return what was done to a course, the latest first."""
    steps = CourseStep.objects.filter(course=view.course).select_related("by")
    return [
        {
            "what": str(CourseStep.Kind(step.kind).label),
            "number": str(step.number or ""),
            "at": formatting.when(step.at, zone_of_course(view.course)),
            "who": step.by.get_full_name(),
            "reason": step.reason,
        }
        for step in steps.order_by("-at", "-pk")
    ]


def _numbers(view: CourseView) -> dict[str, int]:
    return {"done": view.progress.done, "length": view.progress.length}


def _marks(view: CourseView) -> list[str]:
    """Return the look of each session in the bar."""
    upcoming = view.next_session
    now_at = upcoming.number if upcoming else 0
    return [
        "is-done" if item.is_done else "is-now" if item.number == now_at else ""
        for item in view.sessions
    ]


def _left_words(view: CourseView) -> str:
    done, left = view.progress.done, view.progress.left
    if not view.is_running:
        return ""
    if not done:
        return ngettext("%(count)s session ahead", "%(count)s sessions ahead", left) % {
            "count": left
        }
    return _("%(done)s done, %(left)s left") % {"done": done, "left": left}


def _session_row(
    view: CourseView, item: SessionView, side: Side, now: datetime, upcoming: SessionView | None
) -> SessionRow:
    course, visit = view.course, item.visit
    changeable = view.is_running and visit is not None and visit.state == State.BOOKED
    moves = changeable and visit is not None and _may_move(visit, side, now)
    cancels = changeable and visit is not None and (side.is_staff or now < visit.starts_at)
    excused = item.row is not None and item.row.gap_excused
    is_open = not (item.is_done or item.is_booked)
    return SessionRow(
        number=item.number,
        when=_row_when(item, now),
        who=visit.practitioner.name if visit is not None and not is_open else "",
        gap=_row_gap(view, item),
        state=visit.state if visit is not None else "completed" if item.is_done else "",
        note=item.row.gap_reason if side.is_staff and excused and item.row else "",
        is_next=upcoming is not None and item.number == upcoming.number,
        visit_url=_visit_url(visit, side) if visit is not None and not is_open else "",
        move_url=side.url(course, "move", item.number) if moves else "",
        ask_url=_ask_url(visit) if cancels and not moves and visit is not None else "",
        cancel_url=side.url(course, "cancel", item.number) if cancels else "",
        gap_url=side.url(course, "gap", item.number)
        if side.is_staff and view.is_running and item.number > 1 and not item.is_done
        else "",
        choose_url=side.url(course, "move", item.number) if view.is_running and is_open else "",
    )


def _may_move(visit: Appointment, side: Side, now: datetime) -> bool:
    return side.is_staff or move_answer(visit, now) is MoveAnswer.YES


def _ask_url(visit: Appointment) -> str:
    return reverse("appointment-ask", args=[visit.public_id])


def _visit_url(visit: Appointment, side: Side) -> str:
    return reverse("visit" if side.is_staff else "appointment", args=[visit.public_id])


def _row_when(item: SessionView, now: datetime) -> str:
    if item.visit is not None and (item.is_done or item.is_booked):
        zone = item.visit.location_zone
        other_year = item.visit.starts_at.astimezone(zone).year != now.astimezone(zone).year
        return formatting.when(item.visit.starts_at, zone, with_year=other_year)
    if item.date is not None:
        return formatting.day_and_year(item.date)
    if item.state is SessionState.DONE:
        return _("Before the first visit with us")
    return _("No date yet")


def _row_gap(view: CourseView, item: SessionView) -> str:
    dates = {other.number: other.date for other in view.sessions}
    return _gap_after(view, item.number, dates)


def _gap_after(view: CourseView, number: int, dates: dict[int, date | None]) -> str:
    on, before = dates.get(number), dates.get(number - 1)
    if on is None or before is None:
        return ""
    return gap_words((on - before).days, number - 1, view.course.gap_rules[number - 2])


def _date(view: CourseView, at: datetime | None) -> date | None:
    return at.astimezone(zone_of_course(view.course)).date() if at is not None else None


def _names(change: CourseChange) -> dict[int, str]:
    ids = [item.practitioner_id for item in change.sessions if item.practitioner_id]
    return dict(Practitioner.objects.filter(pk__in=ids).values_list("pk", "name"))


def _with(when: str, name: str | None) -> str:
    return _("%(when)s with %(name)s") % {"when": when, "name": name} if name else when
