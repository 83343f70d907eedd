"""What a search for free slots asks, and for whom."""

from dataclasses import dataclass
from datetime import date

from bookings.domain.segments import shape_of
from bookings.domain.slots import VisitShape
from clinic.models import Client
from clinic.selectors.catalogue import Catalogue, LocationFacts, ServiceFacts


@dataclass(frozen=True, slots=True)
class ClientMarks:
    """What a client's record says about where and when a visit may be."""

    resource_id: int
    needs_step_free: bool
    never_overlap: bool
    no_needling_before: date | None
    no_needling_until_cleared: bool

    @classmethod
    def of(cls, client: Client) -> "ClientMarks":
        """Return the marks of a client."""
        return cls(
            resource_id=client.resource_id,
            needs_step_free=client.needs_step_free,
            never_overlap=client.never_overlap,
            no_needling_before=client.no_needling_before,
            no_needling_until_cleared=client.no_needling_until_cleared,
        )


@dataclass(frozen=True, slots=True)
class SlotQuestion:
    """What is searched for.

    `first_date` to `end_date` (exclusive) are local dates at the location. With
    `but_appointments` the time of those visits counts as free (they are to be moved); with
    `waives_notice` notice and horizon do not apply (staff, with a recorded reason).
    `among` narrows "any practitioner" to some, `room_id` all rooms to one. `shape` replaces
    that of the service: a booked visit keeps its own segments.
    """

    catalogue: Catalogue
    service: ServiceFacts
    location: LocationFacts
    first_date: date
    end_date: date
    practitioner_id: int | None = None
    among: frozenset[int] | None = None
    client: ClientMarks | None = None
    but_appointments: tuple[int, ...] = ()
    waives_notice: bool = False
    shape: VisitShape | None = None
    room_id: int | None = None


def shape_for(service: ServiceFacts, client: ClientMarks | None) -> VisitShape:
    """Return what a visit takes: all lanes where the service or the client may not overlap."""
    alone = service.all_lanes or (client is not None and client.never_overlap)
    return shape_of(service.segments, all_lanes=alone)
