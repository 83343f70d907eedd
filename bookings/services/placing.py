"""Put visits of several clients to exactly chosen places at once: all of them, or none.

A place is a start, a practitioner, lanes and a room that somebody looked at before. It is
taken as it was seen, or is lost: nothing else is chosen instead. A visit moves there, or
the place is held beside the visit until its client has answered.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import F

from bookings.domain.lifecycle import State
from bookings.domain.placing import Person, placements_at, starts_clear_of
from bookings.domain.segments import takings
from bookings.hooks import MoveAsked, before_move
from bookings.models import Appointment, Reservation, StatusChange
from bookings.refusals import NotBookable, SlotTaken
from bookings.selectors.barred import Barred, barred_within
from bookings.selectors.questions import SlotQuestion
from bookings.selectors.slots import FreeTime, free_times
from bookings.services.moving import keeping_start, move_question
from bookings.services.recording import record_state
from bookings.services.reserving import (
    Wanted,
    as_interval,
    lock_and_clear,
    reserve,
    reserve_all,
    set_all_free,
    wanted_by,
)
from clinic.domain.intervals import Interval, subtract
from clinic.models import User
from clinic.refusals import AlreadyChanged
from clinic.selectors.catalogue import Catalogue, catalogue

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visit is put: it moves there, or (`held_until`) the place is held for it."""

    visit: Appointment
    starts_at: datetime
    practitioner_id: int
    room_id: int
    lane_ids: tuple[int, ...]
    held_until: datetime | None = None


class PlacesLost(SlotTaken):
    """Some places are not free any more, or their visits changed; `lost` are those visits."""

    def __init__(self, lost: Collection[int]) -> None:
        super().__init__()
        self.lost = frozenset(lost)


def lock_places(
    places: Sequence[Place], now: datetime, also_visits: Collection[int] = ()
) -> dict[int, Appointment]:
    """Lock all that the places may take and their visits have; then the visits, in id order.

    Returns the visits as they stand now, with people, `also_visits` (pks) among them. Inside
    the caller's transaction.
    """
    facts = catalogue()
    ids: set[int] = set()
    for place in places:
        person, room = (
            facts.practitioners.get(place.practitioner_id),
            facts.rooms.get(place.room_id),
        )
        if person is not None and room is not None:
            ids |= {person.hands_id, *person.lane_ids, room.resource_id}
        if place.visit.client is not None:
            ids.add(place.visit.client.resource_id)
    pks = {*also_visits, *(place.visit.pk for place in places)}
    had = Reservation.objects.filter(appointment__in=pks).values_list("resource_id", flat=True)
    starts = [place.starts_at for place in places] or [now]
    whole = Interval(min(starts), max(starts) + ONE_DAY)
    lock_and_clear(sorted(ids), whole, now, but=pks, also_lock=set(had))
    rows = Appointment.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")
    list(rows.values_list("pk", flat=True))
    return Appointment.objects.with_people().in_bulk(pks)


def write_places(
    places: Sequence[Place], *, by: User, now: datetime, reason: str
) -> dict[int, Appointment]:
    """Move visits, and hold times beside others; everything is locked by `lock_places`.

    Returns by visit the hold that was made for it. Moved visits may be changed freely by
    their clients afterwards; their courses follow. Nobody is told here. Raises `PlacesLost`,
    or what a course says to a move.
    """
    facts = catalogue()
    lost = lost_places(places, facts, now)
    if lost:
        raise PlacesLost(lost)
    moves = [place for place in places if place.held_until is None]
    holds = [place for place in places if place.held_until is not None]
    _move(moves, by=by, now=now, reason=reason)
    set_all_free([place.visit for place in moves])
    try:
        reserve_all((_wanted(place, facts), place.visit) for place in moves)
        return _hold(holds, facts, by, now, reason)
    except SlotTaken as refusal:
        raise PlacesLost([place.visit.pk for place in places]) from refusal


def move_to_held(
    *, visit: Appointment, hold: Appointment, by: User | None, now: datetime, reason: str
) -> Appointment:
    """Move a visit to the very place that is held for it; all is locked by `lock_places`.

    The hold ends. Raises `SlotTaken` if the practitioner, the room or the hours are not
    there any more, or what a course says to a move.
    """
    facts = catalogue()
    person = facts.practitioners.get(hold.practitioner_id)
    taken = Reservation.objects.filter(appointment=hold).values_list("resource_id", flat=True)
    lanes = [lane for lane in person.lane_ids if lane in set(taken)] if person else []
    place = Place(visit, hold.starts_at, hold.practitioner_id, hold.room_id, tuple(lanes))
    if lost_places([place], facts, now, but=[hold.pk]):
        raise SlotTaken
    record_state(hold, State.EXPIRED, by=by, now=now, reason=reason)
    _move([place], by=by, now=now, reason=reason)
    set_all_free([hold, visit])
    reserve(_wanted(place, facts), appointment=visit)
    return visit


def lost_places(
    places: Sequence[Place], facts: Catalogue, now: datetime, but: Collection[int] = ()
) -> list[int]:
    """Return the visits whose place is not free as it was seen. Two queries.

    Each visit's own time counts as free for itself, that of the visits `but` for all.
    """
    asked = [(place, question) for place in places if (question := _question(place, facts, but))]
    if not asked:
        return [place.visit.pk for place in places]
    found = free_times([question for _place, question in asked], now)
    whole = Interval(
        min(free.grid.starts_at for free in found), max(free.grid.ends_at for free in found)
    )
    barred = barred_within(whole)
    free_for = {
        place.visit.pk
        for (place, _question), free in zip(asked, found, strict=True)
        if _is_free(place, free, barred)
    }
    return [place.visit.pk for place in places if place.visit.pk not in free_for]


