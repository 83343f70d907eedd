"""What rosters say about services."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import time

from clinic.models import RosterException, RosterHours

DAY_MINUTES = 24 * 60


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
