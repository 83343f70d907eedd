"""Choose practitioner, lanes and room of a start, under the locks."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from bookings.domain.segments import Takings, takings
from bookings.domain.slots import VisitShape, lanes_free_at, rooms_free_at
from bookings.refusals import BeyondHorizon, NotBookable, NotQualified, OutsideNotice, SlotTaken
from bookings.selectors.nearest import nearest_slots
from bookings.selectors.questions import SlotQuestion
from bookings.selectors.slots import FreeTime, Slot, free_time, resources_asked
from bookings.services.reserving import (
    Wanted,
    lock_and_clear,
    wanted_by,
)
from clinic.domain.intervals import Interval
from clinic.domain.roster import local_instant
from clinic.selectors.catalogue import PractitionerFacts, RoomFacts, catalogue

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a visit will take, chosen while its resources are locked."""

    practitioner: PractitionerFacts
    room: RoomFacts
    lane_ids: tuple[int, ...]
    shape: VisitShape
    takings: Takings

    def wanted(self, client_id: int | None) -> list[Wanted]:
        """Return what to reserve; `client_id` is the client's resource."""
        return wanted_by(
            self.takings,
            hands_id=self.practitioner.hands_id,
            lane_ids=self.lane_ids,
            room_id=self.room.resource_id,
            client_id=client_id,
        )


def claim(
    question: SlotQuestion, starts_at: datetime, now: datetime, also_lock: Iterable[int] = ()
) -> Claim:
    """Lock what a visit at `starts_at` may take, and choose.

    Locks all that a search looks at, and `also_lock`, in id order: hands and lanes of every
    practitioner who offers it, every room that serves, the client. Of several practitioners
    one whose visits it touches, then who has least that day. Raises `OutsideNotice`,
    `BeyondHorizon`, `NotBookable`, `NotQualified` or `SlotTaken` (without alternatives).
    """
    question = on_the_day_of(question, starts_at)
    locked = resources_asked(question)
    day = Interval(starts_at, starts_at + ONE_DAY)
    lock_and_clear(locked, day, now, but=question.but_appointments, also_lock=also_lock)
    question = _as_it_stands(question)
    check_start(question, starts_at, now)
    return _choose(free_time(question, now), starts_at, set(locked))


def on_the_day_of(question: SlotQuestion, starts_at: datetime) -> SlotQuestion:
    """Narrow a question to the local date of a start."""
    day = starts_at.astimezone(question.location.zone).date()
    return replace(question, first_date=day, end_date=day + ONE_DAY)


def check_start(question: SlotQuestion, starts_at: datetime, now: datetime) -> None:
    """Raise the reason for which no slot could be there, if there is one."""
    people = question.catalogue.offering(question.service.id, question.location.id)
    if question.practitioner_id is not None:
        people = [person for person in people if person.id == question.practitioner_id]
    if not people:
        raise NotBookable
    if starts_at <= now:
        raise OutsideNotice
    _check_needling(question, starts_at)
    check_qualified(question, starts_at, now)
    if question.waives_notice:
        return
    place = question.location
    if starts_at < now + timedelta(minutes=place.minimum_notice_minutes):
        raise OutsideNotice
    last_date = now.astimezone(place.zone).date() + timedelta(days=place.horizon_days)
    if starts_at >= local_instant(place.zone, last_date + timedelta(days=1), time(0)):
        raise BeyondHorizon


def check_qualified(question: SlotQuestion, starts_at: datetime, now: datetime) -> None:
    """Raise `NotQualified` unless somebody asked for has valid papers on the local date."""
    facts, place, service = question.catalogue, question.location, question.service
    on = starts_at.astimezone(place.zone).date()
    today = now.astimezone(place.zone).date()
    people = facts.offering(service.id, place.id)
    if not any(
        facts.is_qualified(person.id, service.id, place.id, on, today)
        for person in people
        if question.practitioner_id in (None, person.id)
    ):
        raise NotQualified


def alternatives(question: SlotQuestion, starts_at: datetime, now: datetime) -> list[Slot]:
    """Return the three nearest free slots, for whoever lost one."""
    return nearest_slots(question, starts_at, now)


def _check_needling(question: SlotQuestion, starts_at: datetime) -> None:
    client = question.client
    if client is None or not question.service.uses_needles:
        return
    day = starts_at.astimezone(question.location.zone).date()
    barred = client.no_needling_before is not None and day < client.no_needling_before
    if barred or client.no_needling_until_cleared:
        raise NotBookable


def _as_it_stands(question: SlotQuestion) -> SlotQuestion:
    # Lanes, rooms or hours may have changed until the lock was ours: a first visit asked
    # for with two lanes has to take the third one too. The visit keeps its segments.
    facts = catalogue()
    if facts.version == question.catalogue.version:
        return question
    if question.service.id not in facts.services or question.location.id not in facts.locations:
        raise NotBookable
    return replace(question, catalogue=facts, location=facts.locations[question.location.id])


def _choose(free: FreeTime, starts_at: datetime, locked: set[int]) -> Claim:
    cell = free.grid.cell_of(starts_at)
    for person in free.practitioners_at(starts_at):
        if person.hands_id not in locked:
            continue
        lanes = {lane: free.taken.all_of(lane) for lane in person.lane_ids}
        rooms = {room.id: free.taken.all_of(room.resource_id) for room in free.rooms}
        lane_ids = lanes_free_at(free.shape, lanes, cell)
        room_ids = rooms_free_at(free.shape, rooms, cell)
        if lane_ids and room_ids:
            return Claim(
                practitioner=person,
                room=least_asked_for([room for room in free.rooms if room.id in room_ids]),
                lane_ids=tuple(lane_ids),
                shape=free.shape,
                takings=takings(free.shape, starts_at),
            )
    raise SlotTaken


def least_asked_for(rooms: list[RoomFacts]) -> RoomFacts:
    """Return the room to take: step-free rooms and those that serve much are kept for need."""
    return min(rooms, key=lambda room: (room.is_step_free, len(room.service_ids), room.id))
