"""The house style of times, days and money."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from clinic import formatting

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (time(14), "2pm"),
        (time(17, 30), "5:30pm"),
        (time(12), "midday"),
        (time(12, 5), "12:05pm"),
        (time(0), "midnight"),
        (time(0, 15), "12:15am"),
        (time(9, 5), "9:05am"),
    ],
)
def test_clock_writes_times_as_people_say_them(at, words):
    assert formatting.clock(at) == words


def test_when_uses_the_local_clock_across_the_change():
    before = datetime(2027, 3, 13, 18, 0, tzinfo=UTC)
    after = datetime(2027, 3, 14, 18, 0, tzinfo=UTC)

    assert formatting.when(before, NEW_YORK) == "Saturday 13 March, 1pm"
    assert formatting.when(after, NEW_YORK, with_year=True) == "Sunday 14 March 2027, 2pm"


def test_near_day_says_today_tomorrow_and_the_year_where_it_differs():
    today = date(2027, 12, 30)

    assert [formatting.near_day(date(2027, 12, d), today) for d in (30, 31)] == [
        "Today",
        "Tomorrow",
    ]
    assert formatting.near_day(date(2027, 6, 9), today) == "Wednesday 9 June"
    assert formatting.near_day(date(2028, 1, 4), today) == "Tuesday 4 January 2028"


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("160.00", "USD", "$160"),
        ("12.50", "USD", "$12.50"),
        ("0.00", "USD", "free"),
        ("1200", "CHF", "1,200 CHF"),
    ],
)
def test_price_drops_empty_cents(amount, currency, words):
    assert formatting.price(Decimal(amount), currency) == words


def test_lengths_know_one_and_many():
    assert [formatting.minutes_words(n) for n in (1, 90)] == ["1 minute", "90 minutes"]
    assert [formatting.minutes_words(n) for n in (91, 120, 227)] == [
        "1 h 31 min",
        "2 h",
        "3 h 47 min",
    ]
    assert [formatting.minutes_figures(n) for n in (1, 90, 227)] == [
        "1 min",
        "90 min",
        "3 h 47 min",
    ]
    assert [formatting.hours_words(n) for n in (1, 24)] == ["1 hour", "24 hours"]
