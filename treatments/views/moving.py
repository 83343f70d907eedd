"""Move a visit at the desk."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.refusals import NotBookable, SlotTaken
from bookings.selectors.slots import Slot
from bookings.services.moving import move_appointment, move_question
from clinic.formatting import when
from clinic.permissions import RUN_DESK
from clinic.refusals import AlreadyChanged, Refusal
from clinic.selectors.catalogue import Catalogue, catalogue
from clinic.views.access import SignedInRequest, needs
from treatments.forms.desk import MoveForm, MoveQuery
from treatments.services.courses import BreaksCourse
from treatments.views.picking import Picking
from treatments.views.visits import facts_of, seen_visit, zone_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a visit might go, as the address of the page says."""

    visit: Appointment
    snapshot: Catalogue
    query: MoveQuery
    practitioner_id: int | None
    on: date

    def picking(
        self, now: datetime, chosen: datetime | None = None, instead: Sequence[Slot] = ()
    ) -> Picking:
        """Return the times to choose from; raises `NotBookable` where none can be."""
        question = move_question(
            appointment=self.visit,
            catalogue=self.snapshot,
            practitioner_id=self.practitioner_id,
        )
        return Picking(
            question=replace(
                question,
                first_date=self.on,
                end_date=self.on + timedelta(days=1),
                waives_notice=True,
            ),
            now=now,
            date_url=self._date_url,
            chosen=chosen,
            instead=instead,
            but=self.visit.starts_at if self._keeps_person else None,
        )

    @property
    def _keeps_person(self) -> bool:
        return self.practitioner_id in (None, self.visit.practitioner_id)

    def _date_url(self, on: date) -> str:
        answers = {"practitioner": self.query.cleaned_data["practitioner"], "date": on.isoformat()}
        return f"?{urlencode(answers)}#times"


@needs(RUN_DESK)
def visit_move(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Move a visit: choose practitioner and date, then a time. A refusal changes nothing."""
    now = timezone.now()
    wanted = _wanted(request, seen_visit(request.user, public_id))
    if wanted.visit.state_now is not State.BOOKED:
        messages.error(request, _("Only a booked visit can be moved. Here is how it stands now."))
        return redirect("visit", public_id)
    try:
        picking = wanted.picking(now)
    except NotBookable as refusal:
        messages.error(request, str(refusal.message))
        return redirect("visit", public_id)
    if request.method != "POST":
        return _page(request, wanted, MoveForm(initial={"version": wanted.visit.version}), picking)
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _page(request, wanted, form, picking, status=422)
    return _move(request, wanted, form, picking)


def _move(
    request: SignedInRequest, wanted: Wanted, form: MoveForm, picking: Picking
) -> HttpResponse:
    starts_at, now = form.cleaned_data["starts_at"], picking.now
    odd = picking.needs_reason(starts_at)
    if odd and starts_at > now and not form.cleaned_data["reason"]:
        form.add_error("reason", _("This time is outside the usual notice. Say why."))
        return _page(request, wanted, form, replace(picking, chosen=starts_at), status=422)
    try:
        if form.cleaned_data["version"] != wanted.visit.version:
            raise AlreadyChanged
        moved = move_appointment(
            appointment=wanted.visit,
            starts_at=starts_at,
            practitioner_id=wanted.practitioner_id,
            catalogue=wanted.snapshot,
            by=request.user,
            now=now,
            override_reason=form.cleaned_data["reason"],
        )
    except SlotTaken as refusal:
        form.add_error("starts_at", _("%(gone)s Nothing was changed.") % {"gone": refusal})
        picking = replace(picking, instead=refusal.alternatives)
        return _page(request, wanted, form, picking, status=409)
    except AlreadyChanged as refusal:
        messages.error(request, str(refusal.message))
        return redirect("visit", wanted.visit.public_id)
    except BreaksCourse as refusal:
        words = _("%(limit)s Say why, and only this visit moves.") % {"limit": refusal.message}
        form.add_error("reason", words)
        picking = replace(picking, chosen=starts_at)
        return _page(request, wanted, form, picking, status=refusal.status)
    except Refusal as refusal:
        form.add_error(None, str(refusal.message))
        return _page(request, wanted, form, picking, status=refusal.status)
    messages.success(request, _("Moved to %(at)s.") % {"at": when(starts_at, zone_of(moved))})
    return redirect("visit", moved.public_id)


def _wanted(request: SignedInRequest, visit: Appointment) -> Wanted:
    snapshot = catalogue()
    people = {
        str(person.public_id): person
        for person in snapshot.listed(visit.service_id, visit.location_id, timezone.now())
    }
    own = str(visit.practitioner.public_id)
    names = {key: person.name for key, person in people.items()}
    names.setdefault(own, visit.practitioner.name)
    local = visit.starts_at.astimezone(zone_of(visit)).date()
    data = {
        "date": request.GET.get("date") or local.isoformat(),
        "practitioner": request.GET.get("practitioner", own),
    }
    query = MoveQuery(data, practitioners=list(names.items()))
    if not query.is_valid():
        raise Http404
    chosen = query.cleaned_data["practitioner"]
    return Wanted(
        visit=visit,
        snapshot=snapshot,
        query=query,
        practitioner_id=people[chosen].id if chosen in people else _own_or_any(chosen, visit),
        on=query.cleaned_data["date"],
    )


def _own_or_any(chosen: str, visit: Appointment) -> int | None:
    return visit.practitioner_id if chosen else None


def _page(
    request: SignedInRequest,
    wanted: Wanted,
    form: MoveForm,
    picking: Picking,
    *,
    status: int = 200,
) -> HttpResponse:
    wish = wanted.visit.change_requests.filter(answered_at=None).first()
    return render(
        request,
        "treatments/visit_move.html",
        {
            "title": _("Move this visit"),
            "form": form,
            "query": wanted.query,
            "visit": wanted.visit,
            "facts": facts_of(wanted.visit),
            "wish": wish.wish if wish else "",
            "times": picking.times(),
            "here": request.get_full_path(),
        },
        status=status,
    )