def _question(place: Place, facts: Catalogue, but: Collection[int]) -> SlotQuestion | None:
    if place.practitioner_id not in facts.practitioners or place.room_id not in facts.rooms:
        return None
    try:
        question = move_question(
            appointment=place.visit, catalogue=facts, practitioner_id=place.practitioner_id
        )
    except NotBookable:
        return None
    day = place.starts_at.astimezone(question.location.zone).date()
    return replace(
        keeping_start(question),
        first_date=day,
        end_date=day + ONE_DAY,
        waives_notice=True,
        but_appointments=(place.visit.pk, *but),
    )


def _is_free(place: Place, free: FreeTime, barred: Barred) -> bool:
    cell = free.grid.cell_of(place.starts_at)
    person = free.question.catalogue.practitioners[place.practitioner_id]
    away = barred.of_practitioner(person.id, free.grid)
    starts = free.found[0].starts if free.found else 0
    starts &= ~free.renewals.get(person.id, 0)
    starts &= starts_clear_of(away, free.shape, free.grid.mask)
    rooms = [room for room in free.rooms if room.id == place.room_id]
    if not starts >> cell & 1 or not rooms:
        return False
    lanes = {lane: free.taken.all_of(lane) for lane in person.lane_ids}
    taken = free.taken.all_of(rooms[0].resource_id) | barred.of_room(rooms[0], free.grid)
    hands = Person(person.id, person.hands_id, lanes)
    possible = placements_at(free.shape, cell, hands, {rooms[0].resource_id: taken})
    return any(placed.lane_ids == place.lane_ids for placed in possible)


def _move(places: Sequence[Place], *, by: User | None, now: datetime, reason: str) -> None:
    asked = [
        MoveAsked(place.visit, place.starts_at, place.practitioner_id, by, now, override_reason="")
        for place in places
        if _is_news(place)
    ]
    if asked:
        before_move.call(asked)
    for place in places:
        _write_move(place)
    StatusChange.objects.bulk_create(
        StatusChange(
            appointment=place.visit,
            from_state=State.BOOKED,
            to_state=State.BOOKED,
            at=now,
            by=by,
            reason=reason,
        )
        for place in places
    )


def _is_news(place: Place) -> bool:
    visit = place.visit
    return (visit.starts_at, visit.practitioner_id) != (place.starts_at, place.practitioner_id)


def _write_move(place: Place) -> None:
    visit = place.visit
    ends_at = place.starts_at + (visit.ends_at - visit.starts_at)
    changed = Appointment.objects.filter(
        pk=visit.pk, state=State.BOOKED, version=visit.version, client=visit.client_id
    ).update(
        starts_at=place.starts_at,
        ends_at=ends_at,
        practitioner_id=place.practitioner_id,
        room_id=place.room_id,
        version=F("version") + (1 if _is_news(place) else 0),
        changed_by_clinic=True,
    )
    if not changed:
        raise AlreadyChanged


def _hold(
    places: Sequence[Place], facts: Catalogue, by: User, now: datetime, reason: str
) -> dict[int, Appointment]:
    """Hold places beside their visits; returns the holds by visit."""
    holds = Appointment.objects.bulk_create(_new_hold(place, now) for place in places)
    StatusChange.objects.bulk_create(
        StatusChange(appointment=hold, to_state=State.HELD, at=now, by=by, reason=reason)
        for hold in holds
    )
    # What a visit has itself, its client's time first of all, it keeps until the answer.
    own = _reserved_by([place.visit for place in places])
    for place, hold in zip(places, holds, strict=True):
        wanted = _beside(_wanted(place, facts), own.get(place.visit.pk, {}))
        reserve(wanted, appointment=hold, held_until=place.held_until)
    return {place.visit.pk: hold for place, hold in zip(places, holds, strict=True)}


def _new_hold(place: Place, now: datetime) -> Appointment:
    visit = place.visit
    return Appointment(
        client=visit.client,
        practitioner_id=place.practitioner_id,
        location_id=visit.location_id,
        room_id=place.room_id,
        service_id=visit.service_id,
        segments=visit.segments,
        starts_at=place.starts_at,
        ends_at=place.starts_at + (visit.ends_at - visit.starts_at),
        state=State.HELD,
        in_series=True,
        held_until=place.held_until,
        created_at=now,
    )


def _reserved_by(visits: Sequence[Appointment]) -> dict[int, dict[int, list[Interval]]]:
    rows = Reservation.objects.filter(appointment__in=visits)
    own: dict[int, dict[int, list[Interval]]] = {visit.pk: {} for visit in visits}
    for visit_id, resource_id, during in rows.values_list(
        "appointment_id", "resource_id", "during"
    ):
        if visit_id is not None:
            own[visit_id].setdefault(resource_id, []).append(as_interval(during))
    return own


def _beside(wanted: Iterable[Wanted], own: Mapping[int, list[Interval]]) -> list[Wanted]:
    return [
        Wanted(item.resource_id, part)
        for item in wanted
        for part in subtract(item.during, own.get(item.resource_id, []))
    ]


def _wanted(place: Place, facts: Catalogue) -> list[Wanted]:
    visit = place.visit
    assert visit.client is not None
    question = move_question(
        appointment=visit, catalogue=facts, practitioner_id=place.practitioner_id
    )
    assert question.shape is not None
    return wanted_by(
        takings(question.shape, place.starts_at),
        hands_id=facts.practitioners[place.practitioner_id].hands_id,
        lane_ids=place.lane_ids,
        room_id=facts.rooms[place.room_id].resource_id,
        client_id=visit.client.resource_id,
    )
