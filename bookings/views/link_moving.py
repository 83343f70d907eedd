"""Move a visit by a link in a message, with the picker that booking uses."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bookings.domain.policy import MoveAnswer
from bookings.forms.booking import TimeForm
from bookings.models import Appointment
from bookings.refusals import NotBookable, SlotTaken
from bookings.selectors.appointments import visit_of_link
from bookings.selectors.questions import SlotQuestion
from bookings.services.by_link import NeedsSignIn, move_by_link, stands_alone
from bookings.services.moving import move_answer, move_question
from bookings.views.links import (
    changed_page,
    closed_for,
    closed_visit,
    page_of_link,
)
from bookings.views.picker import Reader, build_picker
from bookings.views.presenting import move_words, visit_when, why_ask
from clinic.messaging.links import Link
from clinic.refusals import AlreadyChanged, Refusal
from clinic.selectors.catalogue import Catalogue, catalogue
from clinic.views.links import broken_page, closed_page, done_page


def move(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Choose another time with the same practitioner, or any if that was booked; POST moves."""
    visit = visit_of_link(link.about_id)
    if visit is None:
        return broken_page(request)
    closed = closed_visit(request, visit, link, now) or _barred(request, visit, now)
    if closed is not None:
        return closed
    facts = catalogue()
    wanted = None if visit.any_practitioner else visit.practitioner_id
    try:
        question = move_question(appointment=visit, catalogue=facts, practitioner_id=wanted)
    except NotBookable as refusal:
        return closed_for(
            request, visit, _("Please call us"), str(refusal.message), status=refusal.status
        )
    if request.method != "POST":
        return _page(request, visit, question, now)
    return _move(request, visit, question, facts, now)


def _barred(request: HttpRequest, visit: Appointment, now: datetime) -> HttpResponse | None:
    if not stands_alone(visit):
        return _sign_in_page(request, visit)
    if move_answer(visit, now) is not MoveAnswer.YES:
        words = _("%(why)s Call us, or sign in and ask: we will see what we can do.") % {
            "why": why_ask(visit, now)
        }
        return closed_for(request, visit, _("Not by this link"), words, status=409)
    return None


def _sign_in_page(request: HttpRequest, visit: Appointment) -> HttpResponse:
    return closed_page(
        request,
        _("Please sign in for this"),
        str(NeedsSignIn.message),
        status=NeedsSignIn.status,
        location=visit.location,
        sign_in_url=reverse("appointment-move", args=[visit.public_id]),
    )


def _move(
    request: HttpRequest,
    visit: Appointment,
    question: SlotQuestion,
    facts: Catalogue,
    now: datetime,
) -> HttpResponse:
    form = TimeForm(request.POST, now=now)
    if not form.is_valid():
        return _page(request, visit, question, now, form=form, status=422)
    try:
        moved = move_by_link(
            appointment=visit,
            starts_at=form.cleaned_data["time"],
            practitioner_id=question.practitioner_id,
            catalogue=facts,
            now=now,
        )
    except AlreadyChanged:
        return changed_page(request, visit)
    except Refusal as refusal:
        return _page(request, visit, question, now, refusal=refusal, status=refusal.status)
    words = _("It is now on %(when)s. There is nothing more to do.")
    return done_page(
        request,
        _("Your visit is moved"),
        words % {"when": visit_when(moved, now)},
        location=visit.location,
    )


def _page(
    request: HttpRequest,
    visit: Appointment,
    question: SlotQuestion,
    now: datetime,
    *,
    form: TimeForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    reader = Reader.of(request.path, request.GET, {}, question, now)
    lost = refusal.alternatives if isinstance(refusal, SlotTaken) else None
    is_swap = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    context = page_of_link(
        visit,
        now,
        _("Move your visit"),
        picker=build_picker(question, reader, now, lost=lost),
        is_swap=is_swap,
        form=form,
        refusal=refusal,
        place=question.location,
        needs_sign_in=False,
        ways_on=[],
        button=_("Move to this time"),
        words=move_words(visit),
    )
    template = "bookings/_slots.html" if is_swap else "links/move.html"
    response = render(request, template, context, status=status)
    response["Vary"] = "HX-Request, Cookie"
    return response
