"""When a client is asked back: recalls, courses that wait, and the clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.factories.clinic import at
from treatments.domain.drifting import CourseDates
from treatments.domain.overdue import overdue_since
from treatments.domain.recalls import Recall, due_recall
from treatments.domain.spacing import GapRule, Pause
from treatments.domain.timing import moment

NEW_YORK, LONDON = ZoneInfo("America/New_York"), ZoneInfo("Europe/London")
DUE = date(2027, 7, 6)
DAY = timedelta(days=1)
RULES = {Recall.BEFORE: -14 * DAY, Recall.DUE: timedelta(0), Recall.AFTER: 28 * DAY}


def recall(now: datetime, rules=RULES, due=DUE):
    found = due_recall(due, rules, NEW_YORK, now)
    return found.recall if found else None


@pytest.mark.parametrize(
    ("on", "hour", "expected"),
    [
        (date(2027, 6, 22), 8, None),
        (date(2027, 6, 22), 9, Recall.BEFORE),
        (date(2027, 6, 29), 9, Recall.BEFORE),
        (date(2027, 6, 29), 10, None),
        (date(2027, 7, 6), 8, None),
        (date(2027, 7, 6), 9, Recall.DUE),
        (date(2027, 7, 20), 12, None),
        (date(2027, 8, 3), 9, Recall.AFTER),
        (date(2027, 8, 10), 10, None),
    ],
)
def test_recalls_come_two_weeks_before_on_the_day_and_four_weeks_after(on, hour, expected) -> None:
    assert recall(at(on, hour)) == expected


def test_recall_that_is_switched_off_is_not_sent() -> None:
    rules = {Recall.AFTER: 28 * DAY}

    assert recall(at(DUE, 12), rules) is None


@pytest.mark.parametrize("due", [date(2027, 3, 28), date(2027, 11, 21)])
def test_recalls_keep_nine_in_the_morning_over_clock_changes(due) -> None:
    """Two weeks before 28 March and 21 November the clocks of New York change."""
    nine = at(due - 14 * DAY, 9)

    found = due_recall(due, RULES, NEW_YORK, nine)

    assert found is not None
    assert found.due_at == nine
    assert recall(nine - timedelta(minutes=1), due=due) is None


@pytest.mark.parametrize(
    ("on", "utc_hour"), [(date(2027, 3, 27), 7), (date(2027, 3, 28), 6), (date(2027, 10, 31), 7)]
)
def test_seven_hours_after_midnight_is_seven_on_the_day_of_a_clock_change(on, utc_hour) -> None:
    found = moment(on, timedelta(hours=7), LONDON)

    assert found == datetime(on.year, on.month, on.day, utc_hour, tzinfo=UTC)


def test_days_before_midnight_are_days_of_the_calendar() -> None:
    assert moment(date(2027, 3, 29), timedelta(days=-2, hours=9), LONDON) == datetime(
        2027, 3, 27, 9, tzinfo=UTC
    )


LAST = date(2027, 6, 1)


def course(**fields) -> CourseDates:
    dates = {
        "dates": [LAST, None, None],
        "done": 1,
        "last_date": LAST,
        "next_date": None,
        "ended": ["completed"],
        "rules": [GapRule(), GapRule()],
    }
    return CourseDates(**{**dates, **fields})


def test_course_waits_from_the_day_after_the_recommended_maximum() -> None:
    asked = [overdue_since(course(), date(2027, 6, day)) for day in (15, 16, 30)]

    assert asked == [None, date(2027, 6, 16), date(2027, 6, 16)]


def test_course_with_a_visit_booked_or_left_open_does_not_wait() -> None:
    booked = course(next_date=date(2027, 7, 20), dates=[LAST, date(2027, 7, 20), None])
    left_open = course(next_date=date(2027, 6, 8), dates=[LAST, date(2027, 6, 8), None])

    assert [overdue_since(item, date(2027, 7, 1)) for item in (booked, left_open)] == [None, None]


def test_paused_days_do_not_count() -> None:
    paused = course(pauses=(Pause(date(2027, 6, 10), date(2027, 6, 20)),))

    asked = [overdue_since(paused, date(2027, 6, day)) for day in (18, 25, 26, 30)]

    assert asked == [None, None, date(2027, 6, 26), date(2027, 6, 26)]


def test_course_of_which_nothing_is_done_does_not_wait() -> None:
    assert overdue_since(course(dates=[None] * 3, done=0, last_date=None), date(2027, 9, 1)) is None
