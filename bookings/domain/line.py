"""The line of hands and rooms: each serves one visit at a time, in the planned order.

What has happened is taken as it happened; the rest is laid out from there, block by block, at
the earliest time at which the hands, the room and the visit itself are ready for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bookings.domain.lifecycle import OPEN, State
from bookings.domain.needling import Stage
from bookings.domain.runs import HandsBlock, Run, in_line

LEEWAY = timedelta(minutes=5)
"""A start that would keep needles in longer than this past their time is expected to wait."""

A_MOMENT = timedelta(minutes=1)
"""So long, at least, hands are still at what should be over and was not entered."""

LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)

Planned = tuple[datetime, datetime, int]
Ready = tuple[datetime, bool, Planned, "Going"]
"""When a block can begin, whether it is a start (which gives way), and whose it is."""


class Work(StrEnum):
    """What the hands do with a client."""

    START = "start"
    REMOVAL = "removal"
    SEARCH = "search"
    TREATMENT = "treatment"


@dataclass(frozen=True, slots=True)
class HandsTask:
    """What the hands of the practitioner do; `at` is when a removal is due, a start expected."""

    run_id: int
    what: Work
    at: datetime


@dataclass(slots=True)
class Going:
    """A visit in the line: its next block, and from when that can be."""

    run: Run
    starts_at: datetime
    ready_at: datetime
    next: int = 0
    begun: bool = False
    removal_at: datetime | None = None
    ends_at: datetime | None = None
    last_at: datetime = LONG_AGO

    @property
    def block(self) -> HandsBlock:
        """The next block."""
        return self.run.outline.blocks[self.next]

    @property
    def has_blocks(self) -> bool:
        """Whether hands are needed any more."""
        return self.next < len(self.run.outline.blocks)

    @property
    def minutes(self) -> timedelta:
        """How long the next block takes."""
        return timedelta(minutes=self.block.minutes)

    @property
    def planned(self) -> Planned:
        """The place of the next block in the line."""
        at = self.run.starts_at + timedelta(minutes=self.block.offset)
        return at, self.run.starts_at, self.run.id

    @property
    def what(self) -> Work:
        """What the next block is."""
        if not self.begun:
            return Work.START
        return Work.REMOVAL if self.next == self.run.outline.removal else Work.TREATMENT

    def pass_block(self, ended_at: datetime) -> None:
        """Go on to the block after the next one, which ended at `ended_at`."""
        over = self.block.offset + self.block.minutes
        self.begun = True
        self.last_at = ended_at
        self.next += 1
        if self.has_blocks:
            self.ready_at = ended_at + timedelta(minutes=self.block.offset - over)

    def finish(self, now: datetime) -> None:
        """Set the end, after the last block: never before now, since it was not completed."""
        outline = self.run.outline
        last = outline.blocks[-1]
        tail = outline.client_minutes - last.offset - last.minutes
        self.ends_at = max(self.last_at + timedelta(minutes=tail), now)


@dataclass(slots=True)
class Line:
    """The line of one practitioner, or of several who share rooms, as it is laid out."""

    now: datetime
    visits: list[Going] = field(default_factory=list)
    tasks: list[HandsTask] = field(default_factory=list)
    _hands: dict[int, datetime] = field(default_factory=lambda: defaultdict(lambda: LONG_AGO))
    _room_free: dict[int, datetime] = field(default_factory=lambda: defaultdict(lambda: LONG_AGO))
    _lying: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    _active: dict[int, list[Going]] = field(default_factory=lambda: defaultdict(list))
    _waiting: dict[int, list[Going]] = field(default_factory=lambda: defaultdict(list))
    _rooms: dict[int, list[Going]] = field(default_factory=lambda: defaultdict(list))
    _best: dict[int, Ready | None] = field(default_factory=dict)
    _stale: set[int] = field(default_factory=set)

    def take_over(self, run: Run) -> None:
        """Take a visit into the line, as far as it has gone."""
        if run.state is State.COMPLETED and run.ended_at is not None:
            self._use_hands(run, run.ended_at)
            self._leave(run, run.ended_at)
        elif run.state is State.IN_SESSION:
            self._take_over_begun(run)
        elif run.state in OPEN:
            starts_at = max(run.starts_at, self.now)
            going = Going(run, starts_at, starts_at + _lead(run))
            self.visits.append(going)
            self._waiting[run.practitioner].append(going)
            self._rooms[run.room].append(going)

    def lay_out(self) -> None:
        """Give every block that is left its time."""
        self._stale = {*self._active, *self._waiting}
        while going := self._next():
            self._do(going)

    def _take_over_begun(self, run: Run) -> None:
        begun_at = run.begun_at or run.starts_at
        going = Going(run, begun_at, begun_at + _lead(run), begun=True)
        self.visits.append(going)
        self._lying[run.room] += 1
        if not run.uses_needles or run.outline.removal is None:
            self._pass_by_clock(going, len(run.outline.blocks))
        elif run.in_at is None:
            self._insert(going)
        elif run.out_at is None:
            self._rest(going, run.in_at)
        else:
            self._remove(going, run.in_at, run.out_at)
        self._active[run.practitioner].append(going)
        self._end_if_over(going)

    def _pass_by_clock(self, going: Going, until: int) -> None:
        while going.next < until and going.ready_at <= self.now:
            ended_at = going.ready_at + going.minutes
            self._use_hands(going.run, ended_at)
            going.pass_block(ended_at)

    def _insert(self, going: Going) -> None:
        # Nobody has said that the needles are in, so the hands are still at it.
        until = going.run.outline.after_insertion or 0
        self._pass_by_clock(going, until)
        if going.next == until and going.last_at < self.now:
            over = going.ready_at - max(going.last_at, going.starts_at)
            going.last_at = self.now
            going.ready_at = self.now + over
            self._use_hands(going.run, self.now + A_MOMENT)

    def _rest(self, going: Going, in_at: datetime) -> None:
        outline = going.run.outline
        assert outline.after_insertion is not None
        assert going.run.due_at is not None
        going.next = outline.after_insertion
        going.ready_at = in_at + timedelta(minutes=going.block.offset - outline.insertion_minutes)
        self._use_hands(going.run, in_at)
        self._pass_by_clock(going, outline.removal or 0)
        if going.next == outline.removal:
            going.ready_at = going.run.due_at

    def _remove(self, going: Going, in_at: datetime, out_at: datetime) -> None:
        # The removal began when it was due, or as soon as the needles were out before that.
        assert going.run.outline.removal is not None
        going.next = going.run.outline.removal
        rest = going.run.retention
        began_at = min(in_at + rest, out_at)
        ended_at = max(began_at + going.minutes, out_at)
        going.removal_at = out_at
        self._use_hands(going.run, ended_at)
        going.pass_block(ended_at)
        self._pass_by_clock(going, len(going.run.outline.blocks))
        if going.run.stage is Stage.UNEQUAL:
            self._search(going)

    def _search(self, going: Going) -> None:
        # Nothing else comes first, and nobody lies down where a needle may be.
        self.tasks.append(HandsTask(going.run.id, Work.SEARCH, self.now))
        self._use_hands(going.run, self.now + A_MOMENT)
        going.last_at = max(going.last_at, self.now + A_MOMENT)

    def _next(self) -> Going | None:
        for practitioner in self._stale:
            ready = self._ready(practitioner)
            self._best[practitioner] = min(ready, key=lambda item: item[:3], default=None)
        self._stale.clear()
        found = [item for item in self._best.values() if item is not None]
        if found:
            return min(found, key=lambda item: item[:3])[3]
        # Plans that overlap may wait for one another: the first in the line goes on.
        stuck = [going for line in self._waiting.values() for going in line]
        return min(stuck, key=lambda going: going.planned, default=None)

    def _ready(self, practitioner: int) -> Iterator[Ready]:
        active = self._active[practitioner]
        hands = self._hands[practitioner]
        for going in active:
            yield max(going.ready_at, hands), False, going.planned, going
        waiting = self._waiting[practitioner]
        if not waiting or not self._may_begin(waiting[0], active):
            return
        going = waiting[0]
        start = self._begin_at(going)
        if all(other.ready_at + LEEWAY >= start + going.minutes for other in active):
            yield start, True, going.planned, going

    def _may_begin(self, going: Going, active: Iterable[Going]) -> bool:
        room = going.run.room
        return (
            not self._lying[room]
            and self._rooms[room][0] is going
            and all(going.planned < other.planned for other in active)
        )

    def _begin_at(self, going: Going) -> datetime:
        room_at = self._room_free[going.run.room] + _lead(going.run)
        return max(going.ready_at, self._hands[going.run.practitioner], room_at)

    def _do(self, going: Going) -> None:
        run = going.run
        if going.begun:
            at = max(going.ready_at, self._hands[run.practitioner])
        else:
            at = self._begin_at(going)
            going.starts_at = at - _lead(run)
            self._waiting[run.practitioner].remove(going)
            self._rooms[run.room].remove(going)
            self._active[run.practitioner].append(going)
            self._lying[run.room] += 1
        self.tasks.append(self._task(going, at))
        if going.what is Work.REMOVAL:
            going.removal_at = max(at, self.now)
        ended_at = max(at + going.minutes, self.now)
        self._use_hands(run, ended_at)
        going.pass_block(ended_at)
        self._end_if_over(going)
        waits_for_room = [other.run.practitioner for other in self._rooms[run.room]]
        self._stale = {run.practitioner, *waits_for_room}

    def _task(self, going: Going, at: datetime) -> HandsTask:
        due_at = going.run.due_at if going.what is Work.REMOVAL else None
        return HandsTask(going.run.id, going.what, due_at or max(at, self.now))

    def _end_if_over(self, going: Going) -> None:
        if going.has_blocks:
            return
        going.finish(self.now)
        assert going.ends_at is not None
        self._active[going.run.practitioner].remove(going)
        self._lying[going.run.room] -= 1
        self._leave(going.run, going.ends_at)

    def _use_hands(self, run: Run, until: datetime) -> None:
        self._hands[run.practitioner] = max(self._hands[run.practitioner], until)

    def _leave(self, run: Run, at: datetime) -> None:
        free_at = at + timedelta(minutes=run.outline.turnover_minutes)
        self._room_free[run.room] = max(self._room_free[run.room], free_at)


def line_of(runs: Iterable[Run], now: datetime) -> Line:
    """Lay out the line of these visits from `now` on."""
    line = Line(now)
    for run in sorted(in_line(runs, now), key=lambda run: (run.starts_at, run.id)):
        line.take_over(run)
    line.lay_out()
    return line


def _lead(run: Run) -> timedelta:
    return timedelta(minutes=run.outline.blocks[0].offset)
