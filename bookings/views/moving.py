"""Move an own visit, with the picker that booking uses."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.domain.policy import MoveAnswer
from bookings.forms.booking import TimeForm
from bookings.hooks import course_places
from bookings.models import Appointment
from bookings.refusals import NotBookable, SlotTaken
from bookings.selectors.questions import SlotQuestion
from bookings.services.moving import move_answer, move_appointment, move_question
from bookings.views.choosing import ANYBODY
from bookings.views.mine import can_change, own_visit_or_404, page_of
from bookings.views.picker import Reader, build_picker
from bookings.views.presenting import course_page, move_words, visit_when
from clinic.refusals import AlreadyChanged, Refusal
from clinic.selectors.catalogue import Catalogue, PractitionerFacts, catalogue
from clinic.views.access import SignedInRequest, signed_in


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def appointment_move(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Choose another time; POST moves. Too late to move alone leads to asking."""
    visit = own_visit_or_404(request, public_id)
    now = timezone.now()
    if not can_change(visit, now):
        return redirect("appointment", public_id)
    if move_answer(visit, now) is not MoveAnswer.YES:
        return redirect("appointment-ask", public_id)
    place = course_places.of([visit]).get(visit.pk)
    if place is not None and place.can_change:
        return redirect(course_page(place, "move"))
    facts = catalogue()
    person = _practitioner(request, visit, facts, now)
    try:
        question = move_question(
            appointment=visit, catalogue=facts, practitioner_id=person.id if person else None
        )
    except NotBookable as refusal:
        # The service or the place is closed: reception finds a way, this page can't.
        messages.error(request, str(refusal.message))
        return redirect("appointment", public_id)
    if request.method != "POST":
        return _page(request, visit, question, person, now)
    form = TimeForm(request.POST, now=now)
    if not form.is_valid():
        return _page(request, visit, question, person, now, form=form, status=422)
    try:
        moved = move_appointment(
            appointment=visit,
            starts_at=form.cleaned_data["time"],
            practitioner_id=question.practitioner_id,
            catalogue=facts,
            by=request.user,
            now=now,
        )
    except AlreadyChanged as refusal:
        # A second click, or another tab: the visit's page says how it stands.
        messages.info(request, str(refusal.message))
        return redirect("appointment", public_id)
    except Refusal as refusal:
        return _page(request, visit, question, person, now, refusal=refusal, status=refusal.status)
    words = _("Your visit is moved to %(when)s. There is nothing more to do.")
    messages.success(request, words % {"when": visit_when(moved, now)})
    return redirect("appointment", public_id)


def _practitioner(
    request: SignedInRequest, visit: Appointment, facts: Catalogue, now: datetime
) -> PractitionerFacts | None:
    people = facts.listed(visit.service_id, visit.location_id, now)
    own = ANYBODY if visit.any_practitioner else visit.practitioner.slug
    asked = request.GET.get("practitioner", "")
    found = next((item for item in people if item.slug == (asked or own)), None)
    if asked and asked != ANYBODY and found is None:
        raise Http404
    return found


def _page(
    request: SignedInRequest,
    visit: Appointment,
    question: SlotQuestion,
    person: PractitionerFacts | None,
    now: datetime,
    *,
    form: TimeForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    path = reverse("appointment-move", args=[visit.public_id])
    kept = {"practitioner": person.slug if person else ANYBODY}
    reader = Reader.of(path, request.GET, kept, question, now)
    lost = refusal.alternatives if isinstance(refusal, SlotTaken) else None
    picker = build_picker(question, reader, now, lost=lost)
    is_swap = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    template = "bookings/_slots.html" if is_swap else "bookings/move.html"
    other = ANYBODY if person else visit.practitioner.slug
    context = page_of(
        visit,
        now,
        picker=picker,
        is_swap=is_swap,
        form=form,
        refusal=refusal,
        place=question.location,
        needs_sign_in=False,
        ways_on=[],
        button=_("Move to this time"),
        words=move_words(visit),
        person=person,
        other_url=_other_url(path, other, question, now),
    )
    response = render(request, template, context, status=status)
    response["Vary"] = "HX-Request, Cookie"
    return response


def _other_url(path: str, other: str, question: SlotQuestion, now: datetime) -> str:
    people = question.catalogue.listed(question.service.id, question.location.id, now)
    return f"{path}?practitioner={other}" if len(people) > 1 else ""
