"""A plan as the hands see it: blocks of hands-on time, and which one takes the needles out."""

import datetime as dt

from bookings.domain.lifecycle import State
from bookings.domain.needling import Stage
from bookings.domain.running import HandsTask, Run, Work, expected, next_for_hands
from bookings.domain.runs import HandsBlock, Outline, outline_of
from clinic.domain.segments import SegmentPlan

TEN = dt.datetime(2027, 6, 7, 14, tzinfo=dt.UTC)


def part(kind: str, minutes: int, holds: str) -> SegmentPlan:
    return SegmentPlan(kind, minutes, "p" in holds, "c" in holds, "r" in holds)


def minute(number: int) -> dt.datetime:
    return TEN + dt.timedelta(minutes=number)


FIRST_VISIT = (
    part("consultation", 30, "pcr"),
    part("insertion", 15, "pcr"),
    part("retention", 25, "cr"),
    part("removal", 15, "pcr"),
    part("aftercare", 5, "cr"),
    part("turnover", 10, "r"),
)
LOOKED_IN = (
    part("insertion", 20, "pcr"),
    part("retention", 10, "cr"),
    part("massage", 5, "pcr"),
    part("retention", 15, "cr"),
    part("removal", 15, "pcr"),
)
HELD = (
    part("insertion", 20, "pcr"),
    part("retention", 15, "pcr"),
    part("removal", 15, "pcr"),
    part("massage", 10, "pcr"),
)


def run(plan: tuple[SegmentPlan, ...], **fields) -> Run:
    fields = {"state": State.IN_SESSION, "begun_at": TEN, **fields}
    return Run(id=1, practitioner=7, room=11, plan=plan, starts_at=TEN, **fields)


def test_adjoining_hands_are_one_block_and_the_removal_another():
    assert outline_of(FIRST_VISIT) == Outline(
        blocks=(HandsBlock(0, 45), HandsBlock(70, 15)),
        after_insertion=1,
        removal=1,
        insertion_minutes=45,
        client_minutes=90,
        turnover_minutes=10,
    )


def test_look_in_is_a_block_before_the_removal():
    outline = outline_of(LOOKED_IN)

    assert outline.blocks == (HandsBlock(0, 20), HandsBlock(30, 5), HandsBlock(50, 15))
    assert (outline.after_insertion, outline.removal) == (1, 2)


def test_hands_that_stay_during_the_rest_are_cut_where_it_begins_and_ends():
    outline = outline_of(HELD)

    assert outline.blocks == (HandsBlock(0, 20), HandsBlock(20, 15), HandsBlock(35, 25))
    assert (outline.after_insertion, outline.removal) == (1, 2)


def test_visit_without_rest_has_no_removal():
    outline = outline_of((part("consultation", 30, "pcr"),))

    assert (outline.after_insertion, outline.removal, outline.insertion_minutes) == (None, None, 0)


def test_rest_that_nobody_ends_has_no_removal():
    outline = outline_of((part("insertion", 20, "pcr"), part("retention", 25, "cr")))

    assert (outline.blocks, outline.removal, outline.client_minutes) == (
        (HandsBlock(0, 20),), None, 45,
    )  # fmt: skip


def test_look_in_comes_before_the_removal_and_is_passed_by_the_clock():
    lying = run(LOOKED_IN, in_count=40, in_at=minute(22))

    # Both rests are one retention of 25 minutes.
    assert next_for_hands([lying], minute(25)) == [
        HandsTask(1, Work.TREATMENT, minute(32)),
        HandsTask(1, Work.REMOVAL, minute(47)),
    ]
    assert next_for_hands([lying], minute(34)) == [HandsTask(1, Work.REMOVAL, minute(47))]


def test_massage_after_the_removal_is_part_of_its_block():
    out = run(HELD, in_count=40, in_at=minute(20), out_count=40, out_at=minute(38))

    assert expected([out], minute(40))[1].ends_at == minute(60)


def test_two_plans_that_wait_for_one_another_still_go_on():
    long_lead = (part("aftercare", 40, "cr"), part("insertion", 20, "pcr"))
    short = (part("insertion", 20, "pcr"),)
    runs = [
        Run(id=1, practitioner=7, room=11, plan=long_lead, starts_at=TEN, state=State.BOOKED),
        Run(id=2, practitioner=7, room=11, plan=short, starts_at=minute(5), state=State.BOOKED),
    ]

    assert expected(runs, TEN).keys() == {1, 2}


def test_stage_and_due_time_follow_from_what_was_recorded():
    lying = run(FIRST_VISIT, in_count=40, in_at=minute(45))
    out = run(FIRST_VISIT, in_count=40, in_at=minute(45), out_count=38, out_at=minute(72))

    assert (lying.stage, lying.due_at) == (Stage.IN, minute(70))
    assert (out.stage, out.due_at) == (Stage.UNEQUAL, None)
