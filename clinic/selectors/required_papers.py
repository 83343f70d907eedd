"""Which services can be booked without anybody having shown a paper."""

from dataclasses import dataclass

from clinic.models import CredentialType
from clinic.selectors.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Unguarded:
    """A service with needles that can be booked at a location, and no paper of its
    practitioners is required there.
    """

    service_id: int
    service: str
    location: str


def unguarded(facts: Catalogue) -> list[Unguarded]:
    """Return the services with needles that ask no paper of practitioners. No query.

    Only where a room serves them and somebody offers them; in the order of lists.
    """
    pairs = (
        (service, place)
        for service in facts.services.values()
        for place in facts.locations.values()
    )
    return [
        Unguarded(service.id, service.name, place.name)
        for service, place in pairs
        if service.uses_needles
        and facts.offering(service.id, place.id)
        and facts.rooms_for(service.id, place.id)
        and not _asks_practitioners(facts, service.id, place.id)
    ]


def _asks_practitioners(facts: Catalogue, service_id: int, location_id: int) -> bool:
    types = facts.required.types
    wanted = facts.required.of(service_id, location_id)
    return any(types[type_id].holder == CredentialType.Holder.PRACTITIONER for type_id in wanted)
