"""A diary of any size for measuring: one-hour visits at a location of its own, written by COPY.

Every visit has the four reservations that a booking makes (hands, lane, room, client), and
the exclusion constraint checks each of them. Days are filled from today on ahead, then
backwards, all equally full: a bigger diary has more history, not fuller days.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import StringIO
from json import dumps
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from bookings.domain.lifecycle import State
from bookings.models import Appointment, Reservation, StatusChange
from clinic.domain.roster import local_instant
from clinic.domain.segments import to_json
from clinic.models import (
    Client,
    Lane,
    Location,
    Practitioner,
    Resource,
    Room,
    RosterHours,
    Segment,
    Service,
    User,
)
from treatments.loading_papers import give_papers
from treatments.models import Protocol
from treatments.recipes import RECIPES, CourseServices, make_protocols

LOCATION = "bench"
SERVICE = "bench-60"
PROTOCOL_PREFIX = "bench-"
ZONE = ZoneInfo("America/New_York")
HOURS = range(9, 17)
VISIT = timedelta(minutes=60)
VISITS_PER_CLIENT = 50
DAYS_A_BATCH = 60
LONG_AGO = date(2000, 1, 1)
SEED = 60_060


@dataclass(frozen=True, slots=True)
class Worker:
    """A practitioner of the bench with the room that they always use."""

    id: int
    hands_id: int
    lane_id: int
    room_id: int
    room_resource_id: int


@dataclass(frozen=True, slots=True)
class Bench:
    """Who and what the visits of the bench are made of; clients are (id, resource id)."""

    location_id: int
    service_id: int
    segments: str
    workers: tuple[Worker, ...]
    clients: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Load:
    """How much to have at least, and how full: `density` of the working hours are taken."""

    appointments: int
    practitioners: int
    density: float
    days_ahead: int


def load_diary(load: Load, *, now: datetime) -> Iterator[int]:
    """Bring the bench up to so many appointments; yield how many it has after each batch.

    Calling again adds what is missing, as days further back. Other data is left alone.
    """
    bench = _make_bench(load)
    give_papers(
        location_id=bench.location_id,
        service_id=bench.service_id,
        practitioner_ids=[worker.id for worker in bench.workers],
        now=now,
    )
    have = Appointment.objects.filter(location_id=bench.location_id).count()
    days = _days_to_fill(bench, load, now)
    while have < load.appointments:
        batch = [next(days) for _ in range(DAYS_A_BATCH)]
        have += _write_days(bench, load, batch, load.appointments - have, now)
        yield have


def _days_to_fill(bench: Bench, load: Load, now: datetime) -> Iterator[date]:
    """Yield the local dates without visits: today and ahead, then back from yesterday."""
    today = now.astimezone(ZONE).date()
    filled = {
        starts_at.astimezone(ZONE).date()
        for starts_at in Appointment.objects.filter(location_id=bench.location_id)
        .values_list("starts_at", flat=True)
        .iterator()
    }
    for days in (*range(load.days_ahead), *range(-1, -today.toordinal(), -1)):
        day = today + timedelta(days=days)
        if day not in filled:
            yield day


def _write_days(bench: Bench, load: Load, days: Iterable[date], limit: int, now: datetime) -> int:
    """Write the visits of some days, at most `limit`, and return how many."""
    visits = [visit for day in days for visit in _visits_of_day(bench, load, day)][:limit]
    ids = _next_ids(Appointment, len(visits))
    with transaction.atomic():
        _copy(Appointment, APPOINTMENT_COLUMNS, _appointments(bench, visits, ids, now))
        _copy(Reservation, RESERVATION_COLUMNS, _reservations(visits, ids))
        _copy(StatusChange, CHANGE_COLUMNS, _changes(visits, ids, now))
    return len(visits)


@dataclass(frozen=True, slots=True)
class _Visit:
    worker: Worker
    client: tuple[int, int]
    starts_at: datetime
    public_id: UUID


def _visits_of_day(bench: Bench, load: Load, day: date) -> Iterator[_Visit]:
    """Yield a day's visits in order of start; the same day is always filled alike.

    Clients take turns, and there are more of them than practitioners, so that nobody is
    in two places.
    """
    luck = random.Random(SEED + day.toordinal())
    places = [(hour, worker) for hour in HOURS for worker in range(len(bench.workers))]
    taken = sorted(luck.sample(places, round(load.density * len(places))))
    turn = luck.randrange(len(bench.clients))
    for number, (hour, worker) in enumerate(taken):
        yield _Visit(
            worker=bench.workers[worker],
            client=bench.clients[(turn + number) % len(bench.clients)],
            starts_at=local_instant(ZONE, day, time(hour)),
            public_id=UUID(int=luck.getrandbits(128), version=4),
        )


APPOINTMENT_COLUMNS = (
    "id", "public_id", "client_id", "practitioner_id", "location_id", "room_id", "service_id",
    "segments", "starts_at", "ends_at", "state", "version", "hold_extended", "any_practitioner",
    "client_moves", "changed_by_clinic", "cancelled_late", "cancelled_by_client", "in_series",
    "created_at",
)  # fmt: skip
RESERVATION_COLUMNS = ("resource_id", "during", "appointment_id")
CHANGE_COLUMNS = ("appointment_id", "from_state", "to_state", "at", "reason")


def _appointments(
    bench: Bench, visits: Sequence[_Visit], ids: Sequence[int], now: datetime
) -> Iterator[Sequence[object]]:
    for visit_id, visit in zip(ids, visits, strict=True):
        ends_at = visit.starts_at + VISIT
        yield (
            visit_id,
            visit.public_id,
            visit.client[0],
            visit.worker.id,
            bench.location_id,
            visit.worker.room_id,
            bench.service_id,
            bench.segments,
            visit.starts_at,
            ends_at,
            State.COMPLETED if ends_at <= now else State.BOOKED,
            0,
            *(False, False),
            0,
            *(False, False, False, False),
            _booked_at(visit, now),
        )


def _reservations(visits: Sequence[_Visit], ids: Sequence[int]) -> Iterator[Sequence[object]]:
    for visit_id, visit in zip(ids, visits, strict=True):
        during = f"[{visit.starts_at.isoformat()},{(visit.starts_at + VISIT).isoformat()})"
        worker = visit.worker
        for resource_id in (
            worker.hands_id,
            worker.lane_id,
            worker.room_resource_id,
            visit.client[1],
        ):
            yield resource_id, during, visit_id


def _changes(
    visits: Sequence[_Visit], ids: Sequence[int], now: datetime
) -> Iterator[Sequence[object]]:
    for visit_id, visit in zip(ids, visits, strict=True):
        yield visit_id, "", State.BOOKED, _booked_at(visit, now), ""
        ends_at = visit.starts_at + VISIT
        if ends_at <= now:
            yield visit_id, State.BOOKED, State.COMPLETED, ends_at, ""


def _booked_at(visit: _Visit, now: datetime) -> datetime:
    return min(visit.starts_at - timedelta(days=14), now)


def _next_ids(model: type[Appointment], count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def _copy(
    model: type[Appointment | Reservation | StatusChange],
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> None:
    """Write rows by COPY; no value here has a tab, a backslash or a line break."""
    text = StringIO()
    for row in rows:
        text.write("\t".join(str(value) for value in row))
        text.write("\n")
    text.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN", text)


@transaction.atomic
def _make_bench(load: Load) -> Bench:
    """Return the bench, with whatever it lacks made."""
    location, _ = Location.objects.get_or_create(
        slug=LOCATION,
        defaults={
            "name": "Bench",
            "address": "1 Test Street",
            "phone": "+12125550199",
            "email": "bench@example.com",
            "zone": ZONE.key,
        },
    )
    service = _service()
    _protocols(service)
    workers = tuple(_worker(number, location, service) for number in range(load.practitioners))
    clients = max(10 * load.practitioners, load.appointments // VISITS_PER_CLIENT)
    return Bench(
        location_id=location.pk,
        service_id=service.pk,
        segments=dumps(to_json([segment.plan() for segment in service.segments.all()])),
        workers=workers,
        clients=_clients(clients),
    )


def _service() -> Service:
    service, is_new = Service.objects.get_or_create(
        slug=SERVICE,
        defaults={
            "name": "Bench visit",
            "summary": "An hour, for measuring only",
            "price_amount": "100.00",
            "position": 99,
        },
    )
    if is_new:
        Segment.objects.create(service=service, position=1, kind="insertion", minutes=60)
    return service


def _protocols(service: Service) -> None:
    if not Protocol.objects.filter(slug__startswith=PROTOCOL_PREFIX).exists():
        same = CourseServices(service, service, service)
        make_protocols(RECIPES, facial=same, body=same, slug_prefix=PROTOCOL_PREFIX)


def _worker(number: int, location: Location, service: Service) -> Worker:
    room, _ = Room.objects.get_or_create(location=location, name=f"Bench {number + 1:03}")
    room.services.add(service)
    slug = f"bench-{number + 1:03}"
    person = Practitioner.objects.filter(slug=slug).first()
    if person is None:
        person = _hire(slug, location, service)
    lane = Lane.objects.get(practitioner=person, number=1)
    return Worker(person.pk, person.resource_id, lane.resource_id, room.pk, room.resource_id)


def _hire(slug: str, location: Location, service: Service) -> Practitioner:
    login = User.objects.create_user(f"{slug}@example.com", is_active=False, is_practitioner=True)
    person = Practitioner.objects.create(user=login, slug=slug, name=slug.replace("-", " ").title())
    person.services.add(service)
    RosterHours.objects.bulk_create(
        RosterHours(
            practitioner=person,
            location=location,
            weekday=weekday,
            starts=time(HOURS.start),
            ends=time(HOURS.stop),
            valid_from=LONG_AGO,
        )
        for weekday in range(1, 8)
    )
    return person


def _clients(count: int) -> tuple[tuple[int, int], ...]:
    """Return at least `count` clients of the bench, made as needed."""
    ours = Client.objects.filter(email__startswith="bench-client-", email__endswith="@example.com")
    have = ours.count()
    places = Resource.objects.bulk_create(
        Resource(kind=Resource.Kind.CLIENT) for _ in range(have, count)
    )
    Client.objects.bulk_create(
        Client(
            resource=place,
            name=f"Bench Client {number}",
            email=f"bench-client-{number}@example.com",
        )
        for number, place in enumerate(places, start=have + 1)
    )
    return tuple(ours.order_by("pk").values_list("pk", "resource_id"))
