"""What a practitioner or a location still lacks before visits can be booked there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clinic.domain.credentials import is_bookable_from, spans_of_type
from clinic.models import CredentialType
from clinic.selectors.catalogue import Catalogue, LocationFacts, PractitionerFacts, RoomFacts


class Lack(StrEnum):
    """Why nobody can ever be offered a service of a practitioner at a location."""

    OFFER = "offer"
    HOURS = "hours"
    ROOM = "room"
    PAPERS = "papers"


@dataclass(frozen=True, slots=True)
class PaperLack:
    """A required type of paper that counts on no date from today on, and who has to hold it."""

    type_id: int
    is_of_location: bool


@dataclass(frozen=True, slots=True)
class PlaceReadiness:
    """What can be booked of a practitioner at a location, and what keeps the rest away.

    `without_room` names services; `papers` are those that keep any service away.
    """

    location: LocationFacts
    offered: int
    bookable: int
    without_room: tuple[str, ...]
    papers: tuple[PaperLack, ...]


@dataclass(frozen=True, slots=True)
class PractitionerReadiness:
    """What somebody who takes bookings offers, and how it stands where there are hours."""

    services: int
    places: tuple[PlaceReadiness, ...]

    @property
    def can_be_booked(self) -> bool:
        """Tell whether any visit can be booked from today on."""
        return any(place.bookable for place in self.places)


@dataclass(frozen=True, slots=True)
class LocationReadiness:
    """What a location that is open for booking has, and how many services can be booked."""

    rooms: tuple[RoomFacts, ...]
    practitioners: tuple[PractitionerFacts, ...]
    services: int
    bookable: int


def lack_for(
    facts: Catalogue, person: PractitionerFacts, service_id: int, location_id: int, now: datetime
) -> Lack | None:
    """Return the first thing that keeps a service of somebody away; None: it can be booked.

    Hours count whether they lie ahead or not. No query.
    """
    if service_id not in person.service_ids:
        return Lack.OFFER
    if location_id not in person.rosters:
        return Lack.HOURS
    if not facts.rooms_for(service_id, location_id):
        return Lack.ROOM
    today = now.astimezone(facts.locations[location_id].zone).date()
    if not is_bookable_from(facts.spans(person.id, service_id, location_id), today):
        return Lack.PAPERS
    return None


def readiness_of(
    facts: Catalogue, person: PractitionerFacts, now: datetime
) -> PractitionerReadiness:
    """Return what somebody still lacks, location by location. No query."""
    return PractitionerReadiness(
        services=len(_offers(facts, person)),
        places=tuple(
            _at(facts, person, place, now)
            for place in facts.locations.values()
            if place.id in person.rosters
        ),
    )


def not_yet_bookable(facts: Catalogue, now: datetime) -> list[PractitionerFacts]:
    """Return who takes bookings and can't be booked for anything, in list order. No query."""
    return [
        person
        for person in facts.practitioners.values()
        if not readiness_of(facts, person, now).can_be_booked
    ]


def readiness_of_location(
    facts: Catalogue, place: LocationFacts, now: datetime
) -> LocationReadiness:
    """Return what a location that is open for booking has. No query."""
    people = tuple(one for one in facts.practitioners.values() if place.id in one.rosters)
    bookable = [
        service_id
        for service_id in facts.services
        if any(lack_for(facts, one, service_id, place.id, now) is None for one in people)
    ]
    return LocationReadiness(
        rooms=tuple(room for room in facts.rooms.values() if room.location_id == place.id),
        practitioners=people,
        services=len(facts.services),
        bookable=len(bookable),
    )


def places_not_yet_bookable(facts: Catalogue, now: datetime) -> list[LocationFacts]:
    """Return the locations open for booking at which nothing can be booked. No query."""
    return [
        place
        for place in facts.locations.values()
        if not readiness_of_location(facts, place, now).bookable
    ]


def _offers(facts: Catalogue, person: PractitionerFacts) -> list[int]:
    return [service_id for service_id in facts.services if service_id in person.service_ids]


def _at(
    facts: Catalogue, person: PractitionerFacts, place: LocationFacts, now: datetime
) -> PlaceReadiness:
    offers = _offers(facts, person)
    lacks = {one: lack_for(facts, person, one, place.id, now) for one in offers}
    barred = [one for one, lack in lacks.items() if lack is Lack.PAPERS]
    return PlaceReadiness(
        location=place,
        offered=len(offers),
        bookable=sum(lack is None for lack in lacks.values()),
        without_room=tuple(
            facts.services[one].name for one, lack in lacks.items() if lack is Lack.ROOM
        ),
        papers=tuple(dict.fromkeys(_papers(facts, person, barred, place, now))),
    )


def _papers(
    facts: Catalogue,
    person: PractitionerFacts,
    barred: list[int],
    place: LocationFacts,
    now: datetime,
) -> Iterator[PaperLack]:
    today = now.astimezone(place.zone).date()
    for service_id in barred:
        wanted = facts.required.of(service_id, place.id)
        held = facts.required.held_by(person.id, service_id, place.id)
        for type_id, papers in zip(wanted, held, strict=True):
            if not is_bookable_from(spans_of_type(papers, service_id), today):
                holder = facts.required.types[type_id].holder
                yield PaperLack(type_id, holder == CredentialType.Holder.LOCATION)
