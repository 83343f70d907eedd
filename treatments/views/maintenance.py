"""Maintenance: its client's page with good times, the desk's due list, and changing it."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bookings.selectors.slots import Slot
from bookings.views.choosing import ANYBODY
from bookings.views.picker import value_of
from clinic import formatting
from clinic.models import AccessLog, Client, Service, User
from clinic.permissions import RUN_DESK
from clinic.refusals import Refusal
from clinic.selectors.catalogue import Catalogue, catalogue
from clinic.views.access import SignedInRequest, keep_look, needs, signed_in
from treatments.forms.aftercare import ArrangeForm, IntervalForm, RestForm
from treatments.models import Maintenance
from treatments.selectors.maintenance import (
    MaintenanceView,
    due_list,
    maintenance_of,
    maintenance_view,
    maintenance_views,
    running_maintenance,
)
from treatments.selectors.offering import good_slots
from treatments.services.maintenance import (
    NotAnInterval,
    NotAPause,
    end_maintenance,
    pause_maintenance,
    resume_maintenance,
    set_interval,
)
from treatments.views.course_tabs import course_tabs
from treatments.views.desk import page_of
from treatments.views.maintenance_words import (
    MaintenanceCard,
    book_url,
    maintenance_card,
    maintenance_row,
)

GET_OR_POST = ["GET", "HEAD", "POST"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A good time for the next visit; its button holds it."""

    when: str
    who: str
    value: str
    url: str
    awaits_renewal: bool


@never_cache
@require_http_methods(GET_OR_POST)
@signed_in
def my_maintenance(request: SignedInRequest) -> HttpResponse:
    """Show when the next visit is due, with good times once it is; POST changes how often."""
    row = maintenance_of(request.user)
    if row is None:
        return render(request, "treatments/my_maintenance.html", {"card": None})
    return _answer(request, row, is_staff=False)


@never_cache
@require_http_methods(GET_OR_POST)
@needs(RUN_DESK)
def maintenance_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show one client's maintenance at the desk; POST changes it."""
    row = running_maintenance().filter(public_id=public_id).first()
    if row is None:
        raise Http404
    keep_look(request, row.client, AccessLog.Kind.COURSE, timezone.now())
    return _answer(request, row, is_staff=True)


@never_cache
@require_safe
@needs(RUN_DESK)
def maintenance(request: SignedInRequest) -> HttpResponse:
    """List who is due, due soon or lapsed, the longest due first."""
    now = timezone.now()
    page = page_of(due_list(now), request)
    context = {
        "title": _("Courses"),
        "tabs": course_tabs(request.user, "maintenance"),
        "page": page,
        "rows": [maintenance_row(view, now) for view in maintenance_views(page, now)],
    }
    return render(request, "treatments/maintenance.html", context)


def card_of(user: User, now: datetime) -> MaintenanceCard | None:
    """Return where the maintenance of the client with this login stands, for other pages."""
    row = maintenance_of(user)
    return maintenance_card(maintenance_view(row, now), now, is_staff=False) if row else None


def card_of_client(client: Client, now: datetime) -> MaintenanceCard | None:
    """Return where a client's maintenance stands, for the desk."""
    row = running_maintenance().filter(client=client).first()
    return maintenance_card(maintenance_view(row, now), now, is_staff=True) if row else None


def _answer(request: SignedInRequest, row: Maintenance, *, is_staff: bool) -> HttpResponse:
    now = timezone.now()
    if request.method != "POST":
        return _page(request, row, now, is_staff=is_staff)
    asked = ArrangeForm(request.POST)
    what = asked.cleaned_data["do"] if asked.is_valid() else ""
    form = {"interval": IntervalForm, "pause": RestForm}.get(what, ArrangeForm)(request.POST)
    if not form.is_valid():
        return _page(request, row, now, is_staff=is_staff, form=form, status=422)
    try:
        words = _change(row, what, form, request.user, now)
    except (NotAnInterval, NotAPause) as refusal:
        form.add_error("until" if what == "pause" else "weeks", str(refusal.message))
        return _page(request, row, now, is_staff=is_staff, form=form, status=refusal.status)
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, words)
    if is_staff and what == "end":
        return redirect("maintenance")
    return redirect(request.path)


def _change(row: Maintenance, what: str, form: Form, by: User, now: datetime) -> str:
    if what == "interval":
        set_interval(maintenance=row, weeks=form.cleaned_data["weeks"], by=by, now=now)
        return _("Saved.")
    if what == "pause":
        pause_maintenance(maintenance=row, until=form.cleaned_data["until"], by=by, now=now)
        return _("Paused.")
    if what == "resume":
        resume_maintenance(maintenance=row, by=by, now=now)
        return _("The pause is over.")
    end_maintenance(maintenance=row, by=by, now=now)
    return _("Ended. Visits that are booked stay booked.")


def _page(
    request: SignedInRequest,
    row: Maintenance,
    now: datetime,
    *,
    is_staff: bool,
    form: Form | None = None,
    status: int = 200,
) -> HttpResponse:
    view = maintenance_view(row, now)
    interval = IntervalForm(initial={"weeks": row.interval_weeks})
    rest = RestForm(initial={"until": row.paused_until})
    context: dict[str, object] = {
        "card": maintenance_card(view, now, is_staff=is_staff),
        "form": form,
        "interval": form if isinstance(form, IntervalForm) else interval,
        "rest": form if isinstance(form, RestForm) else rest,
        "location": row.location,
        "client": row.client,
    }
    if is_staff:
        context["book_url"] = book_url(view)
    elif view.is_due:
        context |= offers_of(view, catalogue(), now)
    template = "treatments/maintenance_edit.html" if is_staff else "treatments/my_maintenance.html"
    return render(request, template, context, status=status)


def offers_of(view: MaintenanceView, facts: Catalogue, now: datetime) -> dict[str, object]:
    """Return good times, and the page with all times where clients may book them."""
    row = view.row
    service, place = facts.services.get(row.service_id), facts.locations.get(row.location_id)
    if service is None or place is None or service.bookable_by == Service.BookableBy.STAFF:
        return {}
    if place not in facts.locations_of(service.id, now):
        return {}
    listed = {person.id: person.slug for person in facts.listed(service.id, place.id, now)}
    query = {"service": service.slug, "location": place.slug}
    zone = ZoneInfo(row.location.zone)

    def offer(slot: Slot) -> Offer:
        who = listed.get(slot.practitioner_id, ANYBODY)
        return Offer(
            when=formatting.when(slot.starts_at, zone),
            who=slot.practitioner_name,
            value=value_of(slot.starts_at),
            url=f"{reverse('book-times')}?{urlencode({**query, 'practitioner': who})}",
            awaits_renewal=slot.awaits_renewal,
        )

    return {
        "offers": [offer(slot) for slot in good_slots(view, facts, now)],
        "times_url": f"{reverse('book-times')}?{urlencode({**query, 'practitioner': ANYBODY})}",
    }
