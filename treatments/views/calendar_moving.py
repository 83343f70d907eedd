"""A visit dropped somewhere in the calendar: first look whether it can be there, then move it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.refusals import BeyondHorizon, NotBookable, OutsideNotice, SlotTaken
from bookings.selectors.clashes import WAIVABLE, Clash, Obstacle, clashes_at
from bookings.services.moving import keeping_start, move_appointment, move_question
from clinic.domain.roster import local_instant
from clinic.formatting import short_day, time_of_day, when
from clinic.permissions import MOVE_VISIT, RUN_DESK, SEE_DAY, WAIVE_NOTICE, may
from clinic.problems import problem
from clinic.refusals import AlreadyChanged, NotAllowed, Refusal
from clinic.selectors.catalogue import Catalogue, PractitionerFacts, RoomFacts, catalogue
from clinic.views.access import SignedInRequest, needs
from treatments.forms.calendar import DropForm
from treatments.selectors.kept_limits import BrokenLimit, broken_limit
from treatments.services.courses import BreaksCourse
from treatments.views.calendar_data import version_of, wall_clock
from treatments.views.clash_words import Reader, clash_words, limit_words
from treatments.views.visits import seen_visit, zone_of

ROOMS_IN_WAY = frozenset({Obstacle.ROOM_TAKEN, Obstacle.ROOM_CLOSED})


@dataclass(frozen=True, slots=True)
class Drop:
    """Where somebody wants a visit; `room` None takes any free one."""

    visit: Appointment
    snapshot: Catalogue
    starts_at: datetime
    person: PractitionerFacts
    room: RoomFacts | None
    version: str
    reason: str

    @property
    def room_id(self) -> int | None:
        return self.room.id if self.room else None


@needs(SEE_DAY)
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_move(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """GET looks whether a visit can be somewhere, POST moves it there; a no says why."""
    now = timezone.now()
    visit = seen_visit(request.user, public_id)
    try:
        drop = _read(request, visit)
        if request.method == "POST":
            return _move(request, drop, now)
        return _look(request, drop, now)
    except Refusal as refusal:
        return _problem(refusal)


def in_the_way(
    visit: Appointment,
    snapshot: Catalogue,
    person: PractitionerFacts,
    room_id: int | None,
    starts_at: datetime,
    now: datetime,
) -> list[Clash]:
    """Return what keeps a booked visit from a start; raises `NotBookable` if all does."""
    question = move_question(appointment=visit, catalogue=snapshot, practitioner_id=person.id)
    return clashes_at(replace(keeping_start(question), room_id=room_id), person, starts_at, now)


def _read(request: SignedInRequest, visit: Appointment) -> Drop:
    form = DropForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        raise _Wrong(str(next(iter(form.errors.values()))[0]))
    wanted = form.cleaned_data
    snapshot = catalogue()
    place = snapshot.locations.get(visit.location_id)
    person = snapshot.practitioners.get(visit.practitioner_id)
    if wanted["practitioner"] is not None:
        person = snapshot.practitioner(wanted["practitioner"])
    room = snapshot.rooms.get(wanted["room"]) if wanted["room"] else None
    if place is None or person is None or (wanted["room"] and room is None):
        raise _Wrong(_("There is no such practitioner or room."))
    at = wanted["starts_at"]
    if not may(request.user, MOVE_VISIT, visit):
        raise NotAllowed
    if not may(request.user, RUN_DESK) and person.id != visit.practitioner_id:
        raise NotAllowed(_("Only reception can hand a visit to a colleague."))
    return Drop(
        visit=visit,
        snapshot=snapshot,
        starts_at=local_instant(place.zone, at.date(), at.time()),
        person=person,
        room=room,
        version=wanted["version"],
        reason=wanted["reason"].strip(),
    )


def _look(request: SignedInRequest, drop: Drop, now: datetime) -> HttpResponse:
    drop, waivable = _checked(request, drop, now)
    visit = drop.visit
    return JsonResponse(
        {
            "words": _question(drop),
            "tells": _tells(drop),
            "needs_reason": bool(waivable),
            "why": " ".join(clash_words(waivable, _reader(request, visit))),
            "room": str(drop.room_id or ""),
            "nothing": visit.starts_at == drop.starts_at
            and visit.practitioner_id == drop.person.id
            and drop.room_id in (None, visit.room_id),
        }
    )


def _move(request: SignedInRequest, drop: Drop, now: datetime) -> HttpResponse:
    drop, waivable = _checked(request, drop, now)
    visit, zone = drop.visit, zone_of(drop.visit)
    if waivable and not drop.reason:
        raise OutsideNotice(_("This time is outside the usual notice. Say why."))
    back = {
        "starts_at": wall_clock(visit.starts_at, zone),
        "practitioner": str(visit.practitioner.public_id),
        "room": str(visit.room_id),
        "reason": drop.reason,
    }
    try:
        moved = move_appointment(
            appointment=visit,
            starts_at=drop.starts_at,
            practitioner_id=drop.person.id,
            room_id=drop.room_id,
            catalogue=drop.snapshot,
            by=request.user,
            now=now,
            override_reason=drop.reason if waivable else "",
        )
    except SlotTaken as refusal:
        # Taken since we looked: look again for the words.
        _checked(request, drop, now)
        raise refusal
    said = {"name": _name(moved), "place": _placed(moved)}
    return JsonResponse(
        {
            "words": _("%(name)s moved to %(place)s.") % said,
            "undo": {**back, "version": version_of(moved)},
        }
    )


def _checked(request: SignedInRequest, drop: Drop, now: datetime) -> tuple[Drop, list[Clash]]:
    """Return the drop with its room, and what a reason waives; raise what else is in the way."""
    visit = drop.visit
    if visit.state_now is not State.BOOKED:
        raise AlreadyChanged(_("Only a booked visit can be moved. Here is how it stands now."))
    if drop.version != version_of(visit):
        raise AlreadyChanged(
            _("Somebody moved this visit a moment ago. It is now %(place)s.")
            % {"place": _placed(visit)}
        )
    drop, clashes = _with_room(drop, now)
    hard = [clash for clash in clashes if clash.obstacle not in WAIVABLE]
    waivable = [clash for clash in clashes if clash.obstacle in WAIVABLE]
    if hard:
        raise _refusal_of(hard, clash_words(hard, _reader(request, visit)))
    limit = broken_limit(visit, drop.starts_at, now)
    if limit is not None:
        raise _OutOfCourse(limit)
    if waivable and not may(request.user, WAIVE_NOTICE):
        words = clash_words(waivable, _reader(request, visit))
        words.append(_("Reception can move it with a reason."))
        raise _refusal_of(waivable, words)
    return drop, waivable


def _with_room(drop: Drop, now: datetime) -> tuple[Drop, list[Clash]]:
    """Keep the room that the visit has, where none is asked for and it is free."""
    room_id = drop.room_id or drop.visit.room_id
    clashes = in_the_way(drop.visit, drop.snapshot, drop.person, room_id, drop.starts_at, now)
    kept = drop.snapshot.rooms.get(room_id)
    if drop.room is not None or kept is None:
        return drop, clashes
    if not any(clash.obstacle in ROOMS_IN_WAY for clash in clashes):
        return replace(drop, room=kept), clashes
    return drop, in_the_way(drop.visit, drop.snapshot, drop.person, None, drop.starts_at, now)


class _Wrong(Refusal):
    """The request makes no sense."""


class _InTheWay(SlotTaken):
    """Something stands there; the message says what."""


class _OutOfCourse(BreaksCourse):
    """A limit of the course; the message says which, the course's page moves several."""

    def __init__(self, limit: BrokenLimit) -> None:
        super().__init__(
            _("Session %(number)s of the course can't be there. %(limit)s")
            % {"number": limit.number, "limit": limit_words(limit)}
        )
        self.limit = limit


