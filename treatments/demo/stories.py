"""What each demo client came for: wishes for visits on days around today.

Nothing here touches the database: a story is the same for the same day and seed.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from treatments.demo.cast import (
    BODY,
    CONSULTATION,
    FIRST_VISIT,
    FOLLOW_UP,
    GUA_SHA,
    MAINTENANCE,
    NEW_YORK,
    SAN_FRANCISCO,
)

WINDOW_DAYS = 91
"""Three months back and three ahead."""

SESSIONS = 10
GAPS = (7, 7, 7, 7, 7, 6, 8, 10, 14)
AROUND_TODAY = (0, 1, -1, 0, 2, 3, -2, 0, -3)
"""Where the session of a running course lies that is nearest to today, in days."""

DEMO_CLIENT = 0
IN_A_COURSE = range(1, 35)
AFTER_A_COURSE = range(35, 42)
FOR_THE_BODY = range(42, 48)
ABOUT_TO_BEGIN = range(48, 53)
ASKING_SOON = range(53, 57)
ASKED_ONCE = range(57, 60)
IN_MAINTENANCE = 39


@dataclass(frozen=True, slots=True)
class VisitWanted:
    """A client's wish: what, where, on which local date, at about which local hour."""

    client: int
    service: str
    place: str
    day: date
    hour: int
    practitioner: str | None = None
    is_kept: bool = False


def visits_wanted(today: date, luck: random.Random) -> list[VisitWanted]:
    """Return all wishes that fall into the window, by day."""
    wanted = [
        *_of_the_demo_client(today),
        *_in_courses(today, luck),
        *_after_courses(today, luck),
        *_for_the_body(today, luck),
        *_beginners(today, luck),
    ]
    near = [one for one in wanted if abs((one.day - today).days) <= WINDOW_DAYS]
    return sorted(near, key=lambda one: (one.day, not one.is_kept, one.client))


def visits_with_newcomers(today: date) -> list[VisitWanted]:
    """Return the few visits with people whose papers are stories of their own."""
    back, ahead = _on_a_weekday(today, -9), _on_a_weekday(today, 4)
    later = _on_a_weekday(today, 11)
    return [
        VisitWanted(56, BODY, NEW_YORK, back, 14, "silvan-hartwig", is_kept=True),
        VisitWanted(57, BODY, NEW_YORK, back, 15, "lene-marquart", is_kept=True),
        VisitWanted(56, BODY, NEW_YORK, ahead, 14, "silvan-hartwig", is_kept=True),
        VisitWanted(57, BODY, NEW_YORK, later, 13, "lene-marquart", is_kept=True),
    ]


def _on_a_weekday(today: date, days: int) -> date:
    """Return the first Tuesday to Friday from some days on; their shifts are then."""
    day = today + timedelta(days=days)
    while day.isoweekday() not in (2, 3, 4, 5):
        day += timedelta(days=1)
    return day


def _place_of(client: int) -> str:
    return SAN_FRANCISCO if client % 3 == 2 else NEW_YORK


def _of_the_demo_client(today: date) -> Iterator[VisitWanted]:
    # The visits of the course itself stand in `course_stories`.
    day = today - timedelta(days=47)
    yield VisitWanted(DEMO_CLIENT, CONSULTATION, NEW_YORK, day, 12, "ines-varga", is_kept=True)


def _in_courses(today: date, luck: random.Random) -> Iterator[VisitWanted]:
    for client in IN_A_COURSE:
        reached = client % SESSIONS
        near = AROUND_TODAY[client // 3 % len(AROUND_TODAY)]
        anchor = today + timedelta(days=near)
        yield from _course(client, anchor, reached, luck)


def _after_courses(today: date, luck: random.Random) -> Iterator[VisitWanted]:
    for client in AFTER_A_COURSE:
        last = today - timedelta(days=luck.randrange(10, 32))
        if client == IN_MAINTENANCE:
            continue
        yield from _course(client, last, SESSIONS - 1, luck)
        due = last + timedelta(days=luck.randrange(77, 91))
        yield VisitWanted(client, MAINTENANCE, _place_of(client), due, luck.randrange(10, 17))


def _for_the_body(today: date, luck: random.Random) -> Iterator[VisitWanted]:
    for client in FOR_THE_BODY:
        hour = luck.randrange(10, 16)
        first = today - timedelta(days=luck.randrange(0, 49))
        for week in range(8):
            day = first + timedelta(days=7 * week)
            yield VisitWanted(client, BODY, _place_of(client), day, hour)


def _beginners(today: date, luck: random.Random) -> Iterator[VisitWanted]:
    for client in ABOUT_TO_BEGIN:
        asked = today - timedelta(days=luck.randrange(2, 12))
        yield VisitWanted(client, CONSULTATION, _place_of(client), asked, luck.randrange(9, 17))
        yield from _course(client, today + timedelta(days=luck.randrange(3, 20)), 0, luck)
    for client in (*ASKING_SOON, *ASKED_ONCE):
        ahead = client in ASKING_SOON
        days = luck.randrange(0, 8) if ahead else -luck.randrange(20, 80)
        day = today + timedelta(days=days)
        yield VisitWanted(client, CONSULTATION, _place_of(client), day, luck.randrange(9, 17))


def _course(client: int, anchor: date, reached: int, luck: random.Random) -> Iterator[VisitWanted]:
    """Lay a course around the session that is near `anchor`; the first one is the first visit."""
    days = [anchor]
    for _ in range(reached):
        days.insert(0, days[0] - timedelta(days=luck.choice(GAPS)))
    while len(days) < SESSIONS:
        days.append(days[-1] + timedelta(days=luck.choice(GAPS)))
    hour, place = luck.randrange(9, 18), _place_of(client)
    likes_gua_sha = client % 4 == 1
    asked = days[0] - timedelta(days=luck.randrange(4, 15))
    if client % 2:
        yield VisitWanted(client, CONSULTATION, place, asked, hour)
    yield VisitWanted(client, FIRST_VISIT, place, days[0], hour)
    for number, day in enumerate(days[1:], start=2):
        service = GUA_SHA if likes_gua_sha and number % 2 == 0 else FOLLOW_UP
        yield VisitWanted(client, service, place, day, hour)
