"""Hours and time off are changed in three steps: fill in, see what it breaks, save."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.hooks import course_places
from bookings.models import Appointment
from bookings.services.previews import PreviewChanged
from bookings.views.presenting import place_words
from clinic.formatting import when
from clinic.models import Practitioner, User
from clinic.refusals import Refusal
from clinic.views.access import SignedInRequest
from treatments.views.visits import zone_of

THEN_COVER = "cover"
SHOWN = 20
"""How many visits in the way stand open to view; the others unfold."""


class Preview(Protocol):
    """What a change breaks, and the mark that saving asks for."""

    @property
    def broken(self) -> Sequence[Appointment]: ...

    @property
    def seen(self) -> str: ...


class HoursChange(Protocol):
    """One way to change hours: its form, its page, its services."""

    @property
    def person(self) -> Practitioner: ...

    @property
    def template(self) -> str: ...

    @property
    def title(self) -> str: ...

    def form(self, answers: QueryDict | None) -> Form:
        """Return the form, filled in or as it is offered."""

    def page(self, form: Form) -> dict[str, Any]:
        """Return what the page of the form shows besides."""

    def look(self, form: Any, by: User, now: datetime) -> Preview:
        """Say what a valid form would break."""

    def save(self, form: Any, seen: str, by: User, now: datetime) -> Preview:
        """Save what was looked at."""

    def said(self, form: Any) -> Sequence[str]:
        """Say in words what a valid form asks for."""

    def told(self, refusal: Refusal) -> tuple[str | None, str]:
        """Return the field at which a refusal is told, and its words."""

    def cover_query(self, form: Any, broken: Sequence[Appointment]) -> dict[str, str]:
        """Return for which dates, and why, cover is looked for."""


def answer(request: SignedInRequest, change: HoursChange) -> HttpResponse:
    """Show the form, what it breaks, or save it; each a plain page."""
    now = timezone.now()
    sent = request.POST if request.method == "POST" else request.GET
    blank = change.form(None)
    if request.method != "POST" and not any(name in sent for name in blank.fields):
        return _form_page(request, change, blank)
    form = change.form(sent)
    if not form.is_valid():
        return _form_page(request, change, form, status=422)
    if request.method != "POST" and "edit" in sent:
        return _form_page(request, change, form)
    try:
        if request.method == "POST":
            return _save(request, change, form, now)
        return _look_page(request, change, form, now)
    except Refusal as refusal:
        form.add_error(*change.told(refusal))
        return _form_page(request, change, form, status=refusal.status)


def _save(request: SignedInRequest, change: HoursChange, form: Form, now: datetime) -> HttpResponse:
    try:
        preview = change.save(form, request.POST.get("seen", ""), request.user, now)
    except PreviewChanged as refusal:
        messages.error(request, str(refusal.message))
        return _look_page(request, change, form, now, status=refusal.status)
    messages.success(request, _saved_words(len(preview.broken)))
    if preview.broken and request.POST.get("then") == THEN_COVER:
        query = {
            "practitioner": str(change.person.public_id),
            **change.cover_query(form, preview.broken),
        }
        return redirect(f"{reverse('cover-new')}?{urlencode(query)}")
    return redirect("hours-of", change.person.public_id)


def _form_page(
    request: SignedInRequest, change: HoursChange, form: Form, *, status: int = 200
) -> HttpResponse:
    context = {
        "title": change.title,
        "person": change.person,
        "form": form,
        "back_url": reverse("hours-of", args=[change.person.public_id]),
        **change.page(form),
    }
    return render(request, change.template, context, status=status)


def _look_page(
    request: SignedInRequest,
    change: HoursChange,
    form: Form,
    now: datetime,
    *,
    status: int = 200,
) -> HttpResponse:
    preview = change.look(form, request.user, now)
    rows = _rows(preview.broken)
    sent = request.POST if request.method == "POST" else request.GET
    answers = [(name, sent[name]) for name in form.fields if name in sent]
    context = {
        "title": change.title,
        "person": change.person,
        "said": change.said(form),
        "rows": rows[:SHOWN],
        "more": rows[SHOWN:],
        "more_words": _("And %(count)s more") % {"count": len(rows) - SHOWN},
        "count": _broken_words(len(preview.broken)),
        "answers": [*answers, ("seen", preview.seen)],
        "edit_url": f"{request.path}?{urlencode([*answers, ('edit', '1')])}",
    }
    return render(request, "treatments/hours_look.html", context, status=status)


def _rows(visits: Sequence[Appointment]) -> list[dict[str, Any]]:
    places = course_places.of(visits)
    return [
        {
            "when": when(visit.starts_at, zone_of(visit)),
            "client": visit.client.name if visit.client else "",
            "what": visit.service.name,
            "where": f"{visit.room.name}, {visit.location.name}",
            "session": place_words(places[visit.pk]) if visit.pk in places else "",
            "url": reverse("visit", args=[visit.public_id]),
        }
        for visit in visits
    ]


def _broken_words(count: int) -> str:
    if not count:
        return _("No booked visit is in the way.")
    return ngettext(
        "%(count)s booked visit is in the way", "%(count)s booked visits are in the way", count
    ) % {"count": count}


def _saved_words(count: int) -> str:
    if not count:
        return _("Saved.")
    return ngettext(
        "Saved. %(count)s visit stays booked and stands on the cover list.",
        "Saved. %(count)s visits stay booked and stand on the cover list.",
        count,
    ) % {"count": count}