def _refusal_of(clashes: list[Clash], words: list[str]) -> Refusal:
    kinds = {
        Obstacle.PAST: OutsideNotice,
        Obstacle.NOTICE: OutsideNotice,
        Obstacle.HORIZON: BeyondHorizon,
        Obstacle.NOT_OFFERED: NotBookable,
        Obstacle.NO_NEEDLING: NotBookable,
        Obstacle.PAPERS: _NotQualifiedThen,
    }
    return kinds.get(clashes[0].obstacle, _InTheWay)(" ".join(words))


class _NotQualifiedThen(Refusal):
    """The papers of whom it was dropped on do not allow it."""

    code = "not_qualified"


def _problem(refusal: Refusal) -> HttpResponse:
    members: dict[str, Any] = {}
    if isinstance(refusal, _OutOfCourse):
        limit = refusal.limit
        members["link"] = {
            "url": reverse("course-move", args=[limit.course.public_id, limit.number]),
            "label": _("Move it with the rest of the course"),
        }
    return problem(refusal.status, refusal.code, refusal.message, **members)


def _question(drop: Drop) -> str:
    visit = drop.visit
    return _("Move %(name)s from %(before)s to %(after)s with %(who)s, %(room)s?") % {
        "name": _name(visit),
        "before": _short(visit.starts_at, visit),
        "after": _short(drop.starts_at, visit),
        "who": drop.person.name,
        "room": drop.room.name if drop.room else _("another free room"),
    }


def _tells(drop: Drop) -> str:
    visit = drop.visit
    if visit.starts_at == drop.starts_at and visit.practitioner_id == drop.person.id:
        return _("Only the room changes, so the client gets no message.")
    return _("The client is told.")


def _short(at: datetime, visit: Appointment) -> str:
    zone = zone_of(visit)
    local = at.astimezone(zone).date()
    return _("%(day)s, %(time)s") % {"day": short_day(local), "time": time_of_day(at, zone)}


def _placed(visit: Appointment) -> str:
    return _("%(when)s with %(who)s, %(room)s") % {
        "when": when(visit.starts_at, zone_of(visit)),
        "who": visit.practitioner.name,
        "room": visit.room.name,
    }


def _reader(request: SignedInRequest, visit: Appointment) -> Reader:
    return Reader(request.user, zone_of(visit), _name(visit))


def _name(visit: Appointment) -> str:
    return visit.client.name if visit.client else ""
