"""When reminders go out: never in the night, never later than the rule, never silly."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.domain.reminders import (
    DueReminder,
    Reminder,
    VisitTime,
    due_reminders,
    planned_reminders,
    starts_to_look_at,
)
from clinic.domain.quiet import is_quiet
from tests.factories.clinic import NEW_YORK, at

FIRST, EARLY, LAST = Reminder.FIRST, Reminder.EARLY, Reminder.LAST
RULES = {FIRST: timedelta(days=-7), EARLY: timedelta(days=-3), LAST: timedelta(hours=-28)}
LONG_AGO = datetime(2027, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def visit(starts_at: datetime, *, since: datetime = LONG_AGO, late: int = 24, **changes):
    return VisitTime(starts_at, since, changes.pop("zone", NEW_YORK), late, **changes)


def moments(asked: VisitTime, rules=RULES) -> dict[Reminder, datetime]:
    return {item.reminder: item.due_at for item in planned_reminders(asked, rules)}


def test_follow_up_is_reminded_of_twice() -> None:
    thursday = at(date(2027, 6, 17), 14)

    assert moments(visit(thursday)) == {
        EARLY: at(date(2027, 6, 14), 14),
        LAST: at(date(2027, 6, 16), 10),
    }


def test_first_visit_is_prepared_a_week_before() -> None:
    thursday = at(date(2027, 6, 17), 14)

    assert moments(visit(thursday, is_first_visit=True))[FIRST] == at(date(2027, 6, 10), 14)


def test_visit_in_the_early_morning_gets_its_last_reminder_while_it_can_still_be_moved() -> None:
    tuesday = at(date(2027, 6, 15), 8, 30)

    last = moments(visit(tuesday))[LAST]

    assert last == at(date(2027, 6, 13), 19, 30)
    assert tuesday - last > timedelta(hours=24)


def test_longer_window_for_changes_pulls_the_last_reminder_before_it() -> None:
    friday = at(date(2027, 6, 18), 14)

    assert moments(visit(friday, late=48))[LAST] == at(date(2027, 6, 16), 10)


def test_last_reminder_takes_the_place_of_an_early_one_close_to_it() -> None:
    friday = at(date(2027, 6, 18), 14)

    assert moments(visit(friday, late=66)) == {LAST: at(date(2027, 6, 15), 16)}


@pytest.mark.parametrize(
    ("starts_at", "early", "last"),
    [
        # Clocks go forward on Sunday 14 March 2027: 28 real hours, three days on the calendar.
        (
            at(date(2027, 3, 15), 10),
            datetime(2027, 3, 12, 15, tzinfo=UTC),
            datetime(2027, 3, 14, 0, 30, tzinfo=UTC),
        ),
        (
            at(date(2027, 3, 15), 15),
            datetime(2027, 3, 12, 20, tzinfo=UTC),
            datetime(2027, 3, 14, 15, tzinfo=UTC),
        ),
        # And back on Sunday 7 November 2027.
        (
            at(date(2027, 11, 8), 15),
            datetime(2027, 11, 5, 19, tzinfo=UTC),
            datetime(2027, 11, 7, 16, tzinfo=UTC),
        ),
    ],
)
def test_clock_changes_shift_no_reminder(starts_at, early, last) -> None:
    assert moments(visit(starts_at)) == {EARLY: early, LAST: last}


def test_rule_switched_off_sends_nothing() -> None:
    thursday = at(date(2027, 6, 17), 14)

    assert moments(visit(thursday), {LAST: RULES[LAST]}) == {LAST: at(date(2027, 6, 16), 10)}


@pytest.mark.parametrize(
    ("booked", "sent"),
    [
        (at(date(2027, 6, 14), 1), {EARLY, LAST}),
        (at(date(2027, 6, 14), 3), {LAST}),
        (at(date(2027, 6, 15), 21), {LAST}),
        (at(date(2027, 6, 15), 23), set()),
        (at(date(2027, 6, 17), 9), set()),
    ],
)
def test_visit_booked_shortly_before_a_reminder_gets_none(booked, sent) -> None:
    thursday = at(date(2027, 6, 17), 14)

    assert set(moments(visit(thursday, since=booked))) == sent


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (at(date(2027, 6, 16), 9, 59), []),
        (at(date(2027, 6, 16), 10), [LAST]),
        (at(date(2027, 6, 16), 15), [LAST]),
        (at(date(2027, 6, 17), 10), [LAST]),
        (at(date(2027, 6, 17), 10, 1), []),
    ],
)
def test_overdue_reminder_is_sent_while_it_makes_sense(now, due) -> None:
    thursday = at(date(2027, 6, 17), 14)

    assert [item.reminder for item in due_reminders(visit(thursday), RULES, now)] == due


def test_of_two_reminders_that_a_long_pause_held_up_only_the_newer_is_sent() -> None:
    friday = visit(at(date(2027, 6, 18), 14), late=46)

    found = due_reminders(friday, RULES, at(date(2027, 6, 16), 13))

    assert [item.reminder for item in found] == [LAST]
    assert moments(friday)[EARLY] == at(date(2027, 6, 15), 14)


YEAR = 366 * 24 * 12
INSTANTS = st.integers(0, 2 * YEAR).map(lambda steps: LONG_AGO + steps * timedelta(minutes=5))
ZONES = st.sampled_from(
    ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kolkata"]
).map(ZoneInfo)
VISITS = st.builds(
    VisitTime,
    starts_at=INSTANTS,
    since=INSTANTS,
    zone=ZONES,
    late_change_hours=st.integers(0, 96),
    is_first_visit=st.booleans(),
)
SOME_RULES = st.fixed_dictionaries(
    {},
    optional={
        reminder: st.integers(1, 30 * 24).map(lambda hours: -timedelta(hours=hours))
        for reminder in Reminder
    },
)


@given(VISITS, SOME_RULES)
def test_reminders_are_never_at_night_late_or_close_to_one_another(asked, rules) -> None:
    found = list(planned_reminders(asked, rules))

    for item in found:
        assert not is_quiet(item.due_at, asked.zone)
        # An hour for what a clock change adds to whole days.
        assert item.due_at <= asked.starts_at + rules[item.reminder] + HOUR
        assert asked.since + 12 * HOUR <= item.due_at <= item.until <= asked.starts_at - 3 * HOUR
        assert item.until - item.due_at <= 24 * HOUR
    pairs = [(a.due_at, b.due_at) for a in found for b in found if a is not b]
    assert all(abs(a - b) >= 12 * HOUR for a, b in pairs)
    # Held up for long, the earlier one is left out well before the later one is due.
    assert all(
        a.until + 6 * HOUR <= b
        for a in found
        for b in moments(asked, rules).values()
        if a.due_at < b
    )
    last = [item for item in found if item.reminder is LAST]
    assert all(
        asked.starts_at - item.due_at > timedelta(hours=asked.late_change_hours) for item in last
    )


@given(VISITS, SOME_RULES, st.integers(0, 24 * 60))
def test_search_window_holds_every_visit_with_a_reminder_due(asked, rules, minutes) -> None:
    for item in planned_reminders(asked, rules):
        now = min(item.due_at + timedelta(minutes=minutes), item.until)

        assert item in due_reminders(asked, rules, now)
        first, last = starts_to_look_at(
            item.reminder, rules[item.reminder], asked.late_change_hours, asked.zone, now
        )
        assert first <= asked.starts_at <= last


def test_due_reminder_says_when_it_is_of_no_use_any_more() -> None:
    thursday = at(date(2027, 6, 17), 14)

    found = due_reminders(visit(thursday), RULES, at(date(2027, 6, 16), 11))

    assert found == [DueReminder(LAST, at(date(2027, 6, 16), 10), at(date(2027, 6, 17), 10))]
