"""What became of the demo visits: their states as of now, with the history behind them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from bookings.domain.lifecycle import RESERVING, State
from bookings.models import Appointment, Reservation, StatusChange
from bookings.selectors.questions import ClientMarks
from bookings.services.reserving import as_range
from clinic.domain.segments import to_json
from clinic.models import Client, Practitioner, User
from clinic.selectors.catalogue import catalogue
from treatments.demo.diary import Diary, Placed, Wish, grid_around
from treatments.demo.stories import VisitWanted

DIARY_DAYS = 110
OTHER_DAYS = (0, 1, -1, 2, -2)
LATE = timedelta(hours=24)
SOON = timedelta(minutes=20)
JUST_BEGUN = timedelta(minutes=10)
LEFT_OPEN_WITHIN = timedelta(hours=30)

Step = tuple[State, datetime, User | None]


@dataclass(slots=True)
class Visit:
    """A placed visit with its state now and the steps that led there."""

    placed: Placed
    client: Client
    state: State
    steps: list[Step]
    public_id: UUID
    is_kept: bool
    any_practitioner: bool
    cancelled_late: bool = False
    cancelled_by_client: bool = False


def write_visits(
    wishes: Sequence[VisitWanted],
    *,
    clients: Sequence[Client],
    reception: User,
    now: datetime,
    luck: random.Random,
) -> None:
    """Place the wishes of clients, decide what became of them, and write all in bulk."""
    visits = [
        _visit(placed, wanted, clients[wanted.client], reception, now, luck)
        for wanted, placed in _placed(wishes, clients, now)
    ]
    _leave_some_open(visits, now)
    _cancel_one_today(visits, now)
    _write(visits)


def _placed(
    wishes: Sequence[VisitWanted], clients: Sequence[Client], now: datetime
) -> list[tuple[VisitWanted, Placed]]:
    snapshot = catalogue()
    diary = Diary(
        snapshot, grid_around(now, DIARY_DAYS), now, [client.resource_id for client in clients]
    )
    people = {person.slug: person for person in snapshot.practitioners.values()}
    found = []
    for wanted in wishes:
        service, place = snapshot.service(wanted.service), snapshot.location(wanted.place)
        assert service is not None
        assert place is not None
        for days in OTHER_DAYS:
            wish = Wish(
                service=service,
                location=place,
                client=ClientMarks.of(clients[wanted.client]),
                day=wanted.day + timedelta(days=days),
                hour=wanted.hour,
                practitioner=people.get(wanted.practitioner or ""),
            )
            placed = diary.place(wish)
            if placed is not None:
                found.append((wanted, placed))
                break
    return found


def _visit(
    placed: Placed,
    wanted: VisitWanted,
    client: Client,
    reception: User,
    now: datetime,
    luck: random.Random,
) -> Visit:
    booked_at = min(
        placed.starts_at - timedelta(days=luck.randrange(3, 26), minutes=luck.randrange(600)),
        now - timedelta(hours=luck.randrange(2, 90), minutes=luck.randrange(60)),
    )
    visit = Visit(
        placed=placed,
        client=client,
        state=State.BOOKED,
        steps=[(State.BOOKED, booked_at, client.user or reception)],
        public_id=UUID(int=luck.getrandbits(128), version=4),
        is_kept=wanted.is_kept,
        any_practitioner=wanted.practitioner is None and luck.random() < 0.4,
    )
    fate = 1.0 if wanted.is_kept else luck.random()
    if fate < 0.05:
        _cancel(visit, _when_cancelled(visit, now, luck), by_client=luck.random() < 0.8)
    elif placed.ends_at <= now:
        _end(visit, fate, reception)
    else:
        _today(visit, now, reception)
    return visit


def _when_cancelled(visit: Visit, now: datetime, luck: random.Random) -> datetime:
    _, booked_at, _ = visit.steps[0]
    latest = min(visit.placed.starts_at, now)
    before = timedelta(minutes=luck.choice([40, 300, 1000, 2200, 4000]))
    return max(latest - before, booked_at + timedelta(minutes=5))


def _cancel(visit: Visit, at: datetime, *, by_client: bool) -> None:
    user = visit.client.user
    visit.cancelled_by_client = by_client and user is not None
    visit.cancelled_late = visit.cancelled_by_client and visit.placed.starts_at - at < LATE
    by = user if visit.cancelled_by_client else visit.steps[0][2]
    visit.state = State.CANCELLED
    visit.steps = [visit.steps[0], (State.CANCELLED, at, by)]


def _end(visit: Visit, fate: float, reception: User) -> None:
    starts_at, ends_at = visit.placed.starts_at, visit.placed.ends_at
    if fate < 0.085:
        _go(visit, State.NO_SHOW, starts_at + timedelta(minutes=15), reception)
        return
    _go(visit, State.ARRIVED, starts_at - timedelta(minutes=4), reception)
    if fate < 0.105:
        _go(visit, State.NOT_TREATED, starts_at + timedelta(minutes=10), None)
        return
    _go(visit, State.IN_SESSION, starts_at + timedelta(minutes=1), None)
    _go(visit, State.COMPLETED, ends_at, None)


def _today(visit: Visit, now: datetime, reception: User) -> None:
    """Bring a visit that is not over to where it would be now."""
    starts_at = visit.placed.starts_at
    if starts_at - now > SOON:
        return
    _go(visit, State.ARRIVED, min(starts_at - timedelta(minutes=4), now), reception)
    if now - starts_at >= JUST_BEGUN:
        _go(visit, State.IN_SESSION, starts_at + timedelta(minutes=1), None)


def _go(visit: Visit, state: State, at: datetime, by: User | None) -> None:
    visit.state = state
    visit.steps.append((state, at, by))


def _leave_some_open(visits: Sequence[Visit], now: datetime) -> None:
    """Take the end off the two visits that ended last: somebody forgot to tap."""
    done = [
        visit
        for visit in visits
        if visit.state is State.COMPLETED
        and not visit.is_kept
        and now - visit.placed.ends_at < LEFT_OPEN_WITHIN
    ]
    for visit in sorted(done, key=lambda visit: visit.placed.ends_at)[-2:]:
        visit.steps = visit.steps[:2]
        visit.state = State.ARRIVED


def _cancel_one_today(visits: Sequence[Visit], now: datetime) -> None:
    """Have the client with the last visit of the coming hours call it off, late."""
    ahead = [
        visit
        for visit in visits
        if visit.state is State.BOOKED
        and not visit.is_kept
        and visit.client.user is not None
        and timedelta(0) < visit.placed.starts_at - now < timedelta(hours=14)
    ]
    if len(ahead) > 2:
        last = max(ahead, key=lambda visit: (visit.placed.starts_at, visit.public_id))
        _cancel(last, now - timedelta(minutes=50), by_client=True)


def _write(visits: Sequence[Visit]) -> None:
    logins = dict(Practitioner.objects.values_list("pk", "user_id"))
    rows = Appointment.objects.bulk_create([_row(visit) for visit in visits])
    pairs = list(zip(visits, rows, strict=True))
    Reservation.objects.bulk_create(
        Reservation(resource_id=item.resource_id, during=as_range(item.during), appointment=row)
        for visit, row in pairs
        if visit.state in RESERVING
        for item in visit.placed.wanted()
    )
    StatusChange.objects.bulk_create(
        chain.from_iterable(_changes(visit, row, logins) for visit, row in pairs)
    )


def _row(visit: Visit) -> Appointment:
    placed = visit.placed
    return Appointment(
        public_id=visit.public_id,
        client=visit.client,
        practitioner_id=placed.practitioner.id,
        location_id=placed.wish.location.id,
        room_id=placed.room.id,
        service_id=placed.wish.service.id,
        segments=to_json(placed.wish.service.segments),
        starts_at=placed.starts_at,
        ends_at=placed.ends_at,
        state=visit.state,
        version=1 if visit.state is State.CANCELLED else 0,
        any_practitioner=visit.any_practitioner,
        cancelled_late=visit.cancelled_late,
        cancelled_by_client=visit.cancelled_by_client,
        created_at=visit.steps[0][1],
    )


def _changes(visit: Visit, row: Appointment, logins: dict[int, int]) -> list[StatusChange]:
    """Return the history of a visit; what nobody else did, its practitioner tapped."""
    changes, before = [], ""
    for state, at, by in visit.steps:
        by_id = by.pk if by is not None else logins[visit.placed.practitioner.id]
        changes.append(
            StatusChange(appointment=row, from_state=before, to_state=state, at=at, by_id=by_id)
        )
        before = state
    return changes
