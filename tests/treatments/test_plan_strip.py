"""A plan as a small calendar: which months are named, and where the sessions stand."""

from datetime import date, timedelta

from treatments.views.plan_strip import plan_strip


def strip_of(first: date, count: int, gap: int = 7):
    dates = [first + timedelta(days=gap * n) for n in range(count)]
    return plan_strip([(on, number, "open") for number, on in enumerate(dates, 1)])


def test_every_month_of_some_weeks_is_named_though_the_first_has_only_one():
    strip = strip_of(date(2026, 12, 22), 10)

    assert [(text.text, text.x) for text in strip.months] == [
        ("Dec", 26),
        ("Jan", 74),
        ("Feb", 170),
    ]


def test_month_named_stands_over_a_week_of_its_own():
    strip = strip_of(date(2027, 6, 8), 10)

    assert [(text.text, text.x) for text in strip.months] == [
        ("Jun", 26),
        ("Jul", 98),
        ("Aug", 194),
    ]


def test_session_stands_in_the_column_of_its_week_and_the_row_of_its_day():
    strip = strip_of(date(2027, 6, 8), 2, gap=9)

    assert [(dot.x, dot.y, dot.number) for dot in strip.dots] == [(36, 58, 1), (60, 106, 2)]
    assert strip.label == "2 sessions over 2 weeks"
    assert len(strip.blanks) == 12
