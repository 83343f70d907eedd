"""Slots and appointments as the JSON API writes them.

`/slots` may have thousands of rows, so they are written as text straight from the bits
of the search: a time's text is kept per zone and cell, a row is two pieces joined.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from bookings.domain.timegrid import CELL, CELL_SECONDS, EPOCH, cells_in
from bookings.hooks import CoursePlace, course_places
from bookings.models import Appointment
from bookings.selectors.openings import Openings
from bookings.selectors.slots import Slot
from clinic.selectors.catalogue import Catalogue, LocationFacts, ServiceFacts


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


def appointments_json(visits: Sequence[Appointment]) -> list[dict[str, Any]]:
    """Return appointments, with their places in courses. One query.

    Needs practitioner, location and service loaded.
    """
    places = course_places.of(visits)
    return [_loaded(visit, places.get(visit.pk)) for visit in visits]


def appointment_json(visit: Appointment) -> dict[str, Any]:
    """Return an appointment. One query; needs practitioner, location and service loaded."""
    return appointments_json([visit])[0]


def booked_json(visit: Appointment, snapshot: Catalogue) -> dict[str, Any]:
    """Return an appointment that was just booked, without a query.

    A request of long ago, sent again, may ask: its visit may be a course's by now.
    """
    person = snapshot.practitioners.get(visit.practitioner_id)
    service = snapshot.services.get(visit.service_id)
    place = snapshot.locations.get(visit.location_id)
    if person is None or service is None or place is None or visit.in_series:
        return appointment_json(visit)
    return _appointment(visit, service.slug, person.public_id, place.slug, place.zone, None)


def course_place_json(place: CoursePlace) -> dict[str, Any]:
    """Return a visit's place in a course."""
    return {"id": str(place.course_id), "number": place.number, "of": place.of}


def _loaded(visit: Appointment, place: CoursePlace | None) -> dict[str, Any]:
    return _appointment(
        visit,
        visit.service.slug,
        visit.practitioner.public_id,
        visit.location.slug,
        ZoneInfo(visit.location.zone),
        place,
    )


def _appointment(
    visit: Appointment,
    service: str,
    practitioner: UUID,
    location: str,
    zone: ZoneInfo,
    place: CoursePlace | None,
) -> dict[str, Any]:
    return {
        "id": str(visit.public_id),
        "service": service,
        "practitioner": str(practitioner),
        "location": location,
        "starts_at": instant_text(visit.starts_at, zone),
        "ends_at": instant_text(visit.ends_at, zone),
        "state": visit.state,
        "version": visit.version,
        "course": course_place_json(place) if place else None,
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
    touching: dict[int, list[str]] = defaultdict(list)
    on_step: dict[int, list[str]] = defaultdict(list)
    for item in sorted(free.found, key=attrgetter("practitioner_id")):
        person = question.catalogue.practitioners[item.practitioner_id]
        tail = (
            f'{person.public_id}","location":"{question.location.slug}",'
            f'"service":"{question.service.slug}"}}'
        )
        starts = item.starts & found.window
        for cell in cells_in(starts & item.touching):
            touching[cell].append(tail)
        for cell in cells_in(starts & ~item.touching):
            on_step[cell].append(tail)
    # Only the different starts are sorted; people stand in order at each of them already.
    groups = []
    for is_on_step, cells in enumerate((touching, on_step)):
        for cell, tails in cells.items():
            day, head = _head(zone, first + cell, length)
            groups.append((day, is_on_step, cell, head, tails))
    groups.sort(key=itemgetter(0, 1, 2))
    return [head + tail for *_, head, tails in groups for tail in tails]


def _head(zone: ZoneInfo, cell: int, length: int) -> tuple[int, str]:
    day, starts_at = _cell_text(zone, cell)
    ends_at = _cell_text(zone, cell + length)[1]
    return day, f'{{"starts_at":"{starts_at}","ends_at":"{ends_at}","practitioner":"'


@lru_cache(maxsize=32768)
def _cell_text(zone: ZoneInfo, cell: int) -> tuple[int, str]:
    """Return the local day's number and the RFC 3339 text of a cell counted from 1970."""
    local = datetime.fromtimestamp(cell * CELL_SECONDS, zone)
    return local.toordinal(), local.isoformat()
