"""Free starts by example, on one day of a clinic in New York, in wall-clock times."""

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest

from bookings.domain.slots import (
    Block,
    FreeStarts,
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

NEW_YORK = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")
SYDNEY = ZoneInfo("Australia/Sydney")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")

# 20 minutes of hands, 25 of retention, 15 of hands; then 10 of turnover.
FOLLOW_UP = VisitShape(
    hands=(Block(0, 4), Block(9, 3)), rooms=(Block(0, 14),), client=Block(0, 12), all_lanes=False
)
FIRST_VISIT = VisitShape(FOLLOW_UP.hands, FOLLOW_UP.rooms, FOLLOW_UP.client, all_lanes=True)
HALF_HOUR = VisitShape((Block(0, 6),), (Block(0, 6),), Block(0, 6), all_lanes=False)


@dataclass
class Day:
    """A day from 00:00 to 24:00 in cells; spans are written "09:00-13:00, 14:00-18:00"."""

    roster: str = "09:00-13:00"
    hands: str = ""
    visits: str = ""
    lanes: tuple[str, ...] = ("", "")
    rooms: tuple[str, ...] = ("", "")
    client: str = ""
    allowed: str = "00:00-24:00"
    not_on: str = ""
    step: int = 15
    grid: Grid = field(default=Grid(dt.datetime(2026, 11, 24, 5, tzinfo=dt.UTC), 288))

    def search(self, shape: VisitShape) -> FreeStarts:
        space = SearchSpace(
            grid=self.grid,
            allowed=bits(self.allowed),
            steps=start_cells_on_step(self.grid, NEW_YORK, self.step),
            rooms=tuple(bits(room) for room in self.rooms),
            client_taken=bits(self.client),
        )
        practitioner = PractitionerTime(
            practitioner_id=7,
            roster=bits(self.roster),
            hands_taken=bits(self.hands) | bits(self.visits),
            visits=bits(self.visits),
            lanes_taken=tuple(bits(lane) for lane in self.lanes),
            not_on=bits(self.not_on),
        )
        (found,) = free_starts(shape, space, [practitioner])
        return found

    def starts(self, shape: VisitShape) -> list[str]:
        return clocks(self.search(shape).starts)


def cell(text: str) -> int:
    hour, minute = text.strip().split(":")
    return (int(hour) * 60 + int(minute)) // 5


def bits(spans: str) -> int:
    taken = 0
    for span in filter(None, spans.split(",")):
        first, end = span.split("-")
        taken |= bits_between(cell(first), cell(end))
    return taken


def clocks(starts: int) -> list[str]:
    return [f"{at // 12:02}:{at % 12 * 5:02}" for at in cells_in(starts)]


class TestRoster:
    def test_visit_may_end_as_the_roster_ends_while_turnover_runs_past(self) -> None:
        starts = Day(roster="09:00-11:00").starts(FOLLOW_UP)

        assert starts == ["09:00", "09:15", "09:30", "09:45", "10:00"]

    def test_visit_longer_than_the_stretch_is_not_offered(self) -> None:
        assert Day(roster="09:00-09:55").starts(FOLLOW_UP) == []

    def test_retention_never_lies_across_a_break(self) -> None:
        # The hands would be free of the break: 09:30-09:50 and 10:15-10:30.
        starts = Day(roster="09:00-09:55, 10:05-11:30").starts(FOLLOW_UP)

        assert starts == ["10:15", "10:30"]

    def test_date_barred_for_another_reason_cuts_like_a_break(self) -> None:
        starts = Day(roster="09:00-12:00", not_on="10:00-10:05").starts(FOLLOW_UP)

        assert starts == ["09:00", "10:15", "10:30", "10:45", "11:00"]

    def test_time_off_binds_hands_and_lanes(self) -> None:
        off = "10:00-10:30"

        starts = Day(roster="09:00-12:00", hands=off, lanes=(off, off)).starts(FOLLOW_UP)

        assert starts == ["09:00", "10:30", "10:45", "11:00"]

    def test_off_duty_practitioner_offers_nothing(self) -> None:
        assert Day(roster="").search(FOLLOW_UP) == FreeStarts(7, 0, 0)


class TestHandsAndTouching:
    def test_visits_interleave_where_hands_are_free(self) -> None:
        # A follow-up at 09:00 holds the hands 09:00-09:20 and 09:45-10:00.
        day = Day(
            roster="09:00-10:30",
            visits="09:00-09:20, 09:45-10:00",
            lanes=("09:00-10:00", ""),
            rooms=("09:00-10:10", ""),
        )

        found = day.search(FOLLOW_UP)

        # 09:20 begins as the insertion ends, 09:25 hands over to the removal at 09:45.
        assert clocks(found.starts) == ["09:20", "09:25"]
        assert clocks(found.touching) == ["09:20", "09:25"]

    def test_start_that_ends_where_another_begins_touches(self) -> None:
        found = Day(roster="09:00-12:00", visits="10:40-11:00", lanes=("", "")).search(HALF_HOUR)

        assert "10:10" in clocks(found.starts)
        assert clocks(found.touching) == ["10:10", "11:00"]

    def test_time_off_is_not_touched(self) -> None:
        found = Day(roster="09:00-10:40", hands="09:00-09:20").search(HALF_HOUR)

        assert clocks(found.starts) == ["09:30", "09:45", "10:00"]
        assert found.touching == 0

    def test_touching_start_must_be_allowed_too(self) -> None:
        day = Day(roster="09:00-10:00", visits="09:00-09:20", allowed="09:25-24:00")

        assert day.starts(HALF_HOUR) == ["09:30"]


class TestLanes:
    def test_one_free_lane_has_to_last_the_whole_visit(self) -> None:
        # A lane is free at every moment, yet never the same one for an hour.
        day = Day(roster="09:00-10:00", lanes=("09:00-09:30", "09:30-10:00"))

        assert day.starts(FOLLOW_UP) == []
        assert day.starts(HALF_HOUR) == ["09:00", "09:30"]

    def test_visit_that_may_not_overlap_needs_every_lane(self) -> None:
        day = Day(roster="09:00-11:00", lanes=("", "09:00-09:30"))

        assert day.starts(FOLLOW_UP) == ["09:00", "09:15", "09:30", "09:45", "10:00"]
        assert day.starts(FIRST_VISIT) == ["09:30", "09:45", "10:00"]

    @pytest.mark.parametrize("shape", [FOLLOW_UP, FIRST_VISIT])
    def test_practitioner_without_lanes_offers_nothing(self, shape: VisitShape) -> None:
        assert Day(lanes=()).starts(shape) == []


class TestRoomsAndClient:
    def test_same_room_has_to_last_the_whole_visit(self) -> None:
        day = Day(roster="09:00-10:15", rooms=("09:00-09:40", "09:40-11:00"))

        assert day.starts(FOLLOW_UP) == []

    def test_turnover_needs_the_room_too(self) -> None:
        # The visit ends at 10:00, its turnover at 10:10.
        assert Day(roster="09:00-10:00", rooms=("10:10-11:00",)).starts(FOLLOW_UP) == ["09:00"]
        assert Day(roster="09:00-10:00", rooms=("10:05-11:00",)).starts(FOLLOW_UP) == []

    def test_without_a_room_nothing_is_offered(self) -> None:
        assert Day(rooms=()).starts(FOLLOW_UP) == []

    def test_shape_that_holds_no_room_needs_none(self) -> None:
        call = VisitShape((Block(0, 6),), (), Block(0, 6), all_lanes=False)

        assert Day(roster="09:00-09:45", rooms=()).starts(call) == ["09:00", "09:15"]

    def test_client_is_not_in_two_places(self) -> None:
        day = Day(roster="09:00-11:00", client="09:30-09:50")

        assert day.starts(FOLLOW_UP) == ["10:00"]

    def test_client_may_leave_during_turnover(self) -> None:
        day = Day(roster="09:00-10:00", client="10:00-11:00")

        assert day.starts(FOLLOW_UP) == ["09:00"]


class TestGridEnd:
    def test_shape_that_runs_past_the_grid_is_not_offered(self) -> None:
        # Rooms are known until midnight only: the last turnover ends there.
        starts = Day(roster="22:00-24:00", step=5).starts(FOLLOW_UP)

        assert starts[-1] == "22:50"


class TestEachPractitioner:
    def test_answers_come_in_the_order_asked(self) -> None:
        grid = Grid(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), 24)
        space = SearchSpace(grid, grid.mask, grid.mask, (0,), 0)
        busy = PractitionerTime(9, grid.mask, grid.mask, 0, (0,))
        idle = PractitionerTime(2, grid.mask, 0, 0, (0,))

        found = free_starts(HALF_HOUR, space, [busy, idle])

        assert found == [FreeStarts(9, 0, 0), FreeStarts(2, bits_between(0, 19), 0)]


