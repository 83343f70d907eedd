"""Making one record of two that are the same person."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.models import Appointment
from bookings.services.merging import clashes, merge_clients
from clinic.formatting import when
from clinic.forms.clients import SearchForm
from clinic.models import AccessLog, Client
from clinic.permissions import MERGE_CLIENTS
from clinic.refusals import Refusal
from clinic.selectors.client_search import client_record, find_clients, same_email
from clinic.views.access import SignedInRequest, keep_look, needs
from treatments.forms.desk import MergeForm
from treatments.views.client_card import contact_rows
from treatments.views.rows import VisitRow, cautions, visit_row

PAST_SHOWN = 50
FOUND_SHOWN = 8


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
    for record in (keep, other):
        keep_look(request, record, AccessLog.Kind.DETAILS, now)
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
        "facts": contact_rows(record),
        "cautions": cautions(record),
        "visits": rows,
    }


def _line(visit: Appointment) -> str:
    at = when(visit.starts_at, ZoneInfo(visit.location.zone))
    return _("%(service)s on %(at)s") % {"service": visit.service.name, "at": at}


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
