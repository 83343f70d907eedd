"""The steps of a visit as they are tapped: one POST each, back to where it was tapped."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bookings.domain.lifecycle import State, may_change
from bookings.models import STATE_LABELS, Appointment
from bookings.services.needling import (
    record_needles_in,
    record_needles_out,
    record_searched,
    undo_needles,
)
from bookings.services.retention import set_retention
from bookings.services.status import (
    HistoryNotSeen,
    close_left_open,
    record_status,
    start_visit,
    undo_status,
)
from clinic.models import User
from clinic.permissions import SEE_DAY
from clinic.refusals import Refusal
from clinic.selectors.catalogue import catalogue
from clinic.views.access import SignedInRequest, needs
from treatments.forms.desk import StatusForm
from treatments.forms.needles import (
    IN,
    OUT,
    SEARCHED,
    UNDO,
    BeginForm,
    CountForm,
    NeedlesForm,
    RetentionForm,
)
from treatments.views.day import day_page
from treatments.views.desk import left_open_page
from treatments.views.hands import start_warnings
from treatments.views.steps import Failure
from treatments.views.visits import seen_visit, visit_day_url, visit_page, zone_of


@needs(SEE_DAY)
@require_POST
def visit_status(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Record a tapped step; a second tap changes nothing."""
    now = timezone.now()
    seen = seen_visit(request.user, public_id)
    form = StatusForm(request.POST)
    if not form.is_valid():
        return _no_such_step(request, seen, _("Choose one of the steps shown."))
    to_state = form.cleaned_data["to_state"]
    try:
        _record(seen, to_state, request.user, now, form.cleaned_data["reason"])
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        said = {"name": _name(seen), "state": STATE_LABELS[to_state]}
        messages.success(request, _("%(name)s: %(state)s.") % said)
    return _back(form.cleaned_data["back"], seen)


@needs(SEE_DAY)
@require_POST
def visit_start(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Start a visit: with needles on a tick, and on a second tap where other needles wait."""
    now = timezone.now()
    seen = seen_visit(request.user, public_id)
    form = BeginForm(request.POST)
    if not form.is_valid():
        return _no_such_step(request, seen, _("Start it from the visit's own page."))
    ticked, again = form.cleaned_data["history_seen"], form.cleaned_data["all_the_same"]
    back = form.cleaned_data["back"]
    if ticked and not again and seen.state_now is State.ARRIVED:
        warnings = start_warnings(seen, now)
        if warnings:
            failure = Failure(seen.pk, " ".join(warnings), ticked=True, again=True)
            return _refused(request, seen, failure, back, now)
    try:
        start_visit(appointment=seen, history_seen=ticked, by=request.user, now=now)
    except HistoryNotSeen as refusal:
        failure = Failure(seen.pk, str(refusal.message), again=again)
        return _refused(request, seen, failure, back, now)
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        said = {"name": _name(seen), "state": STATE_LABELS[State.IN_SESSION]}
        messages.success(request, _("%(name)s: %(state)s.") % said)
    return _back(back, seen)


@needs(SEE_DAY)
@require_POST
def visit_undo(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Take the last tap back, for 15 minutes."""
    seen = seen_visit(request.user, public_id)
    try:
        undo_status(appointment=seen, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        said = {"name": _name(seen), "state": STATE_LABELS[seen.state_now]}
        messages.success(request, _("Undone. %(name)s: %(state)s.") % said)
    return _back(request.POST.get("back", ""), seen)


@needs(SEE_DAY)
@require_POST
def visit_needles(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Record needles in, removed, searched for, or take the last entry back."""
    now = timezone.now()
    seen = seen_visit(request.user, public_id)
    form = NeedlesForm(request.POST)
    if not form.is_valid():
        return _no_such_step(request, seen, _("Choose one of the steps shown."))
    act, back = form.cleaned_data["act"], form.cleaned_data["back"]
    count = 0
    if act in {IN, OUT}:
        number = CountForm(request.POST, least=1 if act == IN else 0)
        if not number.is_valid():
            typed = request.POST.get("count", "")
            failure = Failure(seen.pk, _words_of(number), typed=typed)
            return _refused(request, seen, failure, back, now)
        count = number.cleaned_data["count"]
    try:
        if act == UNDO:
            last = form.cleaned_data["last"]
            undo_needles(appointment=seen, by=request.user, now=now, kind=last)
        else:
            _record_needles(act, count, seen, request.user, now)
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _said_of_needles(act, count, seen))
    return _back(back, seen)


@needs(SEE_DAY)
@require_POST
def visit_retention(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Set how long this visit's needles stay in."""
    seen = seen_visit(request.user, public_id)
    form = RetentionForm(request.POST)
    if not form.is_valid():
        return _no_such_step(request, seen, _words_of(form))
    minutes = form.cleaned_data["minutes"]
    try:
        set_retention(appointment=seen, minutes=minutes, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        said = {"name": _name(seen), "minutes": minutes}
        messages.success(request, _("%(name)s: needles stay in for %(minutes)s minutes.") % said)
    return _back(form.cleaned_data["back"], seen)


def _words_of(form: Form) -> str:
    return " ".join(str(words) for errors in form.errors.values() for words in errors)


def _record(seen: Appointment, to_state: State, by: User, now: datetime, reason: str) -> None:
    if seen.state_now is to_state or may_change(seen.state_now, to_state):
        record_status(appointment=seen, to_state=to_state, by=by, now=now, reason=reason)
    else:
        close_left_open(appointment=seen, to_state=to_state, by=by, now=now)


def _record_needles(act: str, count: int, seen: Appointment, by: User, now: datetime) -> None:
    if act == IN:
        record_needles_in(count=count, appointment=seen, by=by, now=now)
    elif act == OUT:
        record_needles_out(count=count, appointment=seen, by=by, now=now)
    else:
        record_searched(appointment=seen, by=by, now=now)


def _said_of_needles(act: str, count: int, seen: Appointment) -> str:
    said = {"name": _name(seen), "count": count}
    if act == IN:
        return _("%(name)s: %(count)s needles in.") % said
    if act == OUT:
        return _("%(name)s: %(count)s needles removed.") % said
    if act == SEARCHED:
        return _("%(name)s: searched, client told.") % said
    return _("%(name)s: the last entry is taken back.") % said


def _refused(
    request: SignedInRequest, seen: Appointment, failure: Failure, back: str, now: datetime
) -> HttpResponse:
    """Answer on the page where it was tapped, with the words at the field."""
    if back == "left-open":
        return left_open_page(request, now, failure)
    on = seen.starts_at.astimezone(zone_of(seen)).date()
    is_today = on == now.astimezone(zone_of(seen)).date()
    snapshot = catalogue()
    location = snapshot.locations.get(seen.location_id)
    is_own = seen.practitioner.user_id == request.user.pk
    if back == "visit" or not (is_today and is_own) or location is None:
        return visit_page(request, seen, now, failure)
    return day_page(request, snapshot, location, on, now, failure)


def _no_such_step(request: HttpRequest, seen: Appointment, words: str) -> HttpResponse:
    url = reverse("visit", args=[seen.public_id])
    context = {"title": _("That did not work"), "words": words, "visit_url": url}
    return render(request, "treatments/visit_refused.html", context, status=422)


def _name(seen: Appointment) -> str:
    return seen.client.name if seen.client else ""


def _back(name: str, seen: Appointment) -> HttpResponseRedirect:
    if name == "visit":
        return redirect("visit", seen.public_id)
    if name == "left-open":
        return redirect("left-open")
    return redirect(f"{visit_day_url(seen)}#visit-{seen.public_id}")