class TestChoosing:
    def test_rooms_free_for_the_whole_visit_are_listed_in_order(self) -> None:
        rooms = {31: 0, 4: bits("10:05-10:30"), 12: bits("10:10-11:00"), 8: bits("08:00-09:00")}

        assert rooms_free_at(FOLLOW_UP, rooms, cell("09:00")) == [8, 12, 31]

    def test_no_room_is_listed_when_all_are_taken(self) -> None:
        assert rooms_free_at(FOLLOW_UP, {4: bits("09:55-10:00")}, cell("09:00")) == []

    def test_lowest_free_lane_is_taken(self) -> None:
        lanes = {23: 0, 21: bits("09:30-09:35"), 22: 0}

        assert lanes_free_at(FOLLOW_UP, lanes, cell("09:00")) == [22]

    def test_all_lanes_or_none_are_taken_by_a_first_visit(self) -> None:
        lanes = {22: 0, 21: bits("10:00-10:30")}

        assert lanes_free_at(FIRST_VISIT, lanes, cell("09:00")) == [21, 22]
        assert lanes_free_at(FIRST_VISIT, lanes, cell("09:05")) == []

    def test_lane_is_not_listed_when_all_are_taken(self) -> None:
        assert lanes_free_at(FOLLOW_UP, {21: bits("09:00-09:05")}, cell("09:00")) == []


