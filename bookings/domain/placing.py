"""Where exactly a visit could be placed: start, hands, lanes and room, as bits of one grid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bookings.domain.slots import Block, VisitShape
from bookings.domain.timegrid import bits_between, runs

Holds = tuple[tuple[int, int], ...]
"""By resource the cells that are taken of it."""


@dataclass(frozen=True, slots=True)
class Person:
    """One practitioner on a grid: who, the hands, and by lane (resource ids) what is taken."""

    id: int
    hands_id: int
    lanes: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Placement:
    """A visit placed: from a cell on, with whom, in which lanes and room (its resource)."""

    cell: int
    person: Person
    lane_ids: tuple[int, ...]
    room_resource_id: int

    def holds(self, shape: VisitShape, client_id: int, *, shift: int) -> Holds:
        """Return what it takes, on a grid that begins `shift` cells before this one."""
        at = self.cell + shift
        client = _bits((shape.client,), at)
        return (
            (self.person.hands_id, _bits(shape.hands, at)),
            *((lane, client) for lane in self.lane_ids),
            (self.room_resource_id, _bits(shape.rooms, at)),
            (client_id, client),
        )


def placements_at(
    shape: VisitShape, cell: int, person: Person, rooms: Mapping[int, int]
) -> Iterator[Placement]:
    """Yield all placements at a start at which the hands are free; rooms in the order given.

    `rooms` has by resource what is taken. A visit takes one lane, or all.
    """
    client = _bits((shape.client,), cell)
    free = [lane for lane, taken in sorted(person.lanes.items()) if not taken & client]
    if shape.all_lanes:
        sets = [tuple(free)] if len(free) == len(person.lanes) else []
    else:
        sets = [(lane,) for lane in free]
    in_room = _bits(shape.rooms, cell)
    for room, taken in rooms.items():
        if not taken & in_room:
            for lanes in sets:
                yield Placement(cell, person, lanes, room)


def starts_clear_of(barred: int, shape: VisitShape, mask: int) -> int:
    """Return the starts whose hands and client meet no barred cell."""
    return _clear((*shape.hands, shape.client), mask & ~barred)


def _clear(blocks: tuple[Block, ...], free: int) -> int:
    found = -1
    for block in blocks:
        found &= runs(free, block.length) >> block.offset
    return found


def _bits(blocks: tuple[Block, ...], cell: int) -> int:
    bits = 0
    for block in blocks:
        bits |= bits_between(cell + block.offset, cell + block.end)
    return bits
