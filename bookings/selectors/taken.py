"""Taken time of many resources in one statement, as bits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from bookings.domain.timegrid import CELL_MINUTES, Grid, bits_from_edges
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
