"""Where a visit could be placed, and what it takes there."""

from bookings.domain.placing import Person, Placement, placements_at, starts_clear_of
from bookings.domain.slots import Block, VisitShape

# Hands for two cells, two at rest, one more of hands; the room a cell longer for turnover.
SHAPE = VisitShape(
    hands=(Block(0, 2), Block(4, 1)), rooms=(Block(0, 6),), client=Block(0, 5), all_lanes=False
)
ALONE = VisitShape(SHAPE.hands, SHAPE.rooms, SHAPE.client, all_lanes=True)
MASK = (1 << 20) - 1
FREE_ROOM, OTHER_ROOM = 31, 32


def person(**lanes: int) -> Person:
    return Person(1, 10, {int(name[1:]): taken for name, taken in lanes.items()})


def places(shape, cell, who, rooms):
    return [(p.lane_ids, p.room_resource_id) for p in placements_at(shape, cell, who, rooms)]


def test_each_free_lane_goes_with_each_free_room_in_their_order():
    who = person(_21=0, _22=0)

    found = places(SHAPE, 3, who, {OTHER_ROOM: 0, FREE_ROOM: 0})

    assert found == [
        ((21,), OTHER_ROOM),
        ((22,), OTHER_ROOM),
        ((21,), FREE_ROOM),
        ((22,), FREE_ROOM),
    ]


def test_lane_taken_in_the_last_client_cell_is_left_out():
    who = person(_21=1 << 7, _22=1 << 8)

    assert places(SHAPE, 3, who, {FREE_ROOM: 0}) == [((22,), FREE_ROOM)]


def test_room_taken_in_turnover_is_left_out():
    who = person(_21=0)

    assert places(SHAPE, 3, who, {FREE_ROOM: 1 << 9, OTHER_ROOM: 1 << 8}) == [((21,), FREE_ROOM)]


def test_who_must_be_alone_takes_all_lanes_or_none():
    assert places(ALONE, 3, person(_21=0, _22=0), {FREE_ROOM: 0}) == [((21, 22), FREE_ROOM)]
    assert places(ALONE, 3, person(_21=0, _22=1 << 3), {FREE_ROOM: 0}) == []


def test_holds_are_bits_from_an_earlier_beginning():
    placed = Placement(2, person(_21=0), (21,), FREE_ROOM)

    assert placed.holds(SHAPE, 99, shift=1) == (
        (10, 0b10011 << 3),
        (21, 0b11111 << 3),
        (FREE_ROOM, 0b111111 << 3),
        (99, 0b11111 << 3),
    )


def test_starts_keep_clear_of_barred_time_from_first_to_last_client_cell():
    starts = starts_clear_of(1 << 10, SHAPE, MASK)

    assert [cell for cell in range(16) if starts >> cell & 1] == [
        0,
        1,
        2,
        3,
        4,
        5,
        11,
        12,
        13,
        14,
        15,
    ]
