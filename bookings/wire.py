"""Slots and appointments as the JSON API writes them.

`/slots` may have thousands of rows, so they are written as text straight from the bits
of the search: a time's text is kept per zone and cell, a row is two pieces joined.
"""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from bookings.domain.timegrid import CELL, CELL_MINUTES, EPOCH, cells_in
from bookings.models import Appointment
from bookings.selectors.openings import Openings
from bookings.selectors.slots import Slot
from clinic.selectors.catalogue import LocationFacts, ServiceFacts

CELL_SECONDS = CELL_MINUTES * 60


def slots_json(found: Openings) -> str:
    """Return the answer of `/slots`: by local date, touching starts first, then by time."""
    question = found.free.question
    zone = question.location.zone
    upcoming = found.next_start and instant_text(found.next_start, zone)
    rows = ",".join(_rows(found))
    return f'{{"slots":[{rows}],"next_available_at":{json.dumps(upcoming)}}}'


def slot_json(slot: Slot, service: ServiceFacts, location: LocationFacts) -> dict[str, Any]:
    """Return one slot, as an alternative shows it."""
    return {
        "starts_at": instant_text(slot.starts_at, location.zone),
        "ends_at": instant_text(slot.ends_at, location.zone),
        "practitioner": str(slot.practitioner_public_id),
        "location": location.slug,
        "service": service.slug,
    }


def appointment_json(visit: Appointment) -> dict[str, Any]:
    """Return an appointment. Needs practitioner, location and service loaded."""
    zone = ZoneInfo(visit.location.zone)
    return {
        "id": str(visit.public_id),
        "service": visit.service.slug,
        "practitioner": str(visit.practitioner.public_id),
        "location": visit.location.slug,
        "starts_at": instant_text(visit.starts_at, zone),
        "ends_at": instant_text(visit.ends_at, zone),
        "state": visit.state,
        "version": visit.version,
        "course": None,
    }


def instant_text(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant as RFC 3339 with the zone's offset."""
    return at.astimezone(zone).isoformat()


def _rows(found: Openings) -> list[str]:
    free = found.free
    question = free.question
    zone = question.location.zone
    first = (free.grid.starts_at - EPOCH) // CELL
    length = free.shape.client.length
    tails: list[str] = []
    heads: dict[int, tuple[int, str]] = {}
    order: list[tuple[int, bool, int, int]] = []
    for number, item in enumerate(sorted(free.found, key=lambda item: item.practitioner_id)):
        person = question.catalogue.practitioners[item.practitioner_id]
        tails.append(
            f'{person.public_id}","location":"{question.location.slug}",'
            f'"service":"{question.service.slug}"}}'
        )
        starts = item.starts & found.window
        for on_step, bits in ((False, starts & item.touching), (True, starts & ~item.touching)):
            for cell in cells_in(bits):
                head = heads.get(cell)
                if head is None:
                    head = heads[cell] = _head(zone, first + cell, length)
                order.append((head[0], on_step, cell, number))
    order.sort()
    return [heads[cell][1] + tails[number] for _day, _on_step, cell, number in order]


def _head(zone: ZoneInfo, cell: int, length: int) -> tuple[int, str]:
    day, starts_at = _cell_text(zone, cell)
    ends_at = _cell_text(zone, cell + length)[1]
    return day, f'{{"starts_at":"{starts_at}","ends_at":"{ends_at}","practitioner":"'


@lru_cache(maxsize=32768)
def _cell_text(zone: ZoneInfo, cell: int) -> tuple[int, str]:
    """Return the local day's number and the RFC 3339 text of a cell counted from 1970."""
    local = datetime.fromtimestamp(cell * CELL_SECONDS, zone)
    return local.toordinal(), local.isoformat()
