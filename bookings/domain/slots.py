"""Which starts are free: the shape of a visit laid against everybody's time, as bits.

visit shape   hands   |##|      |##|          practitioner's hands (offset, length)
              client  |##########|            also binds one lane and one roster stretch
              rooms   |##############|        client and turnover, in one and the same room
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from bookings.domain.timegrid import Grid, bits_between, runs


@dataclass(frozen=True, slots=True)
class Block:
    """Hold a part of a visit: `length` cells from `offset` cells after the visit's start."""

    offset: int
    length: int

    def __post_init__(self) -> None:
        if self.offset < 0 or self.length < 1:
            raise ValueError(f"a block lies in the visit and is not empty: {self}")

    @property
    def end(self) -> int:
        """The first cell after the block, counted from the visit's start."""
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class VisitShape:
    """Hold what a visit needs, in cells from its start.

    `client` reaches from the first to the last cell in which the client is there, and
    binds a lane (`all_lanes`: every lane) and one stretch of the roster. A shape
    without rooms needs none.
    """

    hands: tuple[Block, ...]
    rooms: tuple[Block, ...]
    client: Block
    all_lanes: bool


@dataclass(frozen=True, slots=True)
class PractitionerTime:
    """Hold one practitioner's time on a grid, as bits.

    `roster`: works at this location; `hands_taken`: by visits, time off, anything;
    `visits`: hands taken by visits alone, which a touching start touches;
    `lanes_taken`: one entry per lane, lowest first; `not_on`: barred for another reason.
    """

    practitioner_id: int
    roster: int
    hands_taken: int
    visits: int
    lanes_taken: tuple[int, ...]
    not_on: int = 0


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """Hold what is the same for every practitioner of a search, as bits.

    `allowed`: a visit may start (notice, horizon, window, local times that exist once);
    `steps`: on the slot step of the local wall clock; `rooms`: taken time of each room
    that can serve; `client_taken`: the client's own visits.
    """

    grid: Grid
    allowed: int
    steps: int
    rooms: tuple[int, ...]
    client_taken: int


@dataclass(frozen=True, slots=True)
class FreeStarts:
    """Hold the cells in which a visit may start with a practitioner, and which of them touch."""

    practitioner_id: int
    starts: int
    touching: int


def free_starts(
    shape: VisitShape, space: SearchSpace, practitioners: Iterable[PractitionerTime]
) -> list[FreeStarts]:
    """Find every free start with each practitioner; one answer each, in the order given.

    A start is free when the hands are free and on duty in every hands block, one lane
    (or all) and the client are free for the whole client block, the client block lies
    in one stretch of the roster, one room is free for all room blocks, and the cell is
    allowed and on the step or touching. Only what binds neither hands nor client
    (turnover) may run past the roster. Nothing may run past the grid.
    """
    mask = space.grid.mask
    shared = space.allowed & mask & _fits(mask & ~space.client_taken, [shape.client])
    if shape.rooms:
        shared &= reduce(or_, (_fits(mask & ~room, shape.rooms) for room in space.rooms), 0)
    return [_starts_with(practitioner, shape, space, shared) for practitioner in practitioners]


def rooms_free_at(shape: VisitShape, rooms: Mapping[int, int], cell: int) -> list[int]:
    """List the rooms that are free for a visit starting in `cell`, ascending.

    `rooms` maps a room's id to its taken bits.
    """
    needed = reduce(or_, (_cells_of(block, cell) for block in shape.rooms), 0)
    return [room for room in sorted(rooms) if not rooms[room] & needed]


def lanes_free_at(shape: VisitShape, lanes: Mapping[int, int], cell: int) -> list[int]:
    """List the lanes that a visit starting in `cell` takes: the lowest free one, or all of them.

    Empty when the visit does not fit. `lanes` maps a lane's id to its taken bits.
    """
    needed = _cells_of(shape.client, cell)
    free = [lane for lane in sorted(lanes) if not lanes[lane] & needed]
    if shape.all_lanes:
        return free if len(free) == len(lanes) else []
    return free[:1]


def _starts_with(
    practitioner: PractitionerTime, shape: VisitShape, space: SearchSpace, shared: int
) -> FreeStarts:
    on_duty = practitioner.roster & ~practitioner.not_on
    free = shared & _fits(on_duty & ~practitioner.hands_taken, shape.hands)
    if not free:
        return FreeStarts(practitioner.practitioner_id, 0, 0)
    free &= _fits_lanes(on_duty, shape, practitioner.lanes_taken)
    touching = free & _touching(practitioner.visits, shape.hands)
    return FreeStarts(practitioner.practitioner_id, free & space.steps | touching, touching)


def _fits(free: int, blocks: Sequence[Block]) -> int:
    """Return the starts for which all blocks lie in free cells; without blocks, any start."""
    return reduce(and_, (runs(free, block.length) >> block.offset for block in blocks), -1)


def _fits_lanes(on_duty: int, shape: VisitShape, lanes_taken: Sequence[int]) -> int:
    """Return the starts whose client block lies on duty, in one stretch, and in free lanes."""
    if not lanes_taken:
        return 0
    if shape.all_lanes:
        return _fits(on_duty & ~reduce(or_, lanes_taken), [shape.client])
    return reduce(or_, (_fits(on_duty & ~taken, [shape.client]) for taken in lanes_taken))


def _touching(visits: int, hands: Sequence[Block]) -> int:
    """Return the starts for which a hands block begins where a visit's ends, or the reverse.

    A visit that ends before the grid is not seen, so a grid begins before the window asked for.
    """
    ends = (visits << 1) & ~visits
    begins = visits & ~(visits << 1)
    return reduce(or_, (ends >> block.offset | begins >> block.end for block in hands), 0)


def _cells_of(block: Block, cell: int) -> int:
    return bits_between(cell + block.offset, cell + block.end)
