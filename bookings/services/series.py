"""Write several visits of one client at once: all of them, or none.

The same rule as for one visit: lock everything that may be taken, in id order, look at
what is free, insert all reservations in one statement.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from bookings.domain.lifecycle import State
from bookings.domain.segments import shape_of, takings
from bookings.domain.slots import VisitShape, lanes_free_at, rooms_free_at
from bookings.models import Appointment, ChangeRequest, Reservation, StatusChange
from bookings.refusals import NotBookable, SlotTaken
from bookings.selectors.questions import ClientMarks, SlotQuestion, shape_for
from bookings.selectors.slots import FreeTime, free_time
from bookings.services.claiming import Claim, least_asked_for
from bookings.services.recording import record_state, settle_wishes
from bookings.services.reserving import lock_and_clear, reserve_all, set_all_free
from clinic.domain.intervals import Interval
from clinic.domain.segments import to_json
from clinic.models import Client, User
from clinic.refusals import AlreadyChanged
from clinic.selectors.catalogue import Catalogue, LocationFacts, catalogue


@dataclass(frozen=True, slots=True)
class SeriesVisit:
    """One visit of a series: new, or (with `appointment`) a booked one that moves, or a held
    one of this client that becomes a booking.

    `counts_as_move`: a client asked for this very move, so it counts among those that one
    may make; what moves along with it does not.
    """

    service_id: int
    starts_at: datetime
    practitioner_id: int
    any_practitioner: bool = False
    appointment: Appointment | None = None
    counts_as_move: bool = True


class SeriesTaken(SlotTaken):
    """Some slots of a series are gone; `lost` are their positions in it."""

    def __init__(self, lost: Sequence[int]) -> None:
        super().__init__()
        self.lost = list(lost)


def write_series(
    *,
    client: Client,
    location_id: int,
    visits: Sequence[SeriesVisit],
    by: User | None,
    now: datetime,
    by_clinic: bool,
    reason: str = "",
    waives_notice: bool = False,
    held_until: datetime | None = None,
    also_lock: Iterable[int] = (),
) -> list[Appointment]:
    """Book and move visits of one client at one location; inside the caller's transaction.

    Locks hands and lanes of everybody named, all rooms that serve, the client, what the
    moved visits had, and `also_lock`, in one statement. Open wishes to move are ticked off
    for what moves. A fixed number of queries for new visits, one more for each that
    moves. With `held_until` new visits are held instead. Returns the visits in the order
    given. Raises `SeriesTaken` (nothing is written then), `AlreadyChanged` when a visit
    to be moved changed meanwhile, `NotBookable` where a service or location is closed.
    `by_clinic`: what moves may be changed freely by the client afterwards. The caller has
    asked the permissions and checks the client's limits.
    """
    if not visits:
        return []
    _lock(client, location_id, visits, now, also_lock)
    client.refresh_from_db()
    facts = catalogue()
    place = facts.locations.get(location_id)
    if place is None:
        raise NotBookable
    if client.merged_into_id is not None:
        raise AlreadyChanged
    claims = _claims(facts, place, client, visits, now, waives_notice=waives_notice)
    moved = [item.appointment for item in visits if item.appointment is not None]
    for item, claimed in zip(visits, claims, strict=True):
        if item.appointment is not None and item.appointment.state_now is State.HELD:
            _book_held(item, item.appointment, claimed, by, now, reason)
        elif item.appointment is not None:
            _write_move(item, item.appointment, claimed, by, now, by_clinic, reason)
    set_all_free(moved)
    settle_wishes(moved, ChangeRequest.Outcome.MOVED, by=by, now=now)
    appointments = _write_new(facts, client, place, visits, claims, by, now, reason, held_until)
    reserve_all(
        (
            (claimed.wanted(client.resource_id), appointment)
            for claimed, appointment in zip(claims, appointments, strict=True)
        ),
        held_until=held_until,
    )
    return appointments


def _lock(
    client: Client,
    location_id: int,
    visits: Sequence[SeriesVisit],
    now: datetime,
    also_lock: Iterable[int],
) -> None:
    facts = catalogue()
    people = {item.practitioner_id for item in visits}
    moved = [item.appointment.pk for item in visits if item.appointment is not None]
    ids = [client.resource_id]
    for person in people:
        known = facts.practitioners.get(person)
        if known is None:
            raise NotBookable
        ids += (known.hands_id, *known.lane_ids)
    for service_id in {item.service_id for item in visits}:
        ids += (room.resource_id for room in facts.rooms_for(service_id, location_id))
    had = Reservation.objects.filter(appointment__in=moved) if moved else None
    also = {*also_lock, *(had.values_list("resource_id", flat=True) if had is not None else ())}
    starts = [item.starts_at for item in visits]
    whole = Interval(min(starts), max(starts) + timedelta(days=1))
    lock_and_clear(sorted(set(ids)), whole, now, but=moved, also_lock=also)


def _claims(
    facts: Catalogue,
    place: LocationFacts,
    client: Client,
    visits: Sequence[SeriesVisit],
    now: datetime,
    *,
    waives_notice: bool,
) -> list[Claim]:
    marks = ClientMarks.of(client)
    moved = tuple(item.appointment.pk for item in visits if item.appointment is not None)
    starts = [item.starts_at.astimezone(place.zone).date() for item in visits]
    found: dict[tuple[int, VisitShape], FreeTime] = {}
    claims, lost = [], []
    for position, item in enumerate(visits):
        service = facts.services.get(item.service_id)
        if service is None:
            raise NotBookable
        shape = shape_for(service, marks)
        if item.appointment is not None:
            alone = service.all_lanes or client.never_overlap
            shape = shape_of(item.appointment.plan, all_lanes=alone)
        key = (service.id, shape)
        if key not in found:
            question = SlotQuestion(
                catalogue=facts,
                service=service,
                location=place,
                first_date=min(starts),
                end_date=max(starts) + timedelta(days=1),
                among=frozenset(visit.practitioner_id for visit in visits),
                client=marks,
                but_appointments=moved,
                waives_notice=waives_notice,
                shape=shape,
            )
            found[key] = free_time(question, now)
        claimed = _claim(found[key], item)
        if claimed is None:
            lost.append(position)
        else:
            claims.append(claimed)
    if lost:
        raise SeriesTaken(lost)
    return claims


def _claim(free: FreeTime, item: SeriesVisit) -> Claim | None:
    people = {person.id: person for person in free.practitioners_at(item.starts_at)}
    person = people.get(item.practitioner_id)
    if person is None:
        return None
    cell = free.grid.cell_of(item.starts_at)
    lanes = {lane: free.taken.all_of(lane) for lane in person.lane_ids}
    rooms = {room.id: free.taken.all_of(room.resource_id) for room in free.rooms}
    lane_ids = lanes_free_at(free.shape, lanes, cell)
    room_ids = rooms_free_at(free.shape, rooms, cell)
    if not lane_ids or not room_ids:
        return None
    return Claim(
        practitioner=person,
        room=least_asked_for([room for room in free.rooms if room.id in room_ids]),
        lane_ids=tuple(lane_ids),
        shape=free.shape,
        takings=takings(free.shape, item.starts_at),
    )


def _write_move(
    item: SeriesVisit,
    appointment: Appointment,
    claimed: Claim,
    by: User | None,
    now: datetime,
    by_clinic: bool,
    reason: str,
) -> None:
    changed = Appointment.objects.filter(
        pk=appointment.pk,
        state=State.BOOKED,
        version=appointment.version,
        client=appointment.client_id,
    ).update(
        starts_at=item.starts_at,
        ends_at=claimed.takings.client.ends_at,
        practitioner_id=claimed.practitioner.id,
        room_id=claimed.room.id,
        version=F("version") + 1,
        client_moves=F("client_moves") + (0 if by_clinic or not item.counts_as_move else 1),
        changed_by_clinic=by_clinic or (not item.counts_as_move and F("changed_by_clinic")),
    )
    if not changed:
        raise AlreadyChanged
    StatusChange.objects.create(
        appointment=appointment,
        from_state=State.BOOKED,
        to_state=State.BOOKED,
        at=now,
        by=by,
        reason=reason,
    )


def _book_held(
    item: SeriesVisit,
    appointment: Appointment,
    claimed: Claim,
    by: User | None,
    now: datetime,
    reason: str,
) -> None:
    record_state(
        appointment,
        State.BOOKED,
        by=by,
        now=now,
        reason=reason,
        starts_at=item.starts_at,
        ends_at=claimed.takings.client.ends_at,
        practitioner_id=claimed.practitioner.id,
        room_id=claimed.room.id,
        held_until=None,
    )


def _write_new(
    facts: Catalogue,
    client: Client,
    place: LocationFacts,
    visits: Sequence[SeriesVisit],
    claims: Iterable[Claim],
    by: User | None,
    now: datetime,
    reason: str,
    held_until: datetime | None,
) -> list[Appointment]:
    state = State.HELD if held_until else State.BOOKED
    rows: list[Appointment] = []
    written: list[Appointment] = []
    for item, claimed in zip(visits, claims, strict=True):
        if item.appointment is not None:
            written.append(item.appointment)
            continue
        row = Appointment(
            client=client,
            practitioner_id=claimed.practitioner.id,
            location_id=place.id,
            room_id=claimed.room.id,
            service_id=item.service_id,
            segments=to_json(facts.services[item.service_id].segments),
            starts_at=item.starts_at,
            ends_at=claimed.takings.client.ends_at,
            state=state,
            any_practitioner=item.any_practitioner,
            in_series=True,
            held_until=held_until,
            created_at=now,
        )
        rows.append(row)
        written.append(row)
    Appointment.objects.bulk_create(rows)
    StatusChange.objects.bulk_create(
        StatusChange(appointment=row, to_state=state, at=now, by=by, reason=reason) for row in rows
    )
    return written
