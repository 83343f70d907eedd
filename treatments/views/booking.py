"""Book a visit for a client at the desk."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.models import Appointment
from bookings.refusals import KeyReused, SlotTaken
from bookings.selectors.appointments import visits_ahead
from bookings.selectors.questions import ClientMarks, SlotQuestion
from bookings.selectors.slots import Slot
from bookings.services.booking import VisitWish, book
from clinic.formatting import when
from clinic.models import AccessLog, Client, User
from clinic.permissions import RUN_DESK
from clinic.refusals import Refusal
from clinic.selectors.catalogue import (
    Catalogue,
    LocationFacts,
    PractitionerFacts,
    ServiceFacts,
    catalogue,
)
from clinic.selectors.client_search import client_record, find_clients
from clinic.views.access import SignedInRequest, keep_look, needs
from treatments.forms.desk import BookForm, VisitQuery
from treatments.views.day import day_url, remember_location, usual_location
from treatments.views.picking import Picking
from treatments.views.rows import cautions

CLIENTS_SHOWN = 8
AHEAD_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of the page says."""

    snapshot: Catalogue
    form: VisitQuery
    location: LocationFacts
    service: ServiceFacts | None
    practitioner: PractitionerFacts | None
    client: Client | None
    on: date
    words: str

    def url(self, **changes: str) -> str:
        """Return the address of this page with some answers changed; empty takes one out."""
        answers = {name: str(value) for name, value in self.answers().items()}
        answers.update(changes)
        kept = {name: value for name, value in answers.items() if value}
        return f"{reverse('day-book')}?{urlencode(kept)}"

    def answers(self) -> dict[str, Any]:
        """Return the answers as they stand in the address."""
        near = self.form.cleaned_data["time"]
        return {
            "location": self.location.slug,
            "service": self.service.slug if self.service else "",
            "practitioner": self.practitioner.public_id if self.practitioner else "",
            "date": self.on.isoformat(),
            "time": near.strftime("%H:%M") if near else "",
            "client": self.client.public_id if self.client else "",
        }

    def picking(
        self, now: datetime, chosen: datetime | None = None, instead: list[Slot] | None = None
    ) -> Picking | None:
        """Return the times to choose from, once there is a service."""
        if self.service is None:
            return None
        question = SlotQuestion(
            catalogue=self.snapshot,
            service=self.service,
            location=self.location,
            first_date=self.on,
            end_date=self.on + timedelta(days=1),
            practitioner_id=self.practitioner.id if self.practitioner else None,
            client=ClientMarks.of(self.client) if self.client else None,
            waives_notice=True,
        )
        return Picking(
            question=question,
            now=now,
            date_url=lambda on: self.url(date=on.isoformat(), time="") + "#times",
            near=self.form.cleaned_data["time"],
            chosen=chosen,
            instead=instead or (),
        )


@needs(RUN_DESK)
def day_book(request: SignedInRequest) -> HttpResponse:
    """Find the client, choose service and time, book; all answers stand in the address."""
    now = timezone.now()
    asked = _asked(request, now)
    remember_location(request, asked.location)
    if asked.client is not None:
        keep_look(request, asked.client, AccessLog.Kind.CARD, now)
    if request.method != "POST":
        return _page(request, asked, BookForm(), now)
    form = BookForm(request.POST)
    if not form.is_valid():
        return _page(request, asked, form, now, status=422)
    return _book(request, asked, form, now)


def _book(request: SignedInRequest, asked: Asked, form: BookForm, now: datetime) -> HttpResponse:
    starts_at = form.cleaned_data["starts_at"]
    picking = asked.picking(now)
    if asked.client is None or asked.service is None or picking is None:
        form.add_error(None, _("Choose the client and the service first."))
        return _page(request, asked, form, now, status=422)
    reason = form.cleaned_data["reason"] if picking.needs_reason(starts_at) else ""
    if picking.needs_reason(starts_at) and starts_at > now and not reason:
        form.add_error("reason", _("This time is outside the usual notice. Say why."))
        return _page(request, asked, form, now, status=422)
    try:
        visit = _book_visit(asked, form, request.user, now, reason)
    except SlotTaken as refusal:
        form.add_error("starts_at", _("%(gone)s Nothing else was lost.") % {"gone": refusal})
        return _page(request, asked, form, now, instead=refusal.alternatives, status=409)
    except KeyReused:
        return _page(request, asked, _fresh(form), now, status=422)
    except Refusal as refusal:
        form.add_error(None, str(refusal.message))
        return _page(request, asked, form, now, status=refusal.status)
    return _booked(request, asked, visit)


