"""What always holds of free starts, whatever the diary."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bookings.domain.slots import (
    Block,
    PractitionerTime,
    SearchSpace,
    VisitShape,
    free_starts,
    lanes_free_at,
    rooms_free_at,
)
from bookings.domain.timegrid import Grid, bits_between, cells_in
from bookings.domain.wallclock import start_cells_on_step, twice_over
from clinic.domain.roster import Roster, WeeklyHours, day_bounds, stretches

NINE = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
ONE_DAY = dt.timedelta(days=1)
WEEKENDS = [
    (ZoneInfo("America/New_York"), dt.date(2027, 3, 13)),
    (ZoneInfo("America/New_York"), dt.date(2027, 11, 6)),
    (ZoneInfo("Europe/London"), dt.date(2027, 3, 27)),
    (ZoneInfo("Europe/London"), dt.date(2027, 10, 30)),
    (ZoneInfo("Australia/Sydney"), dt.date(2027, 4, 3)),
    (ZoneInfo("Australia/Sydney"), dt.date(2027, 10, 2)),
    (ZoneInfo("Australia/Lord_Howe"), dt.date(2027, 4, 3)),
    (ZoneInfo("Australia/Lord_Howe"), dt.date(2027, 10, 2)),
    (ZoneInfo("America/New_York"), dt.date(2028, 2, 28)),
    (ZoneInfo("Europe/London"), dt.date(2026, 12, 30)),
]

blocks = st.builds(Block, st.integers(0, 6), st.integers(1, 5))


@st.composite
def shapes(draw: st.DrawFn) -> VisitShape:
    return VisitShape(
        hands=tuple(draw(st.lists(blocks, min_size=1, max_size=3))),
        rooms=tuple(draw(st.lists(blocks, max_size=2))),
        client=Block(0, draw(st.integers(1, 8))),
        all_lanes=draw(st.booleans()),
    )


@st.composite
def diaries(draw: st.DrawFn, cells: int) -> int:
    """Draw taken bits the way a diary looks: a few spans, not noise."""
    spans = draw(st.lists(st.tuples(st.integers(0, cells - 1), st.integers(1, 8)), max_size=3))
    taken = 0
    for first, length in spans:
        taken |= bits_between(first, min(first + length, cells))
    return taken


@st.composite
def practitioners(draw: st.DrawFn, cells: int) -> PractitionerTime:
    visits = draw(diaries(cells))
    return PractitionerTime(
        practitioner_id=1,
        roster=bits_between(0, cells) & ~draw(diaries(cells)),
        hands_taken=visits | draw(diaries(cells)),
        visits=visits,
        lanes_taken=tuple(draw(st.lists(diaries(cells), max_size=3))),
        not_on=draw(st.just(0) | diaries(cells)),
    )


@st.composite
def spaces(draw: st.DrawFn, cells: int, *, every_cell: bool = False) -> SearchSpace:
    grid = Grid(NINE, cells)
    steps = grid.mask if every_cell else start_cells_on_step(grid, ZoneInfo("UTC"), 15)
    return SearchSpace(
        grid=grid,
        allowed=grid.mask & ~draw(diaries(cells)),
        steps=steps,
        rooms=tuple(draw(st.lists(diaries(cells), max_size=3))),
        client_taken=draw(diaries(cells)),
    )


sizes = st.integers(8, 40)


@given(st.data(), sizes, shapes())
def test_bits_agree_with_a_search_cell_by_cell(
    data: st.DataObject, cells: int, shape: VisitShape
) -> None:
    space = data.draw(spaces(cells))
    practitioner = data.draw(practitioners(cells))

    (found,) = free_starts(shape, space, [practitioner])

    touching = [at for at in range(cells) if _touches(at, shape, practitioner, cells)]
    free = [at for at in range(cells) if _is_free(at, shape, space, practitioner)]
    assert list(cells_in(found.touching)) == [at for at in free if at in touching]
    assert list(cells_in(found.starts)) == [
        at for at in free if at in touching or space.steps >> at & 1
    ]


@given(st.data(), sizes, shapes())
def test_no_start_reaches_outside_the_roster(
    data: st.DataObject, cells: int, shape: VisitShape
) -> None:
    space = data.draw(spaces(cells))
    practitioner = data.draw(practitioners(cells))

    (found,) = free_starts(shape, space, [practitioner])

    for start in cells_in(found.starts):
        for block in (shape.client, *shape.hands):
            needed = bits_between(start + block.offset, start + block.end)
            assert practitioner.roster & needed == needed


@given(st.data(), sizes, shapes())
def test_when_every_cell_is_a_step_a_reservation_never_adds_a_start(
    data: st.DataObject, cells: int, shape: VisitShape
) -> None:
    space = data.draw(spaces(cells, every_cell=True))
    practitioner = data.draw(practitioners(cells))
    (before,) = free_starts(shape, space, [practitioner])

    (after,) = free_starts(
        shape,
        data.draw(_with_more_taken(space)),
        [data.draw(_with_a_visit_more(practitioner, cells))],
    )

    assert after.starts & ~before.starts == 0


@given(st.data(), sizes, shapes())
def test_an_added_visit_adds_only_starts_that_touch_it(
    data: st.DataObject, cells: int, shape: VisitShape
) -> None:
    space = data.draw(spaces(cells))
    practitioner = data.draw(practitioners(cells))
    (before,) = free_starts(shape, space, [practitioner])
    (any_cell,) = free_starts(shape, replace(space, steps=space.grid.mask), [practitioner])

    (after,) = free_starts(
        shape,
        data.draw(_with_more_taken(space)),
        [data.draw(_with_a_visit_more(practitioner, cells))],
    )

    added = after.starts & ~before.starts
    assert added & ~after.touching == 0
    assert added & ~any_cell.starts == 0


@given(st.data(), sizes, shapes())
def test_time_off_never_adds_a_start(data: st.DataObject, cells: int, shape: VisitShape) -> None:
    space = data.draw(spaces(cells))
    practitioner = data.draw(practitioners(cells))
    (before,) = free_starts(shape, space, [practitioner])
    off = data.draw(diaries(cells))

    away = replace(
        practitioner,
        hands_taken=practitioner.hands_taken | off,
        lanes_taken=tuple(lane | off for lane in practitioner.lanes_taken),
    )
    (after,) = free_starts(shape, space, [away])

    assert after.starts & ~before.starts == 0
    for start in cells_in(after.starts):
        assert off & bits_between(start, start + shape.client.length) == 0


@given(st.data(), sizes, shapes())
def test_every_start_finds_its_room_and_lanes(
    data: st.DataObject, cells: int, shape: VisitShape
) -> None:
    space = data.draw(spaces(cells))
    practitioner = data.draw(practitioners(cells))
    rooms = dict(enumerate(space.rooms))
    lanes = dict(enumerate(practitioner.lanes_taken))

    (found,) = free_starts(shape, space, [practitioner])

    for start in cells_in(found.starts):
        assert rooms_free_at(shape, rooms, start) or not shape.rooms
        taken = lanes_free_at(shape, lanes, start)
        assert len(taken) == (len(lanes) if shape.all_lanes else 1)


@given(
    st.sampled_from(WEEKENDS),
    st.lists(st.tuples(st.integers(1, 7), st.integers(0, 280), st.integers(1, 120)), max_size=8),
    shapes(),
)
def test_starts_lie_in_the_roster_at_local_times_that_exist_once(
    weekend: tuple[ZoneInfo, dt.date], hours: list[tuple[int, int, int]], shape: VisitShape
) -> None:
    zone, first = weekend
    end = first + 3 * ONE_DAY
    roster = Roster(tuple(_weekly(*row) for row in hours))
    grid = Grid.covering(day_bounds(zone, first).starts_at, day_bounds(zone, end).ends_at)
    working = stretches(roster, zone, first, end)
    space = SearchSpace(
        grid=grid,
        allowed=grid.mask & ~twice_over(grid, zone),
        steps=start_cells_on_step(grid, zone, 15),
        rooms=(0,),
        client_taken=0,
    )
    practitioner = PractitionerTime(1, grid.bits_of(working, outward=False), 0, 0, (0,))

    (found,) = free_starts(shape, space, [practitioner])

    shown = set()
    for start in cells_in(found.starts):
        starts_at, ends_at = grid.instant(start), grid.instant(start + shape.client.length)
        assert any(one.starts_at <= starts_at and ends_at <= one.ends_at for one in working)
        local = starts_at.astimezone(zone)
        assert local.minute % 15 == 0
        assert local.fold == 0
        shown.add(local.replace(tzinfo=None))
    assert len(shown) == found.starts.bit_count()


def _weekly(weekday: int, first: int, length: int) -> WeeklyHours:
    end = min(first + length, 288)
    return WeeklyHours(
        weekday,
        dt.time(first // 12, first % 12 * 5),
        dt.time(end // 12 % 24, end % 12 * 5),
        dt.date(2026, 1, 1),
    )


def _with_more_taken(space: SearchSpace) -> st.SearchStrategy[SearchSpace]:
    cells = space.grid.cells
    return st.builds(
        lambda rooms, client: replace(
            space,
            rooms=tuple(old | new for old, new in zip(space.rooms, rooms, strict=True)),
            client_taken=space.client_taken | client,
        ),
        st.tuples(*(diaries(cells) for _ in space.rooms)),
        diaries(cells),
    )


@st.composite
def _with_a_visit_more(
    draw: st.DrawFn, practitioner: PractitionerTime, cells: int
) -> PractitionerTime:
    """Add a visit where the hands are free, as the database would have it."""
    visit = draw(diaries(cells)) & ~practitioner.hands_taken
    return replace(
        practitioner,
        hands_taken=practitioner.hands_taken | visit,
        visits=practitioner.visits | visit,
        lanes_taken=tuple(lane | draw(diaries(cells)) for lane in practitioner.lanes_taken),
    )


def _is_free(
    start: int, shape: VisitShape, space: SearchSpace, practitioner: PractitionerTime
) -> bool:
    """Say the same as `free_starts`, the long way: one start, one cell at a time."""
    visit = [range(start + block.offset, start + block.end) for block in shape.hands]
    client = range(start + shape.client.offset, start + shape.client.end)
    room_time = [
        at for block in shape.rooms for at in range(start + block.offset, start + block.end)
    ]
    hands_time = [at for block in visit for at in block]
    if any(at >= space.grid.cells for at in (*client, *hands_time, *room_time)):
        return False
    if not space.allowed >> start & 1:
        return False
    for at in (*client, *hands_time):
        if not practitioner.roster >> at & 1 or practitioner.not_on >> at & 1:
            return False
    if any(practitioner.hands_taken >> at & 1 for at in hands_time):
        return False
    if any(space.client_taken >> at & 1 for at in client):
        return False
    open_lanes = [
        lane for lane in practitioner.lanes_taken if not any(lane >> at & 1 for at in client)
    ]
    if not open_lanes or (shape.all_lanes and len(open_lanes) < len(practitioner.lanes_taken)):
        return False
    return not shape.rooms or any(
        not any(room >> at & 1 for at in room_time) for room in space.rooms
    )


def _touches(start: int, shape: VisitShape, practitioner: PractitionerTime, cells: int) -> bool:
    held = [bool(practitioner.visits >> at & 1) for at in range(cells)]
    for block in shape.hands:
        first, end = start + block.offset, start + block.end
        if 0 < first < cells and held[first - 1] and not held[first]:
            return True
        if end < cells and held[end] and not held[end - 1]:
            return True
    return False
