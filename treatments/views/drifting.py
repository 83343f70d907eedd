"""The drift list: running courses that somebody should look after, each with what mends it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clinic.permissions import CHANGE_COURSE_LENGTH, RUN_DESK, SEE_DAY, may
from clinic.refusals import Refusal
from clinic.views.access import SignedInRequest, needs
from treatments.domain.drifting import Drift
from treatments.forms.aftercare import ProposeForm
from treatments.models import Repair
from treatments.selectors.courses import CourseView, courses_visible_to, view_of
from treatments.selectors.drifting import (
    DriftView,
    drift_views,
    drifting_courses,
    lost_session,
)
from treatments.services.repairs import propose_repair
from treatments.views.course_tabs import course_tabs
from treatments.views.course_words import title_words, visit_words
from treatments.views.desk import page_of
from treatments.views.maintenance_words import day_words


@dataclass(frozen=True, slots=True)
class DriftAction:
    """The one thing that mends a drifting course: a link, or what is sent where empty."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class DriftRow:
    """A drifting course, for drifting.html."""

    id: str
    client: str
    client_url: str
    phone: object
    course: str
    course_url: str
    title: str
    ways: list[str]
    last: str
    next_visit: str
    action: DriftAction


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(SEE_DAY)
def drifting(request: SignedInRequest) -> HttpResponse:
    """List the courses that drift; POST asks for a date for one that lost a session."""
    now = timezone.now()
    if request.method == "POST":
        return _propose(request, now)
    is_desk = may(request.user, RUN_DESK)
    page = page_of(drifting_courses(request.user, now), request)
    context = {
        "title": _("Courses"),
        "tabs": course_tabs(request.user, "drifting"),
        "page": page,
        "rows": [_row(item, now, is_desk=is_desk) for item in drift_views(list(page))],
        "is_desk": is_desk,
    }
    return render(request, "treatments/drifting.html", context)


def _propose(request: SignedInRequest, now: datetime) -> HttpResponse:
    form = ProposeForm(request.POST)
    course = None
    if form.is_valid():
        rows = courses_visible_to(request.user)
        course = rows.filter(public_id=form.cleaned_data["course"]).first()
    if course is None:
        raise Http404
    course = view_of(course).course
    if not may(request.user, CHANGE_COURSE_LENGTH, course):
        raise Http404
    said = {"client": course.client.name}
    try:
        wanted = propose_repair(course=course, by=request.user, now=now)
    except Refusal as refusal:
        words = _("%(client)s: %(reason)s")
        messages.error(request, words % {**said, "reason": refusal.message})
    else:
        if wanted is None:
            messages.info(request, _("%(client)s: no session is lost any more.") % said)
        else:
            messages.success(request, _("We look for a date for %(client)s.") % said)
    return redirect(request.get_full_path())


def _row(item: DriftView, now: datetime, *, is_desk: bool) -> DriftRow:
    view, client = item.view, item.view.course.client
    last, upcoming = view.last_done, view.next_session
    return DriftRow(
        id=str(view.course.public_id),
        client=client.name,
        client_url=reverse("client", args=[client.public_id]) if is_desk else "",
        phone=client.phone,
        course=view.course.name,
        course_url=_course_url(view),
        title=title_words(view),
        ways=[_way_words(way) for way in item.ways],
        last=day_words(last.date, now) if last and last.date else _("none yet"),
        next_visit=visit_words(upcoming.visit, now)
        if upcoming and upcoming.visit
        else _("none booked"),
        action=_action(item, is_desk=is_desk),
    )


def _way_words(way: Drift) -> str:
    return {
        Drift.TWO_MISSES: _("Missed twice in a row"),
        Drift.NO_NEXT: _("No next session booked"),
        Drift.GAP_RUNNING: _("Longer since the last session than recommended"),
        Drift.GAP_AHEAD: _("A gap ahead is longer than recommended"),
    }[way]


def _action(item: DriftView, *, is_desk: bool) -> DriftAction:
    """Choose the one action: talk after two misses, else answer, propose, book or move."""
    choices: tuple[Callable[[], DriftAction | None], ...] = (
        lambda: _call(item) if Drift.TWO_MISSES in item.ways else None,
        lambda: _about_proposal(item, is_desk=is_desk),
        lambda: DriftAction(_("Propose a date")) if lost_session(item.view) else None,
        lambda: _book(item.view),
        lambda: _move(item),
    )
    found = (choose() for choose in choices)
    return next(filter(None, found), DriftAction(_("Open the course"), _course_url(item.view)))


def _call(item: DriftView) -> DriftAction | None:
    phone = item.view.course.client.phone
    return DriftAction(_("Call the client"), f"tel:{phone.as_e164}") if phone else None


def _about_proposal(item: DriftView, *, is_desk: bool) -> DriftAction | None:
    repair = item.repair
    if repair is None:
        return None
    if repair.state == Repair.State.FAILED:
        return _call(item) or _book(item.view)
    if not is_desk:
        return DriftAction(_("A date is proposed: open the course"), _course_url(item.view))
    return DriftAction(_("See the proposal"), f"{reverse('repairs')}#repair-{repair.public_id}")


def _book(view: CourseView) -> DriftAction | None:
    if not view.unbooked:
        return None
    url = reverse("course-missing", args=[view.course.public_id])
    return DriftAction(_("Book what is missing"), url)


def _move(item: DriftView) -> DriftAction | None:
    if item.long_gap is None:
        return None
    url = reverse("course-move", args=[item.view.course.public_id, item.long_gap])
    return DriftAction(_("Move session %(number)s") % {"number": item.long_gap}, url)


def _course_url(view: CourseView) -> str:
    return reverse("course", args=[view.course.public_id])