def _book_visit(asked: Asked, form: BookForm, by: User, now: datetime, reason: str) -> Appointment:
    assert asked.service is not None
    assert asked.client is not None
    wish = VisitWish(
        catalogue=asked.snapshot,
        service=asked.service,
        location=asked.location,
        starts_at=form.cleaned_data["starts_at"],
        practitioner_id=asked.practitioner.id if asked.practitioner else None,
    )
    return book(
        wish=wish,
        client=asked.client,
        request_id=str(form.cleaned_data["request_id"]),
        by=by,
        now=now,
        override_reason=reason,
    )


def _booked(request: SignedInRequest, asked: Asked, visit: Appointment) -> HttpResponseRedirect:
    at = when(visit.starts_at, asked.location.zone)
    name = asked.client.name if asked.client else ""
    messages.success(request, _("Booked for %(name)s: %(at)s.") % {"name": name, "at": at})
    return redirect("visit", visit.public_id)


def _fresh(form: BookForm) -> BookForm:
    """Return the form with a new key: the page was sent before with another wish."""
    typed = {name: form.data.get(name, "") for name in ("starts_at", "reason")}
    fresh = BookForm({**typed, "request_id": str(uuid4())})
    fresh.is_valid()
    fresh.add_error(None, _("This page was sent before. Check the day, then book once more."))
    return fresh


def _asked(request: SignedInRequest, now: datetime) -> Asked:
    snapshot = catalogue()
    location = snapshot.location(request.GET.get("location", "")) or usual_location(
        request, snapshot
    )
    data = {**request.GET.dict(), "location": request.GET.get("location") or location.slug}
    form = VisitQuery(
        data,
        services=[(item.slug, item.name) for item in snapshot.services.values()],
        locations=[(item.slug, item.name) for item in snapshot.locations.values()],
        practitioners=[
            (str(item.public_id), item.name) for item in snapshot.practitioners.values()
        ],
    )
    if not form.is_valid():
        raise Http404
    asked = form.cleaned_data
    client = client_record(asked["client"]) if asked["client"] else None
    if asked["client"] and client is None:
        raise Http404
    people = snapshot.practitioners.values()
    return Asked(
        snapshot=snapshot,
        form=form,
        location=location,
        service=snapshot.service(asked["service"]),
        practitioner=next((p for p in people if str(p.public_id) == asked["practitioner"]), None),
        client=client,
        on=asked["date"] or now.astimezone(location.zone).date(),
        words=asked["q"],
    )


def _page(
    request: SignedInRequest,
    asked: Asked,
    form: BookForm,
    now: datetime,
    *,
    instead: list[Slot] | None = None,
    status: int = 200,
) -> HttpResponse:
    chosen = form.cleaned_data.get("starts_at") if form.is_bound else None
    picking = asked.picking(now, chosen, instead)
    answers = asked.answers()
    return render(
        request,
        "treatments/day_book.html",
        {
            "title": _("Book a visit"),
            "form": form,
            "query": VisitQuery(
                initial=answers,
                services=asked.form.fields["service"].choices[1:],  # type: ignore[attr-defined]
                locations=asked.form.fields["location"].choices,  # type: ignore[attr-defined]
                practitioners=asked.form.fields["practitioner"].choices[1:],  # type: ignore[attr-defined]
            ),
            "client": asked.client,
            "cautions": cautions(asked.client) if asked.client else [],
            "ahead": _ahead(asked, now),
            "words": asked.words,
            "found": _found(asked),
            "kept": [(name, value) for name, value in answers.items() if value],
            "here": asked.url(),
            "other_client_url": asked.url(client=""),
            "new_client_url": f"{reverse('client-new')}?{urlencode({'next': asked.url()})}",
            "service": asked.service,
            "times": picking.times() if picking else None,
            "day_url": day_url(asked.location.slug, asked.on),
        },
        status=status,
    )


def _ahead(asked: Asked, now: datetime) -> list[dict[str, object]]:
    """Return the client's next visits, so that none is booked twice."""
    if asked.client is None:
        return []
    return [
        {
            "when": when(visit.starts_at, ZoneInfo(visit.location.zone)),
            "what": visit.service.name,
            "url": reverse("visit", args=[visit.public_id]),
        }
        for visit in visits_ahead(asked.client, now)[:AHEAD_SHOWN]
    ]


def _found(asked: Asked) -> list[dict[str, object]]:
    if asked.client is not None or not asked.words.strip():
        return []
    return [
        {"client": client, "url": asked.url(client=str(client.public_id))}
        for client in find_clients(asked.words)[:CLIENTS_SHOWN]
    ]
