"""Answer for a visit by a link in a message: be there, cancel, move. No sign-in, no details."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bookings.domain.lifecycle import State
from bookings.domain.policy import MoveAnswer
from bookings.links import visit_links
from bookings.models import Appointment
from bookings.selectors.appointments import visit_of_link
from bookings.services.by_link import cancel_by_link, promise_by_link, stands_alone
from bookings.services.cancelling import is_late_cancellation
from bookings.services.moving import move_answer
from bookings.views.presenting import cancel_words, visit_when, where_row
from clinic import formatting
from clinic.messaging.links import Link
from clinic.refusals import AlreadyChanged, Refusal
from clinic.views.components import Row
from clinic.views.links import broken_page, closed_page, done_page


def promise(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Ask whether the client will be there; POST keeps the answer."""
    visit = visit_of_link(link.about_id)
    if visit is None:
        return broken_page(request)
    closed = closed_visit(request, visit, link, now)
    if closed is not None:
        return closed
    if visit.is_promised:
        words = _("You have told us that you will be there. There is nothing more to do.")
        return closed_for(request, visit, _("We know already"), words, status=409)
    if request.method != "POST":
        return _promise_page(request, visit, now)
    try:
        promise_by_link(appointment=visit, now=now)
    except AlreadyChanged:
        return changed_page(request, visit)
    except Refusal as refusal:
        return _promise_page(request, visit, now, refusal=refusal)
    words = _("We look forward to seeing you on %(when)s.") % {"when": visit_when(visit, now)}
    return done_page(request, _("Thank you"), words, location=visit.location)


def cancel(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Say what cancelling means; POST cancels."""
    visit = visit_of_link(link.about_id)
    if visit is None:
        return broken_page(request)
    closed = closed_visit(request, visit, link, now)
    if closed is not None:
        return closed
    if request.method != "POST":
        return _cancel_page(request, visit, now)
    try:
        cancel_by_link(appointment=visit, now=now)
    except AlreadyChanged:
        return changed_page(request, visit)
    except Refusal as refusal:
        return _cancel_page(request, visit, now, refusal=refusal)
    words = _("There is nothing more to do. For another day, book again or call us.")
    return done_page(
        request,
        _("Your visit is cancelled"),
        words,
        location=visit.location,
        book_url=reverse("book"),
    )


def closed_visit(
    request: HttpRequest, visit: Appointment, link: Link, now: datetime
) -> HttpResponse | None:
    """Return the page that says how a visit stands now, if its link has nothing left to do."""
    if visit.state_now is State.CANCELLED:
        words = _("There is nothing more to do. If you did not know, please call us.")
        return closed_for(request, visit, _("This visit is cancelled"), words, status=409)
    if visit.state_now is not State.BOOKED or now >= visit.starts_at:
        words = _("This visit has begun or is over, so nothing can be changed here any more.")
        return closed_for(request, visit, _("Too late for this link"), words, status=410)
    if visit.version != link.version:
        return changed_page(request, visit)
    return None


def changed_page(request: HttpRequest, visit: Appointment) -> HttpResponse:
    """Say that a visit is not what it was when the message went out."""
    words = _(
        "Your visit was changed since we sent this message, so this link does nothing any more. "
        "Our newest message, or signing in, shows how it stands."
    )
    return closed_for(request, visit, _("This message is out of date"), words, status=409)


def closed_for(
    request: HttpRequest, visit: Appointment, heading: str, words: str, *, status: int
) -> HttpResponse:
    """Answer `closed_page` with the phone of the visit's place and the way to its own page."""
    url = reverse("appointment", args=[visit.public_id])
    return closed_page(
        request, heading, words, status=status, location=visit.location, sign_in_url=url
    )


def page_of_link(visit: Appointment, now: datetime, title: str, **more: Any) -> dict[str, Any]:
    """Return what all pages of a link show: whom, when and where, and nothing about what."""
    name = visit.client.first_name if visit.client else ""
    zone = formatting.zone_words(visit.location.name)
    return {
        "title": title,
        "lede": _("Hello %(name)s, this is about your visit.") % {"name": name},
        "when": visit_when(visit, now),
        "rows": [
            Row(_("When"), visit_when(visit, now), note=zone),
            where_row(visit.location),
            Row(_("Phone"), visit.location.phone.as_national),
        ],
        "location": visit.location,
        "links": visit_links(visit),
        "refusal": None,
        "form": None,
        **more,
    }


def _promise_page(
    request: HttpRequest, visit: Appointment, now: datetime, refusal: Refusal | None = None
) -> HttpResponse:
    context = page_of_link(visit, now, _("Will you be there?"), refusal=refusal)
    status = refusal.status if refusal else 200
    return render(request, "links/promise.html", context, status=status)


def _cancel_page(
    request: HttpRequest, visit: Appointment, now: datetime, refusal: Refusal | None = None
) -> HttpResponse:
    context = page_of_link(
        visit,
        now,
        _("Cancel this visit?"),
        words=cancel_words(visit, now),
        is_late=is_late_cancellation(visit, now),
        may_move=move_answer(visit, now) is MoveAnswer.YES and stands_alone(visit),
        refusal=refusal,
    )
    status = refusal.status if refusal else 200
    return render(request, "links/cancel.html", context, status=status)
