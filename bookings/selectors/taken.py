"""Taken time of many resources in one statement, as bits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from bookings.domain.timegrid import CELL, CELL_MINUTES, Grid, bits_from_edges
from bookings.models.reservations import as_multirange

TAKEN_SQL = """
SELECT taken.resource_id, taken.by_visit,
       array_agg(greatest(floor(
           (date_part('epoch', lower(part)) - %(from_epoch)s) / %(cell_seconds)s), 0)::int),
       array_agg(least(ceil(
           (date_part('epoch', upper(part)) - %(from_epoch)s) / %(cell_seconds)s), %(cells)s)::int)
FROM (
    SELECT resource_id, appointment_id IS NOT NULL AS by_visit, range_agg(during) AS parts
    FROM bookings_reservation
    WHERE int8range(resource_id, resource_id, '[]') && %(resources)s::int8multirange
      AND during && tstzrange(%(from_at)s, %(to_at)s)
      AND (held_until IS NULL OR held_until > %(now)s)
      AND (appointment_id IS NULL OR appointment_id <> ALL(%(but_appointments)s::bigint[]))
    GROUP BY resource_id, by_visit
) AS taken, unnest(taken.parts) AS part
GROUP BY taken.resource_id, taken.by_visit
"""
"""`int8range(...) &&` a multirange is the form that the GiST index of the exclusion
constraint answers; `resource_id = ANY(...)` reads ten times the rows (performance.md 5)."""

TAKEN_OF_MANY_SQL = """
SELECT ask.number, taken.resource_id, taken.by_visit,
       array_agg(greatest(floor(
           (date_part('epoch', lower(part)) - ask.from_epoch) / %(cell_seconds)s), 0)::int),
       array_agg(least(ceil(
           (date_part('epoch', upper(part)) - ask.from_epoch) / %(cell_seconds)s), ask.cells)::int)
FROM unnest(
    %(resources)s::int8multirange[], %(spans)s::tstzrange[], %(epochs)s::float8[],
    %(cells)s::int[], %(but)s::int8multirange[]
) WITH ORDINALITY AS ask(resources, span, from_epoch, cells, but, number),
LATERAL (
    SELECT resource_id, appointment_id IS NOT NULL AS by_visit, range_agg(during) AS parts
    FROM bookings_reservation
    WHERE int8range(resource_id, resource_id, '[]') && ask.resources
      AND during && ask.span
      AND (held_until IS NULL OR held_until > %(now)s)
      AND (appointment_id IS NULL OR NOT appointment_id <@ ask.but)
    GROUP BY resource_id, by_visit
) AS taken, unnest(taken.parts) AS part
GROUP BY ask.number, taken.resource_id, taken.by_visit
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
    resource_ids: Iterable[int],
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
    grids = [ask.grid for ask in asks]
    return {
        "resources": [as_multirange(ask.resource_ids) for ask in asks],
        "spans": [f"[{grid.starts_at.isoformat()},{grid.ends_at.isoformat()})" for grid in grids],
        "epochs": [grid.starts_at.timestamp() for grid in grids],
        "cells": [grid.cells for grid in grids],
        "but": [as_multirange(ask.but) for ask in asks],
        "cell_seconds": CELL_MINUTES * 60,
        "now": now,
    }


def taken_parameters(
    resource_ids: Iterable[int], grid: Grid, now: datetime, but_appointments: Sequence[int] = ()
) -> dict[str, str | float | int | datetime | list[int]]:
    """Return the parameters of `TAKEN_SQL`."""
    return {
        "resources": as_multirange(resource_ids),
        "from_epoch": grid.starts_at.timestamp(),
        "cell_seconds": CELL_MINUTES * 60,
        "cells": grid.cells,
        "from_at": grid.starts_at,
        "to_at": grid.ends_at,
        "now": now,
        "but_appointments": list(but_appointments),
    }
