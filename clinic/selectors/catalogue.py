"""What can be booked, where and by whom, as one frozen snapshot per process.

Slot search reads locations, rooms, services, lanes and rosters at every call, and they
change a few times a week. So they are read once and kept as long as `CatalogueVersion`
(changed by trigger with any of those tables) is the same: one query of one row a call.
"""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import cast
from zoneinfo import ZoneInfo

from django.db import connection

from clinic.domain.credentials import (
    Spans,
    is_bookable_from,
    is_firm,
    is_qualified,
    qualified_spans,
)
from clinic.domain.roster import Roster
from clinic.domain.segments import SegmentPlan, client_minutes, total_minutes
from clinic.models import (
    CatalogueVersion,
    Lane,
    Location,
    Practitioner,
    Room,
    Service,
)
from clinic.selectors.papers import Requirements, requirements
from clinic.selectors.rosters import all_rosters


@dataclass(frozen=True, slots=True)
class LocationFacts:
    """A location with its policies; minutes, days and hours as the names say."""

    id: int
    slug: str
    name: str
    address: str
    phone: str
    zone: ZoneInfo
    slot_step_minutes: int
    minimum_notice_minutes: int
    horizon_days: int
    late_change_hours: int
    max_client_moves: int
    max_single_visits: int
    hold_minutes: int


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """A service with its segments; `all_lanes` when it may not overlap with others."""

    id: int
    slug: str
    name: str
    summary: str
    segments: tuple[SegmentPlan, ...]
    all_lanes: bool
    uses_needles: bool
    is_first_visit: bool
    bookable_by: str
    price_amount: Decimal
    price_currency: str
    client_minutes: int
    total_minutes: int


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """A room in use and the services that it serves."""

    id: int
    name: str
    resource_id: int
    location_id: int
    service_ids: frozenset[int]
    is_step_free: bool


