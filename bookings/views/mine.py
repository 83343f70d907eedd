"""A client's own visit: look at it, move it, cancel it, or ask to move it."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bookings.calendar import CONTENT_TYPE, calendar_of
from bookings.domain.lifecycle import State
from bookings.domain.policy import MoveAnswer
from bookings.forms.booking import WishForm
from bookings.hooks import OfferedTime, course_places, offered_times
from bookings.models import Appointment
from bookings.selectors.appointments import open_request, own_visits
from bookings.services.cancelling import cancel_appointment, is_late_cancellation
from bookings.services.moving import move_answer
from bookings.services.requests import ask_to_move
from bookings.views.presenting import (
    cancel_words,
    change_policy,
    confirmation_words,
    course_page,
    place_words,
    renewal_note,
    visit_actions,
    visit_rows,
    visit_when,
    why_ask,
)
from clinic import formatting
from clinic.refusals import Refusal
from clinic.selectors.catalogue import catalogue
from clinic.views.access import SignedInRequest, signed_in


def own_visit_or_404(request: SignedInRequest, public_id: UUID) -> Appointment:
    """Return a visit of whoever is signed in; for everybody else there is none."""
    visit = own_visits(request.user).filter(public_id=public_id).first()
    if visit is None:
        raise Http404
    return visit


def can_change(visit: Appointment, now: datetime) -> bool:
    """Tell whether the client may still do anything about a visit."""
    return visit.state_now is State.BOOKED and now < visit.starts_at


def page_of(visit: Appointment, now: datetime, **more: Any) -> dict[str, Any]:
    """Return what all pages of one visit show."""
    return {
        "visit": visit,
        "title": visit_when(visit, now),
        "zone": formatting.zone_words(visit.location.name),
        "rows": visit_rows(visit, now, catalogue()),
        "location": visit.location,
        "visit_url": reverse("appointment", args=[visit.public_id]),
        "now": now,
        **more,
    }


@never_cache
@require_safe
@signed_in
def appointment(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show a visit, whatever became of it."""
    visit = own_visit_or_404(request, public_id)
    now = timezone.now()
    changeable = can_change(visit, now)
    place = course_places.of([visit]).get(visit.pk)
    offered = offered_times.of(visit, now) if changeable else None
    return render(
        request,
        "bookings/appointment.html",
        page_of(
            visit,
            now,
            session_words=place_words(place) if place else "",
            course_url=reverse("my-course", args=[place.course_id]) if place else "",
            actions=visit_actions(visit, now, place),
            policy=change_policy(visit.location) if changeable else "",
            is_over=visit.ends_at <= now,
            can_change=changeable,
            wish=open_request(visit) if changeable else None,
            offer_url=offered.url if offered else "",
            offer_until=_until(offered, visit) if offered else "",
            again_url=f"{reverse('book')}?service={visit.service.slug}",
        ),
    )


def _until(offered: OfferedTime, visit: Appointment) -> str:
    return formatting.when(offered.until, ZoneInfo(visit.location.zone))


@never_cache
@require_safe
@signed_in
def appointment_booked(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Say once that the visit is booked; later this address shows the visit itself."""
    visit = own_visit_or_404(request, public_id)
    now = timezone.now()
    if visit.state_now is not State.BOOKED or visit.ends_at <= now:
        return redirect("appointment", public_id)
    zone = ZoneInfo(visit.location.zone)
    text = _("%(when)s, %(zone)s, with %(name)s") % {
        "when": visit_when(visit, now),
        "zone": formatting.zone_words(visit.location.name),
        "name": visit.practitioner.name,
    }
    return render(
        request,
        "bookings/booked.html",
        page_of(
            visit,
            now,
            panel_text=text,
            span=formatting.time_span(visit.starts_at, visit.ends_at, zone),
            policy=change_policy(visit.location),
            confirmation=confirmation_words(visit.client) if visit.client else "",
            has_before=bool(visit.service.before_text),
            renewal=renewal_note(visit, now, catalogue()),
        ),
    )


@never_cache
@require_safe
@signed_in
def appointment_calendar(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Give a visit that is booked as a calendar file."""
    visit = own_visit_or_404(request, public_id)
    if visit.state_now is not State.BOOKED:
        raise Http404
    response = HttpResponse(calendar_of([visit], timezone.now()), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def appointment_cancel(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Say what cancelling means; POST cancels."""
    visit = own_visit_or_404(request, public_id)
    now = timezone.now()
    if not can_change(visit, now):
        return redirect("appointment", public_id)
    place = course_places.of([visit]).get(visit.pk)
    if place is not None and place.can_change:
        return redirect(course_page(place, "cancel"))
    refusal = None
    if request.method == "POST":
        try:
            cancel_appointment(appointment=visit, by=request.user, now=now)
        except Refusal as no:
            refusal = no
        else:
            messages.success(request, _("Your visit is cancelled. There is nothing more to do."))
            return redirect("appointment", public_id)
    context = page_of(
        visit,
        now,
        words=cancel_words(visit, now),
        is_late=is_late_cancellation(visit, now),
        actions=visit_actions(visit, now),
        refusal=refusal,
    )
    status = refusal.status if refusal else 200
    return render(request, "bookings/cancel.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def appointment_ask(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Ask reception to move a visit that can't be moved online any more."""
    visit = own_visit_or_404(request, public_id)
    now = timezone.now()
    if not can_change(visit, now):
        return redirect("appointment", public_id)
    if move_answer(visit, now) is MoveAnswer.YES:
        return redirect("appointment-move", public_id)
    asked = open_request(visit)
    form = WishForm(request.POST or None, initial={"wish": asked.wish if asked else ""})
    if request.method == "POST" and form.is_valid():
        try:
            ask_to_move(appointment=visit, wish=form.cleaned_data["wish"], by=request.user, now=now)
        except Refusal as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("We have your wish and will get back to you."))
            return redirect("appointment", public_id)
    context = page_of(visit, now, form=form, why=why_ask(visit, now), asked=asked)
    return render(request, "bookings/ask.html", context, status=422 if form.errors else 200)
