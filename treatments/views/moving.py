"""Move a visit by form: all that a drag in the calendar does, by keyboard and touch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.domain.lifecycle import State
from bookings.hooks import course_places
from bookings.models import Appointment
from bookings.refusals import (
    BeyondHorizon,
    NotBookable,
    NotQualified,
    OutsideNotice,
    SlotTaken,
)
from bookings.selectors.clashes import WAIVABLE
from bookings.selectors.slots import Slot
from bookings.services.moving import move_appointment, move_question
from clinic.domain.roster import local_instant
from clinic.formatting import when
from clinic.models import User
from clinic.permissions import MOVE_VISIT, RUN_DESK, SEE_DAY, WAIVE_NOTICE, may
from clinic.refusals import AlreadyChanged, Refusal
from clinic.selectors.catalogue import Catalogue, catalogue
from clinic.views.access import SignedInRequest, needs
from treatments.forms.moving import MoveForm, MoveQuery
from treatments.selectors.kept_limits import broken_limit
from treatments.services.courses import BreaksCourse
from treatments.views.calendar_moving import in_the_way
from treatments.views.clash_words import Reader, clash_words, limit_words
from treatments.views.picking import Picking
from treatments.views.visits import facts_of, keep_visit, seen_visit, zone_of

IN_THE_WAY = (SlotTaken, NotBookable, NotQualified, OutsideNotice, BeyondHorizon)
"""Refusals of which the page can say more than they do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a visit might go, as the address of the page says."""

    visit: Appointment
    snapshot: Catalogue
    query: MoveQuery
    practitioner_id: int | None
    on: date
    by: User

    @property
    def room_id(self) -> int | None:
        """The room that is wished for, if one is."""
        room_id: int | None = self.query.cleaned_data["room"]
        return room_id

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
                waives_notice=may(self.by, WAIVE_NOTICE),
                room_id=self.room_id,
            ),
            now=now,
            date_url=self._date_url,
            chosen=chosen,
            instead=instead,
            but=self.visit.starts_at if self._keeps_place else None,
        )

    def start_at(self, clock: time) -> datetime:
        """Return the instant of a typed time on the chosen date (UTC)."""
        return local_instant(zone_of(self.visit), self.on, clock)

    @property
    def _keeps_place(self) -> bool:
        keeps_room = self.room_id in (None, self.visit.room_id)
        return keeps_room and self.practitioner_id in (None, self.visit.practitioner_id)

    def _date_url(self, on: date) -> str:
        asked = self.query.cleaned_data
        answers = {"practitioner": asked["practitioner"], "room": asked["room"] or ""}
        answers |= {"date": on.isoformat(), "back": asked["back"]}
        return f"?{urlencode(answers)}#times"


@needs(SEE_DAY)
def visit_move(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Move a visit: choose practitioner, room and date, then a time. A refusal changes nothing."""
    now = timezone.now()
    seen = seen_visit(request.user, public_id)
    if not may(request.user, MOVE_VISIT, seen):
        raise Http404
    keep_visit(request, seen, now)
    wanted = _wanted(request, seen)
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
    now, reason = picking.now, form.cleaned_data["reason"]
    typed = form.cleaned_data["time"]
    starts_at = form.cleaned_data["starts_at"] if typed is None else wanted.start_at(typed)
    at_field = "starts_at" if typed is None else "time"
    may_waive = may(request.user, WAIVE_NOTICE)
    if may_waive and picking.needs_reason(starts_at) and starts_at > now and not reason:
        form.add_error("reason", _("This time is outside the usual notice. Say why."))
        return _page(request, wanted, form, replace(picking, chosen=starts_at), status=422)
    try:
        if form.cleaned_data["version"] != wanted.visit.version:
            raise AlreadyChanged
        moved = move_appointment(
            appointment=wanted.visit,
            starts_at=starts_at,
            practitioner_id=wanted.practitioner_id,
            room_id=wanted.room_id,
            catalogue=wanted.snapshot,
            by=request.user,
            now=now,
            override_reason=reason if may_waive else "",
        )
    except AlreadyChanged as refusal:
        messages.error(request, str(refusal.message))
        return redirect("visit", wanted.visit.public_id)
    except BreaksCourse as refusal:
        words = _course_words(wanted, starts_at, now, refusal)
        form.add_error("reason" if may_waive else at_field, words)
        picking = replace(picking, chosen=starts_at)
        return _page(request, wanted, form, picking, status=refusal.status)
    except Refusal as refusal:
        form.add_error(at_field, _refused(wanted, starts_at, now, refusal))
        instead = refusal.alternatives if isinstance(refusal, SlotTaken) else ()
        picking = replace(picking, instead=instead)
        return _page(request, wanted, form, picking, status=refusal.status)
    messages.success(request, _("Moved to %(at)s.") % {"at": when(starts_at, zone_of(moved))})
    if wanted.query.cleaned_data["back"]:
        return redirect(_calendar_url(moved))
    return redirect("visit", moved.public_id)


