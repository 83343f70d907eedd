"""One visit as it really goes: its plan in blocks of hands-on time, and what was recorded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from bookings.domain.lifecycle import State
from bookings.domain.needling import (
    RETENTION,
    Stage,
    removal_due_at,
    retention_minutes,
    stage_of,
)
from clinic.domain.segments import SegmentPlan, client_minutes

FORGOTTEN_AFTER = timedelta(hours=1)
"""So long after its planned end a visit was likelier forgotten than is still going on."""


@dataclass(frozen=True, slots=True)
class HandsBlock:
    """A piece of hands-on time; `offset` minutes after the start of the visit."""

    offset: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Outline:
    """A plan as the hands see it.

        insertion 20 | retention 25 | removal 15 | aftercare 5 | turnover 10
        blocks (0, 20) (45, 15); removal is block 1; client 65; turnover 10

    `removal` is the block that follows the retention, `after_insertion` the first one that
    does not belong to the insertion; both None for a plan without retention, `removal` also
    where no hands-on time follows it.
    """

    blocks: tuple[HandsBlock, ...]
    after_insertion: int | None
    removal: int | None
    insertion_minutes: int
    client_minutes: int
    turnover_minutes: int


@lru_cache(maxsize=512)
def outline_of(plan: tuple[SegmentPlan, ...]) -> Outline:
    """Return the blocks of a plan; a new one begins with the retention and after it."""
    rests = [place for place, segment in enumerate(plan) if segment.kind == RETENTION]
    cuts = {place for rest in rests for place in (rest, rest + 1)}
    starts = _starts(plan)
    blocks: list[HandsBlock] = []
    of_place: dict[int, int] = {}
    for place, segment in enumerate(plan):
        if not segment.holds_practitioner:
            continue
        if place - 1 in of_place and place not in cuts:
            blocks[-1] = HandsBlock(blocks[-1].offset, blocks[-1].minutes + segment.minutes)
        else:
            blocks.append(HandsBlock(starts[place], segment.minutes))
        of_place[place] = len(blocks) - 1
    after_last = [block for place, block in of_place.items() if rests and place > rests[-1]]
    after_first = [block for place, block in of_place.items() if rests and place >= rests[0]]
    return Outline(
        blocks=tuple(blocks),
        after_insertion=min(after_first, default=None),
        removal=min(after_last, default=None),
        insertion_minutes=starts[rests[0]] if rests else 0,
        client_minutes=client_minutes(plan),
        turnover_minutes=sum(s.minutes for s in plan if s.holds_room and not s.holds_client),
    )


@dataclass(frozen=True, slots=True)
class Run:
    """One visit as it really goes: its plan, and what was recorded; times in UTC.

    `room` and `practitioner` are ids; `begun_at` and `ended_at` say when it was started and
    completed, None before and where nobody tapped at the time. `uses_needles`: its timer runs
    from "needles in", not from its start.
    """

    id: int
    practitioner: int
    room: int
    plan: tuple[SegmentPlan, ...]
    starts_at: datetime
    state: State
    uses_needles: bool = True
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    in_count: int | None = None
    in_at: datetime | None = None
    out_count: int | None = None
    out_at: datetime | None = None
    searched: bool = False

    @property
    def stage(self) -> Stage:
        """How far the needles are."""
        return stage_of(in_count=self.in_count, out_count=self.out_count, searched=self.searched)

    @property
    def due_at(self) -> datetime | None:
        """When the needles are due out, as long as they are in."""
        if self.in_at is None or self.out_at is not None:
            return None
        return removal_due_at(in_at=self.in_at, plan=self.plan)

    @property
    def retention(self) -> timedelta:
        """How long the client rests under needles."""
        return timedelta(minutes=retention_minutes(self.plan) or 0)

    @property
    def outline(self) -> Outline:
        """The plan as blocks of hands-on time."""
        return outline_of(self.plan)

    @property
    def planned_ends_at(self) -> datetime:
        """When the client was meant to be done."""
        return self.starts_at + timedelta(minutes=self.outline.client_minutes)


def is_awaited(run: Run, now: datetime) -> bool:
    """Say whether a client who should be here is not; that does not make the line late."""
    return run.state is State.BOOKED and run.starts_at < now


def is_unsettled(run: Run, now: datetime) -> bool:
    """Say whether needles should have been settled so long ago that nobody entered it, likely.

    They are due out, or not searched for, an hour after their time.
    """
    if run.state is not State.IN_SESSION or run.stage not in (Stage.IN, Stage.UNEQUAL):
        return False
    return now >= (run.due_at or run.planned_ends_at) + FORGOTTEN_AFTER


def in_line(runs: Iterable[Run], now: datetime) -> list[Run]:
    """Return the runs that hands and rooms have to reckon with: neither awaited nor forgotten.

    Forgotten is what nobody tapped on an hour after its planned end, with no needles in and
    none to search for; or a client noted as arrived whose planned end is past, while a later
    visit has been begun.
    """
    runs = [run for run in runs if run.outline.blocks]
    last_begun = {
        run.practitioner: run.starts_at
        for run in sorted(runs, key=lambda run: run.starts_at)
        if run.begun_at is not None
    }
    return [
        run
        for run in runs
        if not is_awaited(run, now)
        and not _is_forgotten(run, last_begun.get(run.practitioner, run.starts_at), now)
    ]


def _is_forgotten(run: Run, last_begun: datetime, now: datetime) -> bool:
    if run.state not in (State.ARRIVED, State.IN_SESSION):
        return False
    if run.due_at is not None or run.stage is Stage.UNEQUAL:
        return False
    was_passed = run.state is State.ARRIVED and last_begun > run.starts_at
    return now >= run.planned_ends_at + (timedelta(0) if was_passed else FORGOTTEN_AFTER)


def _starts(plan: Sequence[SegmentPlan]) -> list[int]:
    starts, at = [], 0
    for segment in plan:
        starts.append(at)
        at += segment.minutes
    return starts
