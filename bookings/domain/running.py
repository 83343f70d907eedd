"""The day as it goes: when visits will likely start and end, and what the hands do next.

The plan gives each block of hands-on time its place in the line of one practitioner. What
really happened moves the blocks; those that follow keep their order and are pushed on:

    planned   A in |20|            |15| A out
              B         in |20|           |15| B out
    A late    A      in |20|            |15| A out
              B              in |20|          |15| B out

Needles that are in come out when their retention is over: a start that would keep them in
for long waits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bookings.domain.lifecycle import OPEN, State
from bookings.domain.line import LEEWAY, Going, HandsTask, Work, line_of
from bookings.domain.runs import Run, is_awaited

__all__ = [
    "LEEWAY",
    "Expected",
    "HandsTask",
    "LateRemoval",
    "Run",
    "Work",
    "expected",
    "is_awaited",
    "late_removals",
    "next_for_hands",
]

ROUNDED_TO = 5
"""Minutes: nobody can say more exactly how late a morning runs."""

ONE_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Expected:
    """When a visit likely starts, when its needles come out, and when its client is done.

    What happened already is told as it happened. `removal_at` is None for a visit without
    retention. `late_minutes`, to the nearest five, is how much later than planned the next
    thing is: the start of a visit that waits, else its end.
    """

    starts_at: datetime
    removal_at: datetime | None
    ends_at: datetime
    late_minutes: int


@dataclass(frozen=True, slots=True)
class LateRemoval:
    """Needles that would stay in `late_minutes` (rounded up) past `due_at`."""

    run_id: int
    due_at: datetime
    late_minutes: int


def expected(runs: Iterable[Run], now: datetime) -> Mapping[int, Expected]:
    """Return by id how visits will likely go; none for those that took or take no place.

    The runs of one practitioner, or of several who share rooms. Hands and rooms serve one at
    a time, in the planned order; nobody starts before the planned time. Who is not in the line
    (`in_line`) makes nobody late: an awaited client is told as if the visit began now, a
    forgotten visit as it was planned.
    """
    runs = [run for run in runs if run.outline.blocks]
    answer = {going.run.id: _told(going) for going in line_of(runs, now).visits}
    for run in runs:
        if run.state is State.COMPLETED:
            answer[run.id] = _as_it_went(run)
        elif is_awaited(run, now):
            answer[run.id] = _from(run, now)
        elif run.state in OPEN and run.id not in answer:
            answer[run.id] = _from(run, run.begun_at or run.starts_at)
    return answer


def next_for_hands(runs: Iterable[Run], now: datetime) -> list[HandsTask]:
    """Return what the hands of one practitioner do next, in order: searches, overdue removals.

    What they are at now is left out, except a removal: that it began is recorded nowhere.
    Awaited clients and forgotten visits are left out.
    """
    return line_of(runs, now).tasks


def late_removals(runs: Iterable[Run], starting_id: int, now: datetime) -> list[LateRemoval]:
    """Return whose needles would be late if that visit started now, the first due first.

    Judged by the visit's first hands-on block: what falls due before its end waits for it,
    one removal after the other.
    """
    runs = list(runs)
    starting = next(run for run in runs if run.id == starting_id)
    first = starting.outline.blocks[0]
    begins_at = now + timedelta(minutes=first.offset)
    ends_at = hands_free_at = begins_at + timedelta(minutes=first.minutes)
    found = []
    for due_at, run in _lying(runs, starting):
        minutes = _removal_minutes(run)
        if due_at >= ends_at or max(due_at, now) + minutes <= begins_at:
            continue
        late = max(hands_free_at, due_at) - due_at
        found.append(LateRemoval(run.id, due_at, -(-late // ONE_MINUTE)))
        hands_free_at += minutes
    return found


def _lying(runs: Iterable[Run], starting: Run) -> list[tuple[datetime, Run]]:
    lying = [
        (run.due_at, run)
        for run in runs
        if run.due_at is not None
        and run.state is State.IN_SESSION
        and run.practitioner == starting.practitioner
        and run.id != starting.id
    ]
    return sorted(lying, key=lambda pair: (pair[0], pair[1].id))


def _removal_minutes(run: Run) -> timedelta:
    removal = run.outline.removal
    return timedelta(minutes=0 if removal is None else run.outline.blocks[removal].minutes)


def _told(going: Going) -> Expected:
    run = going.run
    assert going.ends_at is not None
    begun = run.state is State.IN_SESSION
    late = going.ends_at - run.planned_ends_at if begun else going.starts_at - run.starts_at
    return Expected(going.starts_at, going.removal_at, going.ends_at, _rounded(late))


def _as_it_went(run: Run) -> Expected:
    starts_at = run.begun_at or run.starts_at
    ends_at = run.ended_at or run.planned_ends_at
    return Expected(starts_at, run.out_at, max(ends_at, starts_at), 0)


def _from(run: Run, starts_at: datetime) -> Expected:
    outline = run.outline
    ends_at = starts_at + timedelta(minutes=outline.client_minutes)
    if outline.removal is None:
        return Expected(starts_at, None, ends_at, 0)
    offset = outline.blocks[outline.removal].offset
    return Expected(starts_at, starts_at + timedelta(minutes=offset), ends_at, 0)


def _rounded(late: timedelta) -> int:
    steps = (late + ROUNDED_TO * ONE_MINUTE / 2) // (ROUNDED_TO * ONE_MINUTE)
    return max(steps * ROUNDED_TO, 0)