def _refused(wanted: Wanted, starts_at: datetime, now: datetime, refusal: Refusal) -> str:
    """Say what stands in the way, where one practitioner is asked for."""
    person = wanted.snapshot.practitioners.get(wanted.practitioner_id or 0)
    words: list[str] = []
    if person is not None and isinstance(refusal, IN_THE_WAY):
        clashes = in_the_way(wanted.visit, wanted.snapshot, person, wanted.room_id, starts_at, now)
        if not isinstance(refusal, OutsideNotice | BeyondHorizon):
            clashes = [clash for clash in clashes if clash.obstacle not in WAIVABLE]
        client = wanted.visit.client.name if wanted.visit.client else ""
        words = clash_words(clashes, Reader(wanted.by, zone_of(wanted.visit), client))
    if not words:
        words = [str(refusal.message)]
    elif isinstance(refusal, OutsideNotice) and starts_at > now:
        words.append(_("Reception can move it with a reason."))
    return _("%(why)s Nothing was changed.") % {"why": " ".join(words)}


def _course_words(wanted: Wanted, starts_at: datetime, now: datetime, refusal: BreaksCourse) -> str:
    limit = broken_limit(wanted.visit, starts_at, now)
    said = {"limit": limit_words(limit) if limit else str(refusal.message)}
    if may(wanted.by, WAIVE_NOTICE):
        return _("%(limit)s Say why, and only this visit moves.") % said
    return _("%(limit)s Move it with the rest of the course instead.") % said


def _calendar_url(visit: Appointment) -> str:
    on = visit.starts_at.astimezone(zone_of(visit)).date()
    query = urlencode({"location": visit.location.slug, "date": on.isoformat()})
    return f"{reverse('calendar')}?{query}"


def _wanted(request: SignedInRequest, visit: Appointment) -> Wanted:
    snapshot = catalogue()
    people = _people(request.user, snapshot, visit)
    names = {key: name for key, (name, _id) in people.items()}
    if may(request.user, RUN_DESK):
        names = {"": _("Any practitioner"), **names}
    own = str(visit.practitioner.public_id)
    local = visit.starts_at.astimezone(zone_of(visit)).date()
    data = {
        "date": request.GET.get("date") or local.isoformat(),
        "practitioner": request.GET.get("practitioner", own),
        "room": request.GET.get("room", ""),
        "back": request.GET.get("back", ""),
    }
    rooms = snapshot.rooms_for(visit.service_id, visit.location_id)
    query = MoveQuery(
        data,
        practitioners=list(names.items()),
        rooms=[(room.id, room.name) for room in rooms],
    )
    if not query.is_valid():
        raise Http404
    chosen = query.cleaned_data["practitioner"]
    if not chosen and "" not in names:
        raise Http404
    return Wanted(
        visit=visit,
        snapshot=snapshot,
        query=query,
        practitioner_id=people[chosen][1] if chosen else None,
        on=query.cleaned_data["date"],
        by=request.user,
    )


def _people(by: User, snapshot: Catalogue, visit: Appointment) -> dict[str, tuple[str, int]]:
    """Return whom a visit may be with, by public id: for practitioners, only as it is."""
    people = {}
    if may(by, RUN_DESK):
        people = {
            str(person.public_id): (person.name, person.id)
            for person in snapshot.listed(visit.service_id, visit.location_id, timezone.now())
        }
    own = visit.practitioner
    people.setdefault(str(own.public_id), (own.name, own.pk))
    return people


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
            "course_url": _course_url(wanted.visit) if form.errors else "",
            "back_url": _calendar_url(wanted.visit) if wanted.query.cleaned_data["back"] else "",
        },
        status=status,
    )


def _course_url(visit: Appointment) -> str:
    place = course_places.of([visit]).get(visit.pk)
    if place is None or not place.can_change:
        return ""
    return reverse("course-move", args=[place.course_id, place.number])
