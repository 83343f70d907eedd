"""Look at dates for sessions that have none: all of them, or one at a time by hand."""

from datetime import datetime

from clinic.models import User
from clinic.permissions import CHANGE_COURSE, require
from clinic.refusals import AlreadyChanged
from treatments.domain.planner import plan
from treatments.domain.swapping import swap
from treatments.selectors.courses import CourseView
from treatments.services.changing import ChangeKind, CourseChange
from treatments.services.courses import BreaksCourse
from treatments.services.planning import NotInPlan
from treatments.services.proposing import ask, change_of, may_stay, moved_slots, slot_at


def preview_missing(*, view: CourseView, by: User, now: datetime, reason: str = "") -> CourseChange:
    """Return what booking all sessions without a visit changes; as few others as possible move.

    One query. Raises `BreaksCourse`, `AlreadyChanged` when none is missing, `NotBookable`,
    `NotAllowed`.
    """
    require(by, CHANGE_COURSE, view.course)
    missing = [item.number for item in view.unbooked]
    if not missing:
        raise AlreadyChanged
    asked = ask(view, by, now, reason=reason)
    way = plan(asked.problem)
    if way is None:
        raise BreaksCourse
    slots = moved_slots(asked, way, also=missing)
    return change_of(view, ChangeKind.BOOK, slots, reason=reason)


def preview_choice(
    *, view: CourseView, number: int, starts_at: datetime, by: User, now: datetime
) -> CourseChange:
    """Return what giving one session a date by hand changes; as few others as possible move.

    Other sessions without a date stay without one. One query. Raises `NotInPlan` (not free),
    `BreaksCourse`, `AlreadyChanged` (it has a date), `NotBookable`, `NotAllowed`.
    """
    check_lacks_date(view=view, number=number, by=by)
    asked = ask(view, by, now)
    slot = slot_at(view, asked, number, starts_at)
    if slot is None:
        raise NotInPlan
    slots = {}
    if not may_stay(view, number, slot, now):
        way = swap(asked.problem, number - asked.offset, slot)
        if way is None:
            raise BreaksCourse
        slots = moved_slots(asked, way)
    return change_of(view, ChangeKind.BOOK, {**slots, number: slot}, number=number)


def check_lacks_date(*, view: CourseView, number: int, by: User) -> None:
    """Raise `AlreadyChanged` unless a session of a running course has no date, or `NotAllowed`."""
    require(by, CHANGE_COURSE, view.course)
    if not view.is_running or number not in [item.number for item in view.unbooked]:
        raise AlreadyChanged