@dataclass(frozen=True, slots=True)
class PractitionerFacts:
    """A practitioner who takes bookings, with hands, lanes and a roster per location."""

    id: int
    public_id: uuid.UUID
    slug: str
    name: str
    headline: str
    hands_id: int
    lane_ids: tuple[int, ...]
    service_ids: frozenset[int]
    rosters: Mapping[int, Roster]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything active, by id, in the order in which lists show it.

    `qualified` keeps by practitioner, service and location on which local dates somebody
    who offers it is qualified; ask `spans`.
    """

    version: uuid.UUID
    locations: Mapping[int, LocationFacts]
    services: Mapping[int, ServiceFacts]
    rooms: Mapping[int, RoomFacts]
    practitioners: Mapping[int, PractitionerFacts]
    required: Requirements
    qualified: Mapping[tuple[int, int, int], Spans]

    def location(self, slug: str) -> LocationFacts | None:
        """Return the location of that slug."""
        return next((item for item in self.locations.values() if item.slug == slug), None)

    def service(self, slug: str) -> ServiceFacts | None:
        """Return the service of that slug."""
        return next((item for item in self.services.values() if item.slug == slug), None)

    def practitioner(self, public_id: uuid.UUID) -> PractitionerFacts | None:
        """Return the practitioner of that public id."""
        people = self.practitioners.values()
        return next((item for item in people if item.public_id == public_id), None)

    def offering(self, service_id: int, location_id: int) -> list[PractitionerFacts]:
        """Return who offers a service at a location, in list order."""
        return [
            person
            for person in self.practitioners.values()
            if service_id in person.service_ids and location_id in person.rosters
        ]

    def spans(self, practitioner_id: int, service_id: int, location_id: int) -> Spans:
        """Return the local dates on which a practitioner is qualified for a service there.

        Also of somebody who no longer offers it: their booked visits still ask.
        """
        known = self.qualified.get((practitioner_id, service_id, location_id))
        if known is not None:
            return known
        held = self.required.held_by(practitioner_id, service_id, location_id)
        return qualified_spans(held, service_id)

    def is_qualified(
        self, practitioner_id: int, service_id: int, location_id: int, on: date, today: date
    ) -> bool:
        """Tell whether a visit on a local date can be booked today, for what papers say."""
        return is_qualified(self.spans(practitioner_id, service_id, location_id), on, today)

    def is_firm(self, practitioner_id: int, service_id: int, location_id: int, on: date) -> bool:
        """Tell whether all papers are valid on a local date itself."""
        return is_firm(self.spans(practitioner_id, service_id, location_id), on)

    def listed(self, service_id: int, location_id: int, now: datetime) -> list[PractitionerFacts]:
        """Return whom clients may ask for: qualified on some local date from today on."""
        today = now.astimezone(self.locations[location_id].zone).date()
        return [
            person
            for person in self.offering(service_id, location_id)
            if is_bookable_from(self.spans(person.id, service_id, location_id), today)
        ]

    def rooms_for(
        self, service_id: int, location_id: int, *, step_free: bool = False
    ) -> list[RoomFacts]:
        """Return the rooms that serve a service at a location, by id."""
        return [
            room
            for room in self.rooms.values()
            if room.location_id == location_id
            and service_id in room.service_ids
            and (room.is_step_free or not step_free)
        ]

    def locations_of(self, service_id: int, now: datetime) -> list[LocationFacts]:
        """Return where a service can be booked: a room serves it and somebody listed offers it."""
        return [
            place
            for place in self.locations.values()
            if self.listed(service_id, place.id, now) and self.rooms_for(service_id, place.id)
        ]


VERSION_SQL = "SELECT version FROM clinic_catalogueversion"

_kept: dict[str, Catalogue] = {}


def catalogue() -> Catalogue:
    """Return the snapshot of what can be booked now. One query when nothing changed."""
    version = _version()
    kept = _kept.get("catalogue")
    if kept is None or kept.version != version:
        kept = _kept["catalogue"] = _read(version)
    return kept


def _version() -> uuid.UUID:
    # Every search asks this: the ORM would take five times as long, a tenth of an answer.
    with connection.cursor() as cursor:
        cursor.execute(VERSION_SQL)
        row = cursor.fetchone()
    if row is None:
        raise CatalogueVersion.DoesNotExist
    return cast(uuid.UUID, row[0])


def _read(version: uuid.UUID) -> Catalogue:
    # The version was read first: what changes meanwhile is read again under the next one.
    services = _services()
    practitioners = _practitioners()
    required = requirements()
    return Catalogue(
        version=version,
        locations=_locations(),
        services=services,
        rooms=_rooms(),
        practitioners=practitioners,
        required=required,
        qualified=_qualified(practitioners, required),
    )


def _qualified(
    practitioners: Mapping[int, PractitionerFacts], required: Requirements
) -> dict[tuple[int, int, int], Spans]:
    return {
        (person.id, service_id, location_id): qualified_spans(
            required.held_by(person.id, service_id, location_id), service_id
        )
        for person in practitioners.values()
        for location_id in person.rosters
        for service_id in person.service_ids
    }


def _locations() -> dict[int, LocationFacts]:
    return {
        place.pk: LocationFacts(
            id=place.pk,
            slug=place.slug,
            name=place.name,
            address=place.address,
            phone=str(place.phone),
            zone=ZoneInfo(place.zone),
            slot_step_minutes=place.slot_step_minutes,
            minimum_notice_minutes=place.minimum_notice_minutes,
            horizon_days=place.horizon_days,
            late_change_hours=place.late_change_hours,
            max_client_moves=place.max_client_moves,
            max_single_visits=place.max_single_visits,
            hold_minutes=place.hold_minutes,
        )
        for place in Location.objects.filter(is_active=True).order_by("pk")
    }


def _services() -> dict[int, ServiceFacts]:
    facts = {}
    rows = Service.objects.filter(is_active=True).prefetch_related("segments")
    for service in rows.order_by("position", "pk"):
        parts = sorted(service.segments.all(), key=lambda segment: segment.position)
        plan = tuple(segment.plan() for segment in parts)
        if not plan:
            continue
        facts[service.pk] = ServiceFacts(
            id=service.pk,
            slug=service.slug,
            name=service.name,
            summary=service.summary,
            segments=plan,
            all_lanes=not service.may_overlap,
            uses_needles=service.uses_needles,
            is_first_visit=service.is_first_visit,
            bookable_by=service.bookable_by,
            price_amount=service.price_amount,
            price_currency=service.price_currency,
            client_minutes=client_minutes(plan),
            total_minutes=total_minutes(plan),
        )
    return facts


def _rooms() -> dict[int, RoomFacts]:
    serves: dict[int, set[int]] = defaultdict(set)
    for room_id, service_id in Room.services.through.objects.values_list("room_id", "service_id"):
        serves[room_id].add(service_id)
    return {
        room.pk: RoomFacts(
            id=room.pk,
            name=room.name,
            resource_id=room.resource_id,
            location_id=room.location_id,
            service_ids=frozenset(serves[room.pk]),
            is_step_free=room.is_step_free,
        )
        for room in Room.objects.filter(is_active=True).order_by("pk")
    }


def _practitioners() -> dict[int, PractitionerFacts]:
    offers: dict[int, set[int]] = defaultdict(set)
    pairs = Practitioner.services.through.objects.values_list("practitioner_id", "service_id")
    for practitioner_id, service_id in pairs:
        offers[practitioner_id].add(service_id)
    lanes: dict[int, list[int]] = defaultdict(list)
    for lane in Lane.objects.order_by("practitioner_id", "number"):
        lanes[lane.practitioner_id].append(lane.resource_id)
    rosters = all_rosters()
    return {
        person.pk: PractitionerFacts(
            id=person.pk,
            public_id=person.public_id,
            slug=person.slug,
            name=person.name,
            headline=person.headline,
            hands_id=person.resource_id,
            lane_ids=tuple(lanes[person.pk]),
            service_ids=frozenset(offers[person.pk]),
            rosters=rosters.get(person.pk, {}),
        )
        for person in Practitioner.objects.filter(is_active=True).order_by("name", "pk")
    }
