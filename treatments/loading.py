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
from uuid import UUID

from django.db import connection, transaction

from bookings.domain.lifecycle import State
from bookings.models import Appointment, Reservation, StatusChange
from bookings.services.status import NOT_COUNTED
from clinic.domain.roster import local_instant
from treatments.loading_papers import give_papers
from treatments.loading_place import HOURS, ZONE, Bench, Worker, make_bench

VISIT = timedelta(minutes=60)
VISITS_PER_CLIENT = 50
DAYS_A_BATCH = 60
SEED = 60_060


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
    clients = max(10 * load.practitioners, load.appointments // VISITS_PER_CLIENT)
    bench = make_bench(practitioners=load.practitioners, clients=clients)
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
            yield visit_id, State.BOOKED, State.COMPLETED, ends_at, str(NOT_COUNTED)


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
