"""The cover list: visits that can't be treated as they are booked, and who could instead."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.refusals import SlotTaken
from bookings.selectors.cover_needed import reason_of, rows_needing_cover
from bookings.selectors.days import visits_seen_by
from bookings.services.covering import cover_visit, stand_ins
from clinic.formatting import when
from clinic.permissions import RUN_DESK
from clinic.refusals import Refusal
from clinic.selectors.catalogue import PractitionerFacts, catalogue
from clinic.views.access import SignedInRequest, needs
from treatments.forms.desk import CoverForm
from treatments.selectors.offered import offered_until
from treatments.views.cover_scopes import shut_urls
from treatments.views.cover_words import cover_words
from treatments.views.desk import page_of
from treatments.views.visits import zone_of


@needs(RUN_DESK)
def cover(request: SignedInRequest) -> HttpResponse:
    """List the visits to cover, the soonest first; POST moves one to somebody else."""
    if request.method == "POST":
        return _cover(request)
    now = timezone.now()
    facts = catalogue()
    page = page_of(rows_needing_cover(facts, now), request)
    visits = list(page)
    others = stand_ins(visits, facts, now)
    shut = shut_urls(now)
    offered = offered_until([visit.pk for visit in visits], now)
    context = {
        "title": _("Cover"),
        "page": page,
        "rows": [_row(visit, others, offered.get(visit.pk), shut, now) for visit in visits],
    }
    return render(request, "treatments/cover.html", context)


def _cover(request: SignedInRequest) -> HttpResponse:
    form = CoverForm(request.POST)
    if not form.is_valid():
        raise Http404
    facts = catalogue()
    visit = visits_seen_by(request.user).filter(public_id=form.cleaned_data["visit"]).first()
    person = facts.practitioner(form.cleaned_data["practitioner"])
    if visit is None or person is None:
        raise Http404
    said = {"client": visit.client.name if visit.client else "", "name": person.name}
    try:
        moved = cover_visit(
            visit=visit,
            version=form.cleaned_data["version"],
            practitioner_id=person.id,
            catalogue=facts,
            by=request.user,
            now=timezone.now(),
        )
    except SlotTaken:
        words = _("%(name)s is not free at that time any more. Nothing was changed for %(client)s.")
        messages.error(request, words % said)
    except Refusal as refusal:
        words = _("%(client)s: %(reason)s")
        messages.error(request, words % {**said, "reason": refusal.message})
    else:
        at = when(moved.starts_at, zone_of(moved))
        words = _("%(client)s comes to %(name)s now, %(at)s as before. Please tell the client.")
        messages.success(request, words % {**said, "at": at})
    return redirect(request.get_full_path())


def _row(
    visit: Appointment,
    others: Mapping[int, Sequence[PractitionerFacts]],
    offered: datetime | None,
    shut: Mapping[int, str],
    now: datetime,
) -> dict[str, object]:
    free = others.get(visit.pk, ())
    is_shut = not visit.location.is_active
    is_ahead = visit.state_now is State.BOOKED and visit.starts_at > now
    move = reverse("visit-move", args=[visit.public_id])
    return {
        "visit": visit,
        "when": when(visit.starts_at, zone_of(visit)),
        "why": cover_words(reason_of(visit), visit),
        "offered": when(offered, zone_of(visit)) if offered else "",
        "shut_url": shut.get(visit.location_id, ""),
        "first": free[0] if free else None,
        "more": free[1:],
        "nobody": is_ahead and not free and not offered and not is_shut,
        "has_begun": not is_ahead,
        "url": reverse("visit", args=[visit.public_id]),
        "move_url": f"{move}?{urlencode({'practitioner': ''})}" if is_ahead and not is_shut else "",
    }
