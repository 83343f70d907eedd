import datetime as dt

import pytest

from treatments.domain.bends import Bend, BendKind, bends_of_gap, bends_of_slot
from treatments.domain.spacing import GapRule
from treatments.domain.wishes import Hours, PlanWeights, SlotCosts, Wishes

TUESDAY, WEDNESDAY = 2, 3


def costs(wishes: Wishes) -> SlotCosts:
    return SlotCosts(wishes, PlanWeights())


def test_hours_hold_their_first_minute_and_not_their_end() -> None:
    evening = Hours(1020, 1140)

    assert [evening.holds(minute) for minute in (1019, 1020, 1139, 1140)] == [
        *(False, True, True, False)
    ]


@pytest.mark.parametrize(("first", "end"), [(600, 600), (-1, 60), (600, 1441)])
def test_hours_that_are_empty_or_leave_the_day_are_refused(first: int, end: int) -> None:
    with pytest.raises(ValueError, match="within one day"):
        Hours(first, end)


def test_weekday_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="weekdays"):
        Wishes(rather_weekdays=frozenset({0}))


def test_minute_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="minute of the day"):
        Wishes(around_minute=1440)


def test_negative_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="weight"):
        PlanWeights(move=-1)


def test_slot_outside_days_and_hours_costs_once() -> None:
    wished = costs(Wishes(rather_weekdays=frozenset({2}), rather_hours=Hours(600, 720)))

    assert wished.of_start(TUESDAY, 600) == 0
    assert wished.of_start(TUESDAY, 720) == 25
    assert wished.of_start(WEDNESDAY, 600) == 25
    assert wished.of_start(WEDNESDAY, 720) == 25


@pytest.mark.parametrize(
    ("minute", "cost"), [(1020, 0), (1021, 1), (1050, 1), (1051, 2), (990, 1), (960, 2), (0, 34)]
)
def test_each_started_half_hour_from_the_wished_time_costs_one(minute: int, cost: int) -> None:
    assert costs(Wishes(around_minute=1020)).of_start(TUESDAY, minute) == cost


def test_other_than_the_wished_practitioner_costs_forty() -> None:
    wished = costs(Wishes(rather_practitioner_id=7))

    assert [wished.of_practitioner(who) for who in (7, 8)] == [0, 40]


def test_only_admits_and_rather_does_not_exclude() -> None:
    wished = costs(
        Wishes(
            only_weekdays=frozenset({2}),
            only_hours=Hours(600, 720),
            only_practitioner_id=7,
            rather_hours=Hours(600, 660),
        )
    )

    assert [wished.admits_weekday(day) for day in (TUESDAY, WEDNESDAY)] == [True, False]
    assert [wished.admits_minute(minute) for minute in (599, 600, 719, 720)] == [
        *(False, True, True, False)
    ]
    assert [wished.admits_practitioner(who) for who in (7, 8)] == [True, False]


def test_ranked_minutes_come_cheapest_first_and_only_if_admitted() -> None:
    wished = costs(Wishes(only_hours=Hours(600, 660), around_minute=615))

    ranked = wished.ranked_minutes(TUESDAY, 15)

    assert ranked == [(0, 1 << 41), (1, 1 << 40 | 1 << 42 | 1 << 43)]


@pytest.mark.parametrize(
    ("days", "excess", "bends"),
    [
        (7, 0, []),
        (14, 0, []),
        (5, 0, [Bend(BendKind.GAP_TOO_SHORT, 2)]),
        (20, 0, [Bend(BendKind.GAP_TOO_LONG, 6)]),
        (30, 2, [Bend(BendKind.GAP_TOO_LONG, 16), Bend(BendKind.OVER_CEILING, 2)]),
    ],
)
def test_gap_bends_by_the_days_outside_its_window(
    days: int, excess: int, bends: list[Bend]
) -> None:
    assert bends_of_gap(GapRule(), days, excess) == bends


def test_slot_bends_say_each_wish_missed() -> None:
    wishes = Wishes(
        only_weekdays=frozenset({2}),
        rather_hours=Hours(600, 720),
        around_minute=610,
        rather_practitioner_id=7,
    )

    assert bends_of_slot(wishes, dt.date(2026, 11, 24), 610, 7) == []
    assert bends_of_slot(wishes, dt.date(2026, 11, 25), 800, 8) == [
        Bend(BendKind.OTHER_DAY),
        Bend(BendKind.OTHER_HOURS),
        Bend(BendKind.AWAY_FROM_TIME, 190),
        Bend(BendKind.OTHER_PRACTITIONER),
    ]
