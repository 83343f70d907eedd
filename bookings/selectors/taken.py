"""Taken time of many resources in one statement, as bits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from bookings.domain.timegrid import CELL, CELL_SECONDS, Grid, bits_from_edges

TAKEN_SQL = """
SELECT * FROM bookings_taken_time(
    %(resources)s::bigint[], %(opens)s, %(closes)s, %(cell_seconds)s,
    %(now)s, %(but_appointments)s::bigint[])
"""
"""The function is made in migration 0007. It reads the index `reservation_from`."""

TAKEN_OF_MANY_SQL = """
SELECT ask.number, taken.*
FROM unnest(
    %(resources)s::text[], %(opens)s::timestamptz[], %(closes)s::timestamptz[], %(but)s::text[]
) WITH ORDINALITY AS ask(resources, opens, closes, but, number),
LATERAL bookings_taken_time(
    ask.resources::bigint[], ask.opens, ask.closes, %(cell_seconds)s,
    %(now)s, ask.but::bigint[]) AS taken
"""
"""`TAKEN_SQL` for several grids at once, each with its own resources."""

NEARLY = timedelta(days=1)
"""Windows that begin and end so near to each other are read as one."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Which resources are asked about in which grid; the visits `but` count as free."""

    resource_ids: Sequence[int]
    grid: Grid
    but: Sequence[int] = ()


@dataclass(slots=True)
class Taken:
    """Bits of taken cells per resource: all, and by visits only."""

    everything: dict[int, int]
    by_visits: dict[int, int]

    def all_of(self, resource_id: int) -> int:
        """Return the taken cells of a resource."""
        return self.everything.get(resource_id, 0)

    def visits_of(self, resource_id: int) -> int:
        """Return the cells of a resource that visits take (no time off, no closure)."""
        return self.by_visits.get(resource_id, 0)


def taken_time(
    *,
    resource_ids: Sequence[int],
    grid: Grid,
    now: datetime,
    but_appointments: Sequence[int] = (),
) -> Taken:
    """Return what is taken in a grid, in one query whatever the number of resources.

    Rows past their `held_until` do not count, nor do those of `but_appointments`
    (visits that are to be moved). Cells are clipped to the grid, rounded outward.
    """
    taken = Taken(everything={}, by_visits={})
    with connection.cursor() as cursor:
        cursor.execute(TAKEN_SQL, taken_parameters(resource_ids, grid, now, but_appointments))
        for resource_id, by_visit, starts, ends in cursor.fetchall():
            bits = bits_from_edges(starts, ends)
            taken.everything[resource_id] = taken.everything.get(resource_id, 0) | bits
            if by_visit:
                taken.by_visits[resource_id] = bits
    return taken


def taken_times(asks: Sequence[Ask], now: datetime) -> list[Taken]:
    """Return what is taken, for each question in turn; one query for all of them.

    Questions about nearly the same time, as the two services of a course are, read the
    diary once, and each gets its part.
    """
    if not asks:
        return []
    read: list[Ask] = []
    place = [_join(read, ask) for ask in asks]
    found = _read(read, now)
    return [
        _part(found[number], read[number].grid, ask)
        for number, ask in zip(place, asks, strict=True)
    ]


def _join(read: list[Ask], ask: Ask) -> int:
    """Add a question to those that are read; return the place of the one that answers it."""
    for number, other in enumerate(read):
        if set(other.but) == set(ask.but) and _nearly_the_same(other.grid, ask.grid):
            both = Grid.covering(
                min(other.grid.starts_at, ask.grid.starts_at),
                max(other.grid.ends_at, ask.grid.ends_at),
            )
            read[number] = Ask([*{*other.resource_ids, *ask.resource_ids}], both, ask.but)
            return number
    read.append(ask)
    return len(read) - 1


def _nearly_the_same(one: Grid, other: Grid) -> bool:
    ends = (one.starts_at - other.starts_at, one.ends_at - other.ends_at)
    return all(abs(apart) <= NEARLY for apart in ends)


def _read(asks: Sequence[Ask], now: datetime) -> list[Taken]:
    found = [Taken(everything={}, by_visits={}) for _ in asks]
    with connection.cursor() as cursor:
        cursor.execute(TAKEN_OF_MANY_SQL, _parameters_of_many(asks, now))
        for number, resource_id, by_visit, starts, ends in cursor.fetchall():
            taken = found[number - 1]
            bits = bits_from_edges(starts, ends)
            taken.everything[resource_id] = taken.everything.get(resource_id, 0) | bits
            if by_visit:
                taken.by_visits[resource_id] = bits
    return found


def _part(taken: Taken, grid: Grid, ask: Ask) -> Taken:
    """Return what is taken of the question's own resources, in its own grid."""
    shift, mask = (ask.grid.starts_at - grid.starts_at) // CELL, ask.grid.mask

    def cut(bits_of: dict[int, int]) -> dict[int, int]:
        known = ((id_, bits_of.get(id_, 0) >> shift & mask) for id_ in ask.resource_ids)
        return {id_: bits for id_, bits in known if bits}

    return Taken(cut(taken.everything), cut(taken.by_visits))


def _parameters_of_many(asks: Sequence[Ask], now: datetime) -> dict[str, Any]:
    return {
        "resources": [_as_array(ask.resource_ids) for ask in asks],
        "opens": [ask.grid.starts_at for ask in asks],
        "closes": [ask.grid.ends_at for ask in asks],
        "but": [_as_array(ask.but) for ask in asks],
        "cell_seconds": CELL_SECONDS,
        "now": now,
    }


def _as_array(numbers: Sequence[int]) -> str:
    # As text, since PostgreSQL takes no array of arrays of different lengths.
    return "{" + ",".join(map(str, numbers)) + "}"


def taken_parameters(
    resource_ids: Sequence[int], grid: Grid, now: datetime, but_appointments: Sequence[int] = ()
) -> dict[str, int | datetime | list[int]]:
    """Return the parameters of `TAKEN_SQL`."""
    return {
        "resources": list(resource_ids),
        "opens": grid.starts_at,
        "closes": grid.ends_at,
        "cell_seconds": CELL_SECONDS,
        "now": now,
        "but_appointments": list(but_appointments),
    }
