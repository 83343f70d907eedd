"""From a visit's segments to what it takes of whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bookings.domain.slots import Block, VisitShape
from bookings.domain.timegrid import CELL_MINUTES
from clinic.domain.intervals import Interval
from clinic.domain.segments import SegmentPlan, client_minutes


def shape_of(segments: Sequence[SegmentPlan], *, all_lanes: bool) -> VisitShape:
    """Return a visit's blocks in cells: adjoining segments that hold the same are one block."""
    return VisitShape(
        hands=_blocks(segments, lambda segment: segment.holds_practitioner),
        rooms=_blocks(segments, lambda segment: segment.holds_room),
        client=Block(offset=0, length=client_minutes(segments) // CELL_MINUTES),
        all_lanes=all_lanes,
    )


@dataclass(frozen=True, slots=True)
class Takings:
    """The time that a visit takes: of the hands, the room, and of lanes and the client."""

    hands: tuple[Interval, ...]
    room: tuple[Interval, ...]
    client: Interval

    @property
    def whole(self) -> Interval:
        """From the first to the last minute of anything."""
        parts = (*self.hands, *self.room, self.client)
        return Interval(min(p.starts_at for p in parts), max(p.ends_at for p in parts))


def takings(shape: VisitShape, starts_at: datetime) -> Takings:
    """Return what a visit of that shape takes when it starts at `starts_at` (UTC)."""
    return Takings(
        hands=tuple(_interval(block, starts_at) for block in shape.hands),
        room=tuple(_interval(block, starts_at) for block in shape.rooms),
        client=_interval(shape.client, starts_at),
    )


def _interval(block: Block, starts_at: datetime) -> Interval:
    first = starts_at + timedelta(minutes=block.offset * CELL_MINUTES)
    return Interval(first, first + timedelta(minutes=block.length * CELL_MINUTES))


def _blocks(
    segments: Sequence[SegmentPlan], holds: Callable[[SegmentPlan], bool]
) -> tuple[Block, ...]:
    blocks: list[Block] = []
    at = 0
    for segment in segments:
        cells = segment.minutes // CELL_MINUTES
        if holds(segment):
            if blocks and blocks[-1].offset + blocks[-1].length == at:
                blocks[-1] = Block(blocks[-1].offset, blocks[-1].length + cells)
            else:
                blocks.append(Block(at, cells))
        at += cells
    return tuple(blocks)
