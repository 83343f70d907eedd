"""Cancel a session, pause, stop a course, book what has no date: look first, then confirm."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.domain.lifecycle import State
from bookings.refusals import NotBookable, SlotTaken
from bookings.services.cancelling import is_late_cancellation
from bookings.views.presenting import cancel_words
from clinic.refusals import AlreadyChanged, Refusal
from clinic.views.access import SignedInRequest, signed_in
from treatments.forms.courses import PauseForm, TokenForm
from treatments.selectors.courses import CourseView, left_booked
from treatments.selectors.limits import gap_without
from treatments.services.change_tokens import change_of_token, token_of
from treatments.services.changing import CourseChange, apply_change
from treatments.services.courses import BreaksCourse
from treatments.services.ending import stop_course
from treatments.services.missing import preview_missing
from treatments.services.proposing import preview_cancel, preview_pause
from treatments.views.course_moving import page_of, visit_of
from treatments.views.course_sides import Side, local_now
from treatments.views.course_words import change_rows, count_words, visit_words

GET_OR_POST = ["GET", "HEAD", "POST"]


@never_cache
@require_http_methods(GET_OR_POST)
@signed_in
def course_cancel(
    request: SignedInRequest, public_id: UUID, number: int, side: Side
) -> HttpResponse:
    """Say what cancelling a session means and offer another date for it; POST cancels."""
    view = side.view(request, public_id)
    visit = visit_of(view, number)
    now = timezone.now()
    if visit is None or not view.is_running:
        messages.info(request, _("This session can't be cancelled as it stands now."))
        return redirect(side.url(view.course))
    if request.method == "POST":
        return confirm(request, view, side, now, _("The session is cancelled."))
    context = page_of(view, number, side, now)
    context |= {
        "words": "" if side.is_staff else cancel_words(visit, now),
        "is_late": not side.is_staff and is_late_cancellation(visit, now),
        "gap": gap_without(view, number),
        "before": number - 1,
        "after": number + 1,
        "move_url": side.url(view.course, "move", number),
    }
    try:
        context |= _cancel_options(request, view, number, now)
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
        return redirect(side.url(view.course))
    return render(request, "treatments/course_cancel.html", context)


def _cancel_options(
    request: SignedInRequest, view: CourseView, number: int, now: datetime
) -> dict[str, object]:
    options: dict[str, object] = {}
    alone = preview_cancel(view=view, number=number, book_again=False, by=request.user, now=now)
    options["alone_token"] = token_of(alone)
    try:
        again = preview_cancel(view=view, number=number, book_again=True, by=request.user, now=now)
    except (BreaksCourse, NotBookable):
        return options
    rows = change_rows(view, again, now)
    options |= {
        "again_token": token_of(again),
        "again": next(row for row in rows if row.is_chosen),
        "rows": [row for row in rows if not row.is_chosen],
        "count_words": count_words(again),
    }
    return options


@never_cache
@require_http_methods(GET_OR_POST)
@signed_in
def course_pause(request: SignedInRequest, public_id: UUID, side: Side) -> HttpResponse:
    """Ask from when to when, show what moves, confirm with POST."""
    view = side.view(request, public_id)
    now = timezone.now()
    if not view.is_running:
        return redirect(side.url(view.course))
    if request.method == "POST":
        return confirm(request, view, side, now, _("The course is paused for that time."))
    today = local_now(view.course, now).date()
    form = PauseForm(request.GET if "first" in request.GET else None, today=today)
    context = plain_page(view, side, form=form)
    if not form.is_valid():
        return render(
            request, "treatments/course_pause.html", context, status=422 if form.is_bound else 200
        )
    first: date = form.cleaned_data["first"]
    end: date = form.cleaned_data["last"] + timedelta(days=1)
    return look(
        request,
        view,
        "treatments/course_pause.html",
        context,
        now,
        lambda: preview_pause(view=view, first_date=first, end_date=end, by=request.user, now=now),
    )


@never_cache
@require_http_methods(GET_OR_POST)
@signed_in
def course_missing(request: SignedInRequest, public_id: UUID, side: Side) -> HttpResponse:
    """Show dates for the sessions that have none; POST books them."""
    view = side.view(request, public_id)
    now = timezone.now()
    if request.method == "POST":
        return confirm(request, view, side, now, _("All sessions have a date now."))
    if not view.is_running or not view.unbooked:
        messages.info(request, _("Every session has a date."))
        return redirect(side.url(view.course))
    return look(
        request,
        view,
        "treatments/course_missing.html",
        plain_page(view, side),
        now,
        lambda: preview_missing(view=view, by=request.user, now=now),
        side,
    )


@never_cache
@require_http_methods(GET_OR_POST)
@signed_in
def course_stop(request: SignedInRequest, public_id: UUID, side: Side) -> HttpResponse:
    """Say which visits are cancelled and which count as late; POST stops the course."""
    view = side.view(request, public_id)
    now = timezone.now()
    if not view.is_running:
        return redirect(side.url(view.course))
    refusal = None
    if request.method == "POST":
        try:
            stop_course(view=view, by=request.user, now=now)
        except Refusal as no:
            refusal = no
        else:
            messages.success(request, _("The course is stopped and its visits are cancelled."))
            return redirect(side.url(view.course))
    visits = [visit for visit in left_booked(view, now) if visit.state == State.BOOKED]
    late = [visit for visit in visits if is_late_cancellation(visit, now) and not side.is_staff]
    context = plain_page(
        view,
        side,
        visits=[visit_words(visit, now) for visit in visits],
        late=[visit_words(visit, now) for visit in late],
        progress=view.progress,
        refusal=refusal,
    )
    status = refusal.status if refusal else 200
    return render(request, "treatments/course_stop.html", context, status=status)


def plain_page(view: CourseView, side: Side, **more: object) -> dict[str, object]:
    """Return what all pages about a course as a whole show."""
    return {
        "base": side.base,
        "is_staff_side": side.is_staff,
        "course": view.course,
        "course_url": side.url(view.course),
        "location": view.course.location,
        **more,
    }


def look(
    request: SignedInRequest,
    view: CourseView,
    template: str,
    context: dict[str, object],
    now: datetime,
    preview: Callable[[], CourseChange],
    side: Side | None = None,
) -> HttpResponse:
    """Show what a change would do, or why it can't be."""
    try:
        change = preview()
    except Refusal as refusal:
        refused = {"refusal": refusal, "count_words": ""}
        return render(request, template, {**context, **refused}, status=refusal.status)
    found = {
        "rows": change_rows(view, change, now, side),
        "count_words": count_words(change),
        "token": token_of(change),
        "is_looked_at": True,
    }
    return render(request, template, {**context, **found})


def confirm(
    request: SignedInRequest, view: CourseView, side: Side, now: datetime, words: str
) -> HttpResponse:
    """Apply what was looked at; if a time is gone, look anew, else the course's page tells."""
    form = TokenForm(request.POST)
    try:
        if not form.is_valid():
            raise AlreadyChanged
        change = change_of_token(form.cleaned_data["token"], view.course)
        apply_change(change=change, by=request.user, now=now)
    except SlotTaken as refusal:
        messages.error(request, _("%(gone)s Here are new dates.") % {"gone": refusal.message})
        return redirect(request.get_full_path())
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, words)
    return redirect(side.url(view.course))
