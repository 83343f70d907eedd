"""A client as staff see them: how to reach them, visits, courses, what they were told, notes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from bookings.domain.lifecycle import OPEN, State
from bookings.models import Appointment
from bookings.selectors.days import visits_seen_by
from clinic.forms.desk_notes import DeskNoteForm
from clinic.models import AccessLog, Client, DeskNote, User
from clinic.permissions import (
    MERGE_CLIENTS,
    RUN_DESK,
    SEE_CLIENT,
    SEE_CLIENTS,
    SEE_LOOKS,
    START_WITH_NEEDLES,
    may,
)
from clinic.refusals import Refusal
from clinic.selectors.catalogue import catalogue
from clinic.selectors.client_search import client_record, same_email
from clinic.services.desk_notes import take_down_note, write_note
from clinic.views.access import SignedInRequest, keep_look, needs
from clinic.views.components import Row
from clinic.views.desk_notes import look_rows, note_rows
from treatments.selectors.courses import CourseView, courses_visible_to, views_of
from treatments.views.course_sides import STAFF
from treatments.views.course_words import course_card
from treatments.views.day import usual_location
from treatments.views.maintenance import card_of_client
from treatments.views.rows import VisitRow, cautions, visit_row
from treatments.views.told import reach_line, told_in_care, told_to_client

PAST_SHOWN = 50
COURSES_SHOWN = 10
NOT_SHOWN = (State.HELD, State.EXPIRED)


@dataclass(frozen=True, slots=True)
class CardVisit:
    """A visit on the card; `needles` only for whom they are to know."""

    row: VisitRow
    needles: str


@needs(SEE_CLIENTS)
def client(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show the card of a client whom the person may see."""
    record = _seen_record(request.user, public_id)
    if record.public_id != public_id:
        return redirect("client", record.public_id)
    return _card(request, record, DeskNoteForm())


@needs(SEE_CLIENTS)
@require_POST
def client_note(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Write a note for the front desk; what can't be kept is shown again."""
    record = _seen_record(request.user, public_id)
    form = DeskNoteForm(request.POST)
    if not form.is_valid():
        return _card(request, record, form, status=422)
    try:
        write_note(
            client=record,
            text=form.cleaned_data["text"],
            note_id=form.cleaned_data["note_id"],
            by=request.user,
            now=timezone.now(),
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal.message))
        return _card(request, record, form, status=refusal.status)
    messages.success(request, _("The note is on the card."))
    return redirect("client", record.public_id)


@needs(SEE_CLIENTS)
@require_POST
def client_note_down(request: SignedInRequest, public_id: UUID, note_id: UUID) -> HttpResponse:
    """Take a note down."""
    record = _seen_record(request.user, public_id)
    note = DeskNote.objects.select_related("client").filter(client=record, public_id=note_id)
    found = note.first()
    if found is None:
        raise Http404
    take_down_note(note=found, by=request.user, now=timezone.now())
    messages.success(request, _("The note is taken down."))
    return redirect("client", record.public_id)


def contact_rows(record: Client) -> list[Row]:
    """Return how a client is reached, as label and value."""
    login = _("Signs in with this address") if record.user_id else _("No login yet")
    rows = [
        Row(_("Phone"), record.phone.as_international if record.phone else _("none")),
        Row(_("E-mail"), record.email or _("none"), note=login if record.email else ""),
    ]
    if record.adult_declared_at:
        rows.append(Row(_("18 or over"), _("declared")))
    return rows


def _seen_record(user: User, public_id: UUID) -> Client:
    record = client_record(public_id)
    if record is None or not may(user, SEE_CLIENT, record):
        raise Http404
    return record


def _card(
    request: SignedInRequest, record: Client, form: DeskNoteForm, *, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    zone = usual_location(request, catalogue()).zone
    visits = visits_seen_by(request.user).filter(client=record).exclude(state__in=NOT_SHOWN)
    visits = visits.select_related("needling")
    upcoming = visits.filter(state__in=OPEN, ends_at__gt=now).order_by("starts_at", "pk")
    past = visits.exclude(state__in=OPEN, ends_at__gt=now).order_by("-starts_at", "-pk")
    ahead, behind = list(upcoming), list(past[:PAST_SHOWN])
    courses = _courses(request.user, record)
    keep_look(request, record, AccessLog.Kind.CARD, now)
    context = {
        "title": record.name,
        "client": record,
        "facts": contact_rows(record),
        "cautions": cautions(record),
        "courses": [course_card(view, STAFF, now) for view in courses],
        "upcoming": [_visit(visit, request.user, now) for visit in ahead],
        "past": [_visit(visit, request.user, now) for visit in behind],
        "notes": note_rows(record, now, zone),
        "form": form,
        "reach_line": reach_line(record),
        **(
            _for_desk(request, record, now)
            if may(request.user, RUN_DESK)
            else {"told": told_in_care([*ahead, *behind], courses, request.user, now)}
        ),
        "looks": look_rows(record, now, zone) if may(request.user, SEE_LOOKS) else (),
    }
    return render(request, "treatments/client.html", context, status=status)


def _for_desk(request: SignedInRequest, record: Client, now: datetime) -> dict[str, object]:
    log = f"{reverse('messages')}?{urlencode({'client': record.public_id})}"
    return {
        "is_desk": True,
        "maintenance": card_of_client(record, now),
        "same_email": same_email(record),
        "may_merge": may(request.user, MERGE_CLIENTS),
        "told": told_to_client(record, request.user, now),
        "messages_url": reverse("client-messages", args=[record.public_id]),
        "log_url": log,
    }


def _courses(user: User, record: Client) -> Sequence[CourseView]:
    rows = courses_visible_to(user).filter(client=record).order_by("-created_at", "-pk")
    return views_of(rows[:COURSES_SHOWN])


def _visit(visit: Appointment, by: User, now: datetime) -> CardVisit:
    # Without the client's marks: they stand on top of the card.
    row = replace(visit_row(visit, now, can_undo=False), notes=())
    return CardVisit(row, _needles(visit) if may(by, START_WITH_NEEDLES, visit) else "")


def _needles(visit: Appointment) -> str:
    needling = getattr(visit, "needling", None)
    if needling is None:
        return ""
    words = ngettext("%(count)s needle in", "%(count)s needles in", needling.in_count)
    put_in = words % {"count": needling.in_count}
    if needling.out_count is None:
        return put_in
    return _("%(put_in)s, %(count)s removed") % {"put_in": put_in, "count": needling.out_count}
