"""What a client has to be told of a course: the difference to what they were told last.

A visit of the course is named by its id. Where the client was told of none yet, one message
tells all dates; afterwards each change is told as the old times and the new ones.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

URGENT = timedelta(hours=24)
"""A change by the clinic of a visit nearer than this goes out at once, by every channel."""


@dataclass(frozen=True, slots=True, order=True)
class Told:
    """A visit as its client sees it: when, and with whom."""

    starts_at: datetime
    practitioner_id: int


Dates = Mapping[int, Told]
"""The visits that somebody expects, by id."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """Messages that the newest change overtakes before anybody was sent them.

    `told` is what the client knows of each visit in them, None for one they never heard of;
    `by_client` says that they were about the client's own acts.
    """

    told: Mapping[int, Told | None]
    by_client: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the difference: `was` is None for a new visit, `now` for one called off."""

    visit_id: int
    was: Told | None
    now: Told | None

    @property
    def is_move(self) -> bool:
        """Whether a visit, or what replaces it, has another start."""
        return (
            self.was is not None
            and self.now is not None
            and self.was.starts_at != self.now.starts_at
        )


def last_told(before: Dates, after: Dates, unsent: Collection[Unsent], *, by_client: bool) -> Dates:
    """Return what a client knows at the time of a change that led from `before` to `after`.

    What waits about the client's own act counts as told where the clinic then changes the same
    visit: a client who acted has seen the page.
    """
    known: dict[int, Told] = dict(before)
    for item in unsent:
        for visit_id, told in item.told.items():
            is_touched = before.get(visit_id) != after.get(visit_id)
            if item.by_client and not by_client and is_touched:
                continue
            if told is None:
                known.pop(visit_id, None)
            else:
                known[visit_id] = told
    return known


def differing(told: Dates, now: Dates) -> dict[int, Told | None]:
    """Return what was told of the visits that are not as they were told."""
    ids = sorted({*told, *now})
    return {
        visit_id: told.get(visit_id) for visit_id in ids if told.get(visit_id) != now.get(visit_id)
    }


def changes(told: Mapping[int, Told | None], now: Dates) -> list[Change]:
    """Return the difference in order of time; a new visit stands for one that was called off.

    told  1 Mon  2 Mon  3 Mon        1 stays, 2 is called off, 3 moves, 4 is new:
    now   1 Mon         3 Wed  4 Fri        2 Mon -> Fri (4),  3 Mon -> Wed
    """
    gone = sorted((was, pk) for pk, was in told.items() if was is not None and pk not in now)
    new = sorted((now[pk], pk) for pk, was in told.items() if was is None and pk in now)
    kept = [
        Change(pk, was, now[pk])
        for pk, was in told.items()
        if was is not None and pk in now and now[pk] != was
    ]
    pairs = min(len(gone), len(new))
    replaced = [Change(new[i][1], gone[i][0], new[i][0]) for i in range(pairs)]
    added = [Change(pk, None, told_now) for told_now, pk in new[pairs:]]
    called_off = [Change(pk, was, None) for was, pk in gone[pairs:]]
    return sorted([*kept, *replaced, *added, *called_off], key=_when)


def is_urgent(lines: Collection[Change], *, at: datetime, by_client: bool) -> bool:
    """Tell whether a difference goes out at once: by the clinic, of a visit within 24 hours."""
    if by_client:
        return False
    told = [line for line in lines if line.was is not None]
    starts = [item.starts_at for line in told for item in (line.was, line.now) if item is not None]
    return any(at < start < at + URGENT for start in starts)


def _when(line: Change) -> tuple[datetime, int]:
    item = line.now or line.was
    assert item is not None
    return item.starts_at, line.visit_id
