"""What waits for the desk: wishes to move, and visits that nobody closed."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.domain.lifecycle import State
from bookings.domain.runs import Run
from bookings.models import Appointment, ChangeRequest
from bookings.selectors.days import closed_just_now, requests_to_answer, undoable_among
from bookings.selectors.days import left_open as visits_left_open
from bookings.selectors.running import runs_of
from bookings.services.requests import answer_request
from clinic.formatting import when
from clinic.models import User
from clinic.permissions import CLOSE_FOR_ABSENT, RUN_DESK, SEE_DAY, may
from clinic.refusals import Refusal
from clinic.views.access import SignedInRequest, needs
from treatments.forms.desk import KeepForm
from treatments.views.rows import visit_row
from treatments.views.steps import Failure, needs_count, step_of

PER_PAGE = 25


@needs(RUN_DESK)
def to_answer(request: SignedInRequest) -> HttpResponse:
    """List the wishes to move that came too late to be done alone, the oldest first."""
    if request.method == "POST":
        return _keep(request)
    now = timezone.now()
    page = page_of(requests_to_answer(), request)
    context = {
        "title": _("To answer"),
        "page": page,
        "rows": [_wish(row, now) for row in page],
    }
    return render(request, "treatments/to_answer.html", context)


@needs(SEE_DAY)
def left_open(request: SignedInRequest) -> HttpResponse:
    """List the visits of the past whose end nobody recorded, the oldest first."""
    return left_open_page(request, timezone.now())


def left_open_page(
    request: SignedInRequest, now: datetime, failure: Failure | None = None
) -> HttpResponse:
    """Return the list; 422 and what was typed where a number was refused."""
    page = page_of(visits_left_open(request.user, now), request)
    closed = list(closed_just_now(request.user, now))
    undoable = undoable_among(closed, now)
    runs = {run.id: run for run in runs_of([*page, *closed])}
    context = {
        "title": _("Close these visits"),
        "page": page,
        "rows": [_open_line(visit, runs[visit.pk], request.user, now, failure) for visit in page],
        "closed": [
            visit_row(
                visit, now, can_undo=visit.pk in undoable, by=request.user, run=runs[visit.pk]
            )
            for visit in closed
        ],
    }
    status = 200 if failure is None else 422
    return render(request, "treatments/left_open.html", context, status=status)


def _open_line(
    visit: Appointment, run: Run, by: User, now: datetime, failure: Failure | None
) -> dict[str, object]:
    is_failed = failure is not None and failure.visit_id == visit.pk
    asked = needs_count(visit, run)
    step = step_of(visit, run, by, now, failure if is_failed else None) if asked else None
    return {
        "row": visit_row(visit, now, can_undo=False, by=by, run=run),
        "step": step,
        "waits": _waits(visit, by) if asked and step is None else "",
    }


def _waits(visit: Appointment, by: User) -> str:
    named = {"name": visit.practitioner.name}
    if may(by, CLOSE_FOR_ABSENT, visit):
        return _("%(name)s enters the needles first; if they can’t, open the visit.") % named
    return _("%(name)s enters the needles first.") % named


def page_of(rows: QuerySet | Sequence[object], request: HttpRequest) -> Page:
    """Return the page of a list that the address names; 404 for one that is not there."""
    try:
        return Paginator(rows, PER_PAGE).page(request.GET.get("page") or 1)
    except InvalidPage as error:
        raise Http404 from error


def _keep(request: SignedInRequest) -> HttpResponse:
    form = KeepForm(request.POST)
    wish = None
    if form.is_valid():
        wish = ChangeRequest.objects.filter(pk=form.cleaned_data["request"]).first()
    if wish is None:
        raise Http404
    try:
        answer_request(
            request=wish,
            outcome=ChangeRequest.Outcome.KEPT,
            by=request.user,
            now=timezone.now(),
        )
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Answered: the visit stays as it was."))
    return redirect("to-answer")


def _wish(row: ChangeRequest, now: datetime) -> dict[str, object]:
    visit = row.appointment
    zone = ZoneInfo(visit.location.zone)
    public_id = visit.public_id
    is_booked = visit.state_now is State.BOOKED
    move = reverse("visit-move", args=[public_id])
    return {
        "id": row.pk,
        "wish": row.wish,
        "asked": when(row.created_at, zone),
        "visit": visit_row(visit, now, can_undo=False),
        "when": when(visit.starts_at, zone),
        "phone": visit.client.phone if visit.client else "",
        "is_over": visit.starts_at <= now,
        "move_url": f"{move}?{urlencode({'practitioner': ''})}" if is_booked else "",
        "cancel_url": reverse("visit-cancel", args=[public_id]) if is_booked else "",
    }
