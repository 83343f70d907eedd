"""Which dates of somebody's visits need cover."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from bookings.domain.cover import dates_to_cover
from clinic.domain.credentials import ALWAYS, ONE_DAY, QualifiedSpan, span_on

TODAY = dt.date(2027, 6, 7)
YESTERDAY = TODAY - ONE_DAY
FOR_EVER = dt.date.max


def day(number: int) -> dt.date:
    return TODAY + number * ONE_DAY


def test_nothing_where_papers_never_end():
    assert dates_to_cover(ALWAYS, YESTERDAY, TODAY) == ()


def test_everything_where_there_is_no_paper():
    assert dates_to_cover((), YESTERDAY, TODAY) == ((YESTERDAY, FOR_EVER),)


def test_dates_after_the_last_valid_one():
    spans = (QualifiedSpan(day(-100), day(20)),)

    assert dates_to_cover(spans, YESTERDAY, TODAY) == ((day(21), FOR_EVER),)


def test_gap_between_two_papers():
    spans = (QualifiedSpan(day(-100), day(5)), QualifiedSpan(day(9), FOR_EVER))

    assert dates_to_cover(spans, YESTERDAY, TODAY) == ((day(6), day(8)),)


def test_renewals_count_fourteen_days_before_the_visit():
    spans = (
        QualifiedSpan(day(-100), day(3)),
        QualifiedSpan(day(4), day(123), book_by=day(3)),
    )

    assert dates_to_cover(spans, YESTERDAY, TODAY) == (
        (day(4), day(14)),
        (day(124), FOR_EVER),
    )


def test_renewal_that_is_far_away_needs_no_cover_yet():
    spans = (
        QualifiedSpan(day(-100), day(40)),
        QualifiedSpan(day(41), day(160), book_by=day(40)),
    )

    assert dates_to_cover(spans, YESTERDAY, TODAY) == ((day(161), FOR_EVER),)


@st.composite
def some_spans(draw: st.DrawFn) -> tuple[QualifiedSpan, ...]:
    edges = sorted(draw(st.sets(st.integers(-20, 60), max_size=10)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple(
        QualifiedSpan(day(first), day(last - 1), draw(st.sampled_from([None, TODAY])))
        for first, last in pairs
    )


@given(some_spans())
def test_ranges_are_what_each_date_says(spans):
    ranges = dates_to_cover(spans, YESTERDAY, TODAY)

    for number in range(-1, 80):
        found = span_on(spans, day(number))
        is_fine = found is not None and (found.book_by is None or number > 14)
        assert any(first <= day(number) <= last for first, last in ranges) == (not is_fine)
