"""The rooms of a location as a locked screen may show them: no client, no treatment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.selectors.running import OpenTimer, open_timers
from clinic.models import Location, Room

LONGEST_DAY = timedelta(hours=16)
"""A visit without needles in it that began earlier was left open: it takes no room."""


class RoomState(StrEnum):
    """What happens in a room."""

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
    """Return the rooms of a location by name, each with what happens in it. Three queries.

    Of several visits in one room the one whose needles are due first is told. Neither client
    nor service is read: what is not read can't be shown.
    """
    timers: dict[int, OpenTimer] = {}
    for timer in open_timers(now=now, location_id=location.pk):
        timers.setdefault(timer.room_id, timer)
    at_work = _at_work(location, now)
    rooms = Room.objects.filter(location=location, is_active=True).order_by("name", "pk")
    return [_room_now(room, timers.get(room.pk), at_work.get(room.pk, "")) for room in rooms]


def _at_work(location: Location, now: datetime) -> dict[int, str]:
    """Return by room who is in a session there."""
    going_on = Appointment.objects.filter(
        location=location, state=State.IN_SESSION, starts_at__gt=now - LONGEST_DAY
    )
    return dict(going_on.order_by("pk").values_list("room_id", "practitioner__name"))


def _room_now(room: Room, timer: OpenTimer | None, at_work: str) -> RoomNow:
    if timer is not None:
        is_over = timer.over >= timedelta()
        state = RoomState.OVERDUE if is_over else RoomState.RESTING
        return RoomNow(room, state, _first_name(timer.practitioner), timer.due_at)
    if at_work:
        return RoomNow(room, RoomState.HANDS, _first_name(at_work))
    return RoomNow(room, RoomState.FREE)


def _first_name(name: str) -> str:
    return name.split(" ")[0]
