"""Visits of a few courses that show one thing each; other courses come with `stories`."""

from collections.abc import Iterator
from datetime import date, timedelta

from treatments.demo.cast import FIRST_VISIT, FOLLOW_UP, NEW_YORK
from treatments.demo.stories import DEMO_CLIENT, IN_MAINTENANCE, VisitWanted

STARTS_INTENSIVE = 54
DRIFTS = 58

DAYS: dict[int, tuple[int, ...]] = {
    DEMO_CLIENT: (-36, -29, -21, -12, 1, 9, 16, 23, 30, 37),
    IN_MAINTENANCE: (-87,),
    STARTS_INTENSIVE: (-24, -17, -10, -3, 4, 11, 23, 35, 47, 59, 71, 83),
    DRIFTS: (-41, -34, -27, -20),
}
"""By client: the sessions' distance from today. The demo client's next one is too near to
move alone, the one after it is not. The last session of the course in maintenance was so
long ago that the next visit is due; the course that drifts has no next session."""

HOURS = {DEMO_CLIENT: 11, IN_MAINTENANCE: 10, STARTS_INTENSIVE: 16, DRIFTS: 14}
WITH = {
    DEMO_CLIENT: "ines-varga",
    IN_MAINTENANCE: "ines-varga",
    STARTS_INTENSIVE: "theo-lindqvist",
    DRIFTS: "ines-varga",
}


def visits_of_courses(today: date) -> list[VisitWanted]:
    """Return the visits of those courses, by day."""
    return sorted(_all(today), key=lambda one: (one.day, one.client))


def _all(today: date) -> Iterator[VisitWanted]:
    for client, days in DAYS.items():
        for number, away in enumerate(days, start=1):
            begins = number == 1 and client != IN_MAINTENANCE
            yield VisitWanted(
                client,
                FIRST_VISIT if begins else FOLLOW_UP,
                NEW_YORK,
                today + timedelta(days=away),
                HOURS[client],
                WITH[client],
                is_kept=True,
            )
