"""When practitioners work, as values; and what that says about services."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import time

from django.db.models import QuerySet

from clinic.domain.roster import DatedHours, Roster, WeeklyHours
from clinic.models import RosterException, RosterHours

DAY_MINUTES = 24 * 60


def all_rosters() -> Mapping[int, Mapping[int, Roster]]:
    """Return all rosters by practitioner and location. Two queries."""
    return _rosters(RosterHours.objects.all(), RosterException.objects.all())


def rosters_of(practitioner_id: int) -> Mapping[int, Roster]:
    """Return one practitioner's rosters by location. Two queries."""
    found = _rosters(
        RosterHours.objects.filter(practitioner_id=practitioner_id),
        RosterException.objects.filter(practitioner_id=practitioner_id),
    )
    return found.get(practitioner_id, {})


def longest_working_minutes() -> int:
    """Return the longest stretch that anybody works on one day; a whole day without rosters.

    Hours of one practitioner at one place that touch are one stretch. Stretches that run
    over midnight count as two. Two queries.
    """
    stretches: dict[Sequence[object], list[tuple[int, int]]] = defaultdict(list)
    weekly = RosterHours.objects.values_list(
        "practitioner_id", "location_id", "weekday", "starts", "ends"
    )
    dated = RosterException.objects.exclude(starts=None).values_list(
        "practitioner_id", "location_id", "date", "starts", "ends"
    )
    for *whose, starts, ends in (*weekly, *dated):
        if starts is not None and ends is not None:
            stretches[tuple(whose)].append((_minute(starts), _minute(ends) or DAY_MINUTES))
    return max((_longest(rows) for rows in stretches.values()), default=DAY_MINUTES)


def _rosters(
    hours: QuerySet[RosterHours], exceptions: QuerySet[RosterException]
) -> dict[int, dict[int, Roster]]:
    weekly: dict[tuple[int, int], list[WeeklyHours]] = defaultdict(list)
    dated: dict[tuple[int, int], list[DatedHours]] = defaultdict(list)
    for row in hours.order_by("pk"):
        weekly[row.practitioner_id, row.location_id].append(row.hours)
    for exception in exceptions.order_by("pk"):
        dated[exception.practitioner_id, exception.location_id].append(exception.hours)
    found: dict[int, dict[int, Roster]] = defaultdict(dict)
    for key in {*weekly, *dated}:
        practitioner_id, location_id = key
        found[practitioner_id][location_id] = Roster(tuple(weekly[key]), tuple(dated[key]))
    return dict(found)


def _longest(rows: Iterable[tuple[int, int]]) -> int:
    longest, begun, until = 0, 0, 0
    for starts, ends in sorted(rows):
        if starts > until:
            begun = starts
        until = max(until, ends)
        longest = max(longest, until - begun)
    return longest


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute
