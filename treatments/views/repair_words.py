"""Proposed repairs in words, ready for the pages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.models import Appointment
from clinic import formatting
from clinic.models import Practitioner
from treatments.models import Repair
from treatments.models.repairs import RepairStep
from treatments.selectors.courses import CourseView
from treatments.selectors.ranks import closed_ranks
from treatments.services.repairing import replacement_of
from treatments.services.repairs import is_answerable
from treatments.views.course_words import ChangeRow, gap_words

Names = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class RepairCard:
    """A proposal at the desk, for repairs.html."""

    id: str
    client: str
    client_url: str
    phone: object
    course: str
    course_url: str
    missing_url: str
    what: str
    state: str
    rows: list[ChangeRow]
    count: str
    kept_until: str
    closes_ranks: bool


def repair_card(repair: Repair, names: Names, now: datetime) -> RepairCard:
    """Return a proposal for the list of the desk."""
    course = repair.course
    words = _("Session %(number)s of %(length)s: %(cause)s")
    cause = Repair.Cause(repair.cause).label
    return RepairCard(
        id=str(repair.public_id),
        client=course.client.name,
        client_url=reverse("client", args=[course.client.public_id]),
        phone=course.client.phone,
        course=course.name,
        course_url=reverse("course", args=[course.public_id]),
        missing_url=reverse("course-missing", args=[course.public_id]),
        what=words % {"number": repair.number, "length": course.length, "cause": cause},
        state=repair.state,
        rows=change_rows_of(repair, names, now),
        count=count_words_of(repair),
        kept_until=kept_words(repair, now),
        closes_ranks=repair.planned.closes_ranks,
    )


def names_in(repairs: Iterable[Repair]) -> dict[int, str]:
    """Return the names of those with whom the proposed visits are. One query."""
    ids = {step.practitioner_id for repair in repairs for step in repair.planned.steps}
    return dict(Practitioner.objects.filter(pk__in=ids).values_list("pk", "name"))


def change_rows_of(
    repair: Repair, names: Names, now: datetime, view: CourseView | None = None
) -> list[ChangeRow]:
    """Return what a proposal changes, session by session; the gaps where the course is known."""
    zone = ZoneInfo(repair.course.location.zone)
    gaps = _gaps(repair, view, zone) if view is not None else {}
    return [
        ChangeRow(
            number=step.number,
            old=_when(step.was, zone, now) if step.was else "",
            new=_with(_when(step.starts_at, zone, now), names.get(step.practitioner_id, "")),
            gap=gaps.get(step.number, ""),
            is_chosen=step.was is None,
        )
        for step in repair.planned.steps
    ]


def count_words_of(repair: Repair) -> str:
    """Say how many of the booked dates change, and how many are new where it is not just one."""
    new = sum(step.was is None for step in repair.planned.steps)
    moved = _moved_words(repair.planned.dates_changed)
    if new < 2:
        return moved
    return _("%(count)s sessions get a date. %(moved)s") % {"count": new, "moved": moved}


def _moved_words(count: int) -> str:
    if not count:
        return _("No other date changes.")
    return ngettext(
        "%(count)s other date changes with it.", "%(count)s other dates change with it.", count
    ) % {"count": count}


def kept_number(repair: Repair) -> int | None:
    """Return the number of the session whose new date is kept; None before it was planned."""
    planned = repair.planned
    return replacement_of(planned, repair.number).number if planned.steps else None


def kept_words(repair: Repair, now: datetime) -> str:
    """Say until when the new date is kept; empty when it is not."""
    if repair.expires_at is None or not is_answerable(repair, now):
        return ""
    return _when(repair.expires_at, ZoneInfo(repair.course.location.zone), now)


def what_happened(repair: Repair, lost: Appointment | None, now: datetime) -> str:
    """Say to the client what became of the session, without blame and without a reason."""
    words = {
        Repair.Cause.NO_SHOW: _("Session %(number)s%(on)s did not take place."),
        Repair.Cause.CANCELLED: _("We had to cancel session %(number)s%(on)s. We are sorry."),
        Repair.Cause.NOT_TREATED: _("Session %(number)s%(on)s does not count as used."),
    }[Repair.Cause(repair.cause)]
    on = ""
    if lost is not None:
        on = _(" on %(when)s") % {"when": _when(lost.starts_at, lost.location_zone, now)}
    return words % {"number": repair.number, "on": on}


def _gaps(repair: Repair, view: CourseView, zone: ZoneInfo) -> dict[int, str]:
    seen = closed_ranks(view) if repair.planned.closes_ranks else view
    dates = {item.number: item.date for item in seen.sessions}
    dates |= {step.number: _date(step, zone) for step in repair.planned.steps}
    words = {}
    for step in repair.planned.steps:
        before = dates.get(step.number - 1)
        if before is not None:
            days = (_date(step, zone) - before).days
            rule = view.course.gap_rules[step.number - 2]
            words[step.number] = gap_words(days, step.number - 1, rule)
    return words


def _date(step: RepairStep, zone: ZoneInfo) -> date:
    return step.starts_at.astimezone(zone).date()


def _when(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    other_year = at.astimezone(zone).year != now.astimezone(zone).year
    return formatting.when(at, zone, with_year=other_year)


def _with(when: str, name: str) -> str:
    return _("%(when)s with %(name)s") % {"when": when, "name": name} if name else when
