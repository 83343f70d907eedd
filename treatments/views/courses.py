"""A course as it stands: for its client, and for the desk and whoever treats."""

from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clinic import formatting
from clinic.permissions import RUN_DESK, may
from clinic.views.access import SignedInRequest, signed_in
from treatments.selectors.courses import CourseView
from treatments.selectors.repairs import waiting_repair_of
from treatments.views.course_sides import Side
from treatments.views.course_words import course_card, session_rows, step_rows


@never_cache
@require_safe
@signed_in
def course(request: SignedInRequest, public_id: UUID, side: Side) -> HttpResponse:
    """Show all sessions of a course, and what can be done about them."""
    view = side.view(request, public_id)
    now = timezone.now()
    return render(
        request,
        "treatments/course.html",
        {
            "base": side.base,
            "is_staff_side": side.is_staff,
            "is_desk": may(request.user, RUN_DESK),
            "course": view.course,
            "card": course_card(view, side, now),
            "sessions": session_rows(view, side, now),
            "pauses": pause_words(view),
            "is_running": view.is_running,
            "urls": {
                name: side.url(view.course, name)
                for name in ("pause", "stop", "missing", *(STAFF_PAGES if side.is_staff else ()))
            },
            "repair_url": _repair_url(request, view, side, now),
            "steps": step_rows(view) if side.is_staff else [],
            "location": view.course.location,
            "zone": formatting.zone_words(view.course.location.name),
        },
    )


STAFF_PAGES = ("length", "finish")


def pause_words(view: CourseView) -> list[str]:
    """Return a course's pauses, both days inclusive."""
    return [
        _("%(first)s to %(last)s")
        % {
            "first": formatting.plain_date(pause.first_date),
            "last": formatting.plain_date(pause.end_date - timedelta(days=1)),
        }
        for pause in view.course.known_pauses
    ]


def _repair_url(request: SignedInRequest, view: CourseView, side: Side, now: datetime) -> str:
    repair = waiting_repair_of(view.course.pk, now)
    if repair is None or (side.is_staff and not may(request.user, RUN_DESK)):
        return ""
    if side.is_staff:
        return f"{reverse('repairs')}#repair-{repair.public_id}"
    return reverse("my-repair", args=[repair.public_id])
