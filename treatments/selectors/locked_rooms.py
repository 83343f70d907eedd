"""The rooms of a location as a locked screen may show them: no client, no treatment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bookings.domain.lifecycle import State
from bookings.domain.needling import removal_due_at
from bookings.models import Appointment
from clinic.models import Location, Room

LONGEST_DAY = timedelta(hours=16)
"""A visit that began earlier and is still in session was left open: it rests in no room."""


class RoomState(StrEnum):
    """What happens in a room; the later ones are the more urgent."""

    FREE = "free"
    HANDS = "hands"
    RESTING = "resting"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class RoomNow:
    """A room at this moment; `due_at` only while needles are in."""

    room: Room
    state: RoomState
    practitioner_first_name: str = ""
    due_at: datetime | None = None


def rooms_now(location: Location, now: datetime) -> list[RoomNow]:
    """Return the rooms of a location by name, each with what happens in it. Two queries.

    Neither client nor service is read: what is not read can't be shown.
    """
    busy: dict[int, RoomNow] = {}
    for visit in _in_session(location, now):
        found = _room_now(visit, now)
        before = busy.get(found.room.pk)
        if before is None or _urgency(found) > _urgency(before):
            busy[found.room.pk] = found
    rooms = Room.objects.filter(location=location, is_active=True).order_by("name", "pk")
    return [busy.get(room.pk, RoomNow(room, RoomState.FREE)) for room in rooms]


def _in_session(location: Location, now: datetime) -> list[Appointment]:
    going_on = Appointment.objects.filter(
        location=location, state=State.IN_SESSION, starts_at__gt=now - LONGEST_DAY
    )
    joined = going_on.select_related("room", "practitioner", "needling").order_by("pk")
    return list(joined)


def _room_now(visit: Appointment, now: datetime) -> RoomNow:
    name = visit.practitioner.name.split(" ")[0]
    needling = getattr(visit, "needling", None)
    if needling is None or needling.out_count is not None:
        return RoomNow(visit.room, RoomState.HANDS, name)
    due_at = removal_due_at(in_at=needling.in_at, plan=visit.plan)
    state = RoomState.OVERDUE if due_at <= now else RoomState.RESTING
    return RoomNow(visit.room, state, name, due_at)


def _urgency(room: RoomNow) -> tuple[int, float]:
    """Order by state, then by how soon the needles are due."""
    due = -room.due_at.timestamp() if room.due_at else 0.0
    return list(RoomState).index(room.state), due
