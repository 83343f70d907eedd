"""A client's page with all visits, and making one record of two."""

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.domain.lifecycle import OPEN
from bookings.models import Appointment
from bookings.services.merging import clashes, merge_clients
from clinic.formatting import when
from clinic.forms.clients import SearchForm
from clinic.models import Client
from clinic.permissions import MERGE_CLIENTS, RUN_DESK, may
from clinic.refusals import Refusal
from clinic.selectors.client_search import client_record, find_clients, same_email
from clinic.views.access import SignedInRequest, needs
from clinic.views.components import Row
from treatments.forms.desk import MergeForm
from treatments.models import Course
from treatments.selectors.courses import views_of
from treatments.views.course_sides import STAFF
from treatments.views.course_words import CourseCard, course_card
from treatments.views.maintenance import card_of_client
from treatments.views.rows import VisitRow, cautions, visit_row
from treatments.views.told import reach_line, told_to_client

PAST_SHOWN = 50
FOUND_SHOWN = 8
COURSES_SHOWN = 10


@needs(RUN_DESK)
def client(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show a client: how to reach them, their marks, their visits."""
    now = timezone.now()
    record = _record(public_id)
    if record.public_id != public_id:
        return redirect("client", record.public_id)
    upcoming = _visits(record).filter(state__in=OPEN, ends_at__gt=now).order_by("starts_at", "pk")
    past = _visits(record).exclude(state__in=OPEN, ends_at__gt=now)
    return render(
        request,
        "treatments/client.html",
        {
            "title": record.name,
            "client": record,
            "facts": _contact(record),
            "cautions": cautions(record),
            "upcoming": [visit_row(visit, now, can_undo=False) for visit in upcoming],
            "past": [
                visit_row(visit, now, can_undo=False)
                for visit in past.order_by("-starts_at", "-pk")[:PAST_SHOWN]
            ],
            "courses": _courses(record, now),
            "maintenance": card_of_client(record, now),
            "same_email": same_email(record),
            "may_merge": may(request.user, MERGE_CLIENTS),
            "told": told_to_client(record, request.user, now),
            "reach_line": reach_line(record),
            "messages_url": reverse("client-messages", args=[record.public_id]),
            "log_url": f"{reverse('messages')}?{urlencode({'client': record.public_id})}",
        },
    )


def _courses(record: Client, now: datetime) -> list[CourseCard]:
    rows = Course.objects.with_people().filter(client=record).order_by("-created_at", "-pk")
    return [course_card(view, STAFF, now) for view in views_of(rows[:COURSES_SHOWN])]


@needs(MERGE_CLIENTS)
def client_merge(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Choose the other record, look at both side by side, then merge it into this one."""
    keep = _record(public_id)
    now = timezone.now()
    if request.method == "POST":
        form = MergeForm(request.POST)
        other = _other(keep, form.cleaned_data["other"]) if form.is_valid() else None
        if other is None:
            raise Http404
        return _merge(request, keep, other, now)
    if not request.GET.get("other"):
        return _choose(request, keep)
    form = MergeForm(request.GET)
    other = _other(keep, form.cleaned_data["other"]) if form.is_valid() else None
    if other is None:
        raise Http404
    return _preview(request, keep, other, now)


def _merge(request: SignedInRequest, keep: Client, other: Client, now: datetime) -> HttpResponse:
    try:
        merge_clients(keep=keep, merge=other, by=request.user, now=now)
    except Refusal as refusal:
        return _preview(
            request, keep, other, now, refusal=str(refusal.message), status=refusal.status
        )
    said = {"other": other.name, "keep": keep.name}
    messages.success(request, _("%(other)s is now part of %(keep)s.") % said)
    return redirect("client", keep.public_id)


def _choose(request: SignedInRequest, keep: Client) -> HttpResponse:
    form = SearchForm(request.GET)
    words = form.cleaned_data["q"].strip() if form.is_valid() else ""
    found = find_clients(words).exclude(pk=keep.pk)[:FOUND_SHOWN] if words else same_email(keep)
    context = {
        "title": _("Merge another record into this one"),
        "form": form,
        "keep": keep,
        "words": words,
        "found": found,
    }
    status = 200 if form.is_valid() else 422
    return render(request, "treatments/client_merge_choose.html", context, status=status)


def _preview(
    request: SignedInRequest,
    keep: Client,
    other: Client,
    now: datetime,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    pairs = clashes(keep, other)
    context = {
        "title": _("Merge these two records?"),
        "refusal": refusal,
        "keep": keep,
        "other": other,
        "sides": [
            _side(keep, _("This record goes on"), now),
            _side(other, _("This one becomes part of it"), now),
        ],
        "clashes": [(_line(one), _line(two)) for one, two in pairs],
        "two_logins": keep.user_id is not None and other.user_id is not None,
    }
    return render(request, "treatments/client_merge.html", context, status=status)


def _side(record: Client, role: str, now: datetime) -> dict[str, object]:
    visits = _visits(record).order_by("-starts_at", "-pk")[:PAST_SHOWN]
    rows: list[VisitRow] = [visit_row(visit, now, can_undo=False) for visit in visits]
    return {
        "client": record,
        "role": role,
        "facts": _contact(record),
        "cautions": cautions(record),
        "visits": rows,
    }


def _line(visit: Appointment) -> str:
    at = when(visit.starts_at, ZoneInfo(visit.location.zone))
    return _("%(service)s on %(at)s") % {"service": visit.service.name, "at": at}


def _contact(record: Client) -> list[Row]:
    login = _("Signs in with this address") if record.user_id else _("No login yet")
    rows = [
        Row(_("Phone"), record.phone.as_international if record.phone else _("none")),
        Row(_("E-mail"), record.email or _("none"), note=login if record.email else ""),
    ]
    if record.adult_declared_at:
        rows.append(Row(_("18 or over"), _("declared")))
    return rows


def _visits(record: Client) -> QuerySet[Appointment]:
    return Appointment.objects.filter(client=record).with_people()


def _record(public_id: UUID) -> Client:
    record = client_record(public_id)
    if record is None:
        raise Http404
    return record


def _other(keep: Client, public_id: UUID) -> Client | None:
    other = client_record(public_id)
    return None if other is None or other.pk == keep.pk else other
