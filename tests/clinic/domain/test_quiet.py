"""Quiet hours, in local time, on both days of a clock change too."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.quiet import is_quiet, pulled_earlier, when_not_quiet

NEW_YORK = ZoneInfo("America/New_York")
START = datetime(2026, 1, 1, tzinfo=UTC)


def local(day: int, hour: int, minute: int = 0, month: int = 6) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"),
    [(8, 59, True), (9, 0, False), (19, 59, False), (20, 0, True), (0, 0, True)],
)
def test_window_opens_at_nine_and_ends_at_twenty(hour, minute, quiet) -> None:
    assert is_quiet(local(8, hour, minute), NEW_YORK) is quiet


def test_moment_of_the_night_is_pulled_to_the_evening_before() -> None:
    assert pulled_earlier(local(8, 4, 30), NEW_YORK) == local(7, 19, 30)
    assert pulled_earlier(local(8, 21), NEW_YORK) == local(8, 19, 30)


def test_moment_of_the_day_stays() -> None:
    assert pulled_earlier(local(8, 12), NEW_YORK) == local(8, 12)
    assert when_not_quiet(local(8, 12), NEW_YORK) == local(8, 12)


def test_what_is_late_waits_for_the_next_morning() -> None:
    assert when_not_quiet(local(8, 4, 30), NEW_YORK) == local(8, 9)
    assert when_not_quiet(local(8, 20), NEW_YORK) == local(9, 9)


@pytest.mark.parametrize("day", [(3, 14), (11, 7)])
def test_night_of_a_clock_change_keeps_local_hours(day) -> None:
    month, of_month = day
    change = local(of_month, 5, month=month)

    assert pulled_earlier(change, NEW_YORK) == local(of_month - 1, 19, 30, month=month)
    assert when_not_quiet(change, NEW_YORK) == local(of_month, 9, month=month)


@given(
    at=st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes)),
    zone=st.sampled_from(["America/New_York", "Europe/London", "Australia/Lord_Howe"]),
)
def test_pulled_is_never_later_and_waiting_never_earlier(at, zone) -> None:
    there = ZoneInfo(zone)

    assert pulled_earlier(at, there) <= at <= when_not_quiet(at, there)
    assert not is_quiet(pulled_earlier(at, there), there)
    assert not is_quiet(when_not_quiet(at, there), there)
