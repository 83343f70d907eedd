"""What a client takes away from a booked course: the confirmation, a printed plan, a file."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookings.calendar import CONTENT_TYPE, calendar_of
from bookings.domain.lifecycle import OPEN, State
from bookings.models import Appointment
from bookings.views.presenting import change_policy, course_confirmation
from clinic import formatting
from clinic.models import AccessLog
from clinic.views.access import SignedInRequest, keep_look, signed_in
from treatments.selectors.courses import CourseView, courses_visible_to, view_of
from treatments.views.plan_strip import PlanStrip, plan_strip

JUST_BOOKED = timedelta(minutes=15)
"""How long the confirmation may still be on its way."""


@dataclass(frozen=True, slots=True)
class PrintedVisit:
    """One line of the printed plan; `when` is empty for what is not booked yet."""

    number: int
    day: str
    time: str
    who: str
    is_done: bool


@never_cache
@require_safe
@signed_in
def course_booked(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Say that the course is booked, and what can be taken along."""
    view = course_or_404(request, public_id)
    course, now = view.course, timezone.now()
    is_own = course.client.user_id == request.user.pk
    following = view.next_session
    visit = following.visit if following else None
    zone = ZoneInfo(course.location.zone)
    return render(
        request,
        "treatments/course_booked.html",
        {
            "course": course,
            "is_own": is_own,
            "panel_text": _panel_words(view),
            "next_when": formatting.when(visit.starts_at, zone, with_year=True) if visit else "",
            "span": formatting.time_span(visit.starts_at, visit.ends_at, zone) if visit else "",
            "zone": formatting.zone_words(course.location.name),
            "before_url": _before_url(visit),
            "confirmation": course_confirmation(course.client)
            if is_own and now - course.created_at < JUST_BOOKED
            else "",
            "lines": printed_visits(view),
            "strip": _strip(view),
            "policy": change_policy(course.location),
            "now": now,
        },
    )


@never_cache
@require_safe
@signed_in
def course_print(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show the plan for one A4 page: dates, times, people, place; no word about health."""
    view = course_or_404(request, public_id)
    course = view.course
    return render(
        request,
        "treatments/course_print.html",
        {
            "course": course,
            "lines": printed_visits(view),
            "zone": formatting.zone_words(course.location.name),
            "policy": change_policy(course.location),
            "printed_on": formatting.plain_date(
                timezone.now().astimezone(ZoneInfo(course.location.zone)).date()
            ),
            "back_url": reverse(
                "my-course" if course.client.user_id == request.user.pk else "course",
                args=[public_id],
            ),
        },
    )


@never_cache
@require_safe
@signed_in
def course_calendar(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Give all visits of a course as one calendar file."""
    view = course_or_404(request, public_id)
    visits = [visit for item in view.sessions for visit in item.attempts if _is_on(visit)]
    response = HttpResponse(calendar_of(visits, timezone.now()), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = 'attachment; filename="appointments.ics"'
    return response


def course_or_404(request: SignedInRequest, public_id: UUID) -> CourseView:
    """Return a course that this person may see; for everybody else there is none."""
    course = courses_visible_to(request.user).filter(public_id=public_id).first()
    if course is None:
        raise Http404
    if course.client.user_id != request.user.pk:
        keep_look(request, course.client, AccessLog.Kind.COURSE, timezone.now())
    return view_of(course)


def printed_visits(view: CourseView) -> list[PrintedVisit]:
    """Return the sessions of a course as lines."""
    return [
        _line(item.number, item.visit if item.date else None, is_done=item.is_done)
        for item in view.sessions
    ]


def _line(number: int, visit: Appointment | None, *, is_done: bool) -> PrintedVisit:
    if visit is None:
        return PrintedVisit(number, "", "", "", is_done)
    local = visit.starts_at.astimezone(ZoneInfo(visit.location.zone))
    return PrintedVisit(
        number,
        formatting.day_and_year(local.date()),
        formatting.clock(local.time()),
        visit.practitioner.name,
        is_done,
    )


def _panel_words(view: CourseView) -> str:
    booked = [item for item in view.sessions if item.is_booked]
    if not booked or booked[0].date is None or booked[-1].date is None:
        return ""
    words = ngettext(
        "%(count)s visit, on %(first)s",
        "%(count)s visits, from %(first)s to %(last)s",
        len(booked),
    )
    return words % {
        "count": len(booked),
        "first": formatting.day_and_year(booked[0].date),
        "last": formatting.day_and_year(booked[-1].date),
    }


def _strip(view: CourseView) -> PlanStrip | None:
    dots = [
        (item.date, item.number, "fixed" if item.is_done else "open")
        for item in view.sessions
        if item.date is not None
    ]
    return plan_strip(dots) if dots else None


def _before_url(visit: Appointment | None) -> str:
    if visit is None or not visit.service.before_text:
        return ""
    return reverse("service-before", args=[visit.service.slug])


def _is_on(visit: Appointment) -> bool:
    return visit.state_now in OPEN or visit.state_now is State.COMPLETED