class TestClockChanges:
    @pytest.mark.parametrize(
        ("zone", "day", "expected"),
        [
            (NEW_YORK, "2027-03-14", ["00:00", "01:00", "03:00", "04:00", "05:00"]),
            (NEW_YORK, "2027-11-07", ["00:00", "01:00", "02:00", "03:00", "04:00", "05:00"]),
            (LONDON, "2027-03-28", ["00:00", "02:00", "03:00", "04:00", "05:00"]),
            (LONDON, "2027-10-31", ["00:00", "01:00", "02:00", "03:00", "04:00", "05:00"]),
            (SYDNEY, "2027-10-03", ["00:00", "01:00", "03:00", "04:00", "05:00"]),
            (SYDNEY, "2027-04-04", ["00:00", "01:00", "02:00", "03:00", "04:00", "05:00"]),
            (LORD_HOWE, "2027-10-03", ["00:00", "01:00", "03:00", "04:00", "05:00"]),
            (LORD_HOWE, "2027-04-04", ["00:00", "01:00", "02:00", "03:00", "04:00", "05:00"]),
        ],
    )
    def test_each_local_time_that_exists_is_offered_once(
        self, zone: ZoneInfo, day: str, expected: list[str]
    ) -> None:
        date = dt.date.fromisoformat(day)
        bounds = day_bounds(zone, date)
        grid = Grid.covering(bounds.starts_at, bounds.ends_at)
        night = Roster((WeeklyHours(7, dt.time(0), dt.time(6), dt.date(2027, 1, 1)),))
        on_duty = grid.bits_of(
            stretches(night, zone, date, date + dt.timedelta(days=1)), outward=False
        )
        space = SearchSpace(
            grid=grid,
            allowed=grid.mask & ~twice_over(grid, zone),
            steps=start_cells_on_step(grid, zone, 60),
            rooms=(0,),
            client_taken=0,
        )

        (found,) = free_starts(FOLLOW_UP, space, [PractitionerTime(1, on_duty, 0, 0, (0,))])

        offered = [f"{grid.instant(at).astimezone(zone):%H:%M}" for at in cells_in(found.starts)]
        assert offered == expected


def test_block_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="not empty"):
        Block(0, 0)
    with pytest.raises(ValueError, match="lies in the visit"):
        Block(-1, 3)
