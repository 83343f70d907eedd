"""What papers say, by example, and against the slow definition date by date."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.credentials import (
    ALWAYS,
    ONE_DAY,
    OPEN_TO,
    Check,
    HeldType,
    Paper,
    QualifiedSpan,
    Result,
    Standing,
    TypeRules,
    claims,
    is_bookable_from,
    is_firm,
    is_qualified,
    may_decide,
    qualified_spans,
    span_on,
    spans_of_type,
    standing_on,
)
from tests.clinic.domain import papers_by_hand as by_hand

FACIAL, LEGS = 1, 2
FIRST = dt.date(2027, 1, 1)
LAST = dt.date(2027, 6, 30)


def paper(*results, number=1, issued=FIRST, expires=LAST, **answers) -> Paper:
    """Make a paper whose checks come one after the other."""
    checks = tuple(
        item if isinstance(item, Check) else Check(10 * number + place, item, **answers)
        for place, item in enumerate(results)
    )
    return Paper(number, issued, expires, checks)


def span(first, last, book_by=None) -> QualifiedSpan:
    return QualifiedSpan(first, last, book_by)


def held(*papers, **rules) -> HeldType:
    return HeldType(TypeRules(**rules), papers)


@pytest.mark.parametrize(
    ("results", "on_last_date", "day_after"),
    [
        ([], Standing.SUBMITTED, Standing.SUBMITTED),
        ([Result.MORE_ASKED], Standing.SUBMITTED, Standing.SUBMITTED),
        ([Result.VERIFIED], Standing.VERIFIED, Standing.EXPIRED),
        ([Result.VERIFIED, Result.MORE_ASKED], Standing.VERIFIED, Standing.EXPIRED),
        ([Result.REJECTED], Standing.REJECTED, Standing.REJECTED),
        ([Result.VERIFIED, Result.SUSPENDED], Standing.SUSPENDED, Standing.SUSPENDED),
        ([Result.VERIFIED, Result.REVOKED], Standing.REVOKED, Standing.REVOKED),
        ([Result.VERIFIED, Result.REVOKED, Result.VERIFIED], Standing.VERIFIED, Standing.EXPIRED),
        (
            [Result.VERIFIED, Result.RENEWAL_PENDING],
            Standing.RENEWAL_PENDING,
            Standing.RENEWAL_PENDING,
        ),
    ],
)
def test_standing_follows_the_newest_decision_and_the_date(results, on_last_date, day_after):
    row = paper(*results)

    assert [standing_on(row, LAST), standing_on(row, LAST + ONE_DAY)] == [on_last_date, day_after]


def test_pending_renewal_ends_thirty_days_after_expiry():
    row = paper(Result.VERIFIED, Result.RENEWAL_PENDING)
    thirtieth = dt.date(2027, 7, 30)

    assert standing_on(row, thirtieth) is Standing.RENEWAL_PENDING
    assert standing_on(row, thirtieth + ONE_DAY) is Standing.EXPIRED
    assert spans_of_type(held(row), FACIAL) == (span(FIRST, thirtieth),)


def test_paper_without_an_end_counts_for_ever():
    row = paper(Result.VERIFIED, issued=None, expires=None)

    assert qualified_spans([held(row)], FACIAL) == ALWAYS
    assert standing_on(row, dt.date.max) is Standing.VERIFIED


def test_last_date_of_all_is_no_trap():
    row = paper(Result.VERIFIED, Result.RENEWAL_PENDING, expires=dt.date.max)

    spans = spans_of_type(held(row, book_past_expiry_days=120), FACIAL)

    assert spans == (span(FIRST, dt.date.max),)
    assert may_decide(row, Result.VERIFIED, dt.date.max)


def test_renewal_speaks_from_its_first_date_and_leaves_no_gap():
    old = paper(Result.VERIFIED, number=1)
    renewal = paper(
        Result.VERIFIED, number=2, issued=dt.date(2027, 6, 1), expires=dt.date(2028, 5, 31)
    )

    assert claims([old, renewal]) == [
        (old, FIRST, dt.date(2027, 5, 31)),
        (renewal, dt.date(2027, 6, 1), dt.date(2028, 5, 31)),
    ]


def test_shorter_paper_issued_later_leaves_the_rest_to_the_older_one():
    old = paper(Result.VERIFIED, number=1, expires=dt.date(2027, 12, 31))
    short = paper(
        Result.VERIFIED, number=2, issued=dt.date(2027, 3, 1), expires=dt.date(2027, 3, 31)
    )

    assert claims([old, short]) == [
        (old, FIRST, dt.date(2027, 2, 28)),
        (short, dt.date(2027, 3, 1), dt.date(2027, 3, 31)),
        (old, dt.date(2027, 4, 1), dt.date(2027, 12, 31)),
    ]


def test_renewal_that_waits_or_was_rejected_takes_nothing_away():
    old = paper(Result.VERIFIED, number=1)

    for results in ([], [Result.REJECTED], [Result.MORE_ASKED]):
        assert claims([old, paper(*results, number=2)]) == [(old, FIRST, LAST)]


@pytest.mark.parametrize("no", [Result.SUSPENDED, Result.REVOKED])
def test_suspension_or_revocation_bars_all_papers_of_the_type(no):
    older = paper(Result.VERIFIED, number=1)
    newer = paper(Result.VERIFIED, no, number=2, expires=dt.date(2028, 6, 30))

    assert claims([older, newer]) == []


@pytest.mark.parametrize("later", [Result.REJECTED, Result.MORE_ASKED, Result.RENEWAL_PENDING])
def test_bar_outlives_everything_but_a_verification(later):
    older = paper(Result.VERIFIED, number=1)
    suspended = paper(Result.VERIFIED, Result.SUSPENDED, number=2)
    other = paper(later, number=3)

    assert claims([older, suspended, other]) == []


def test_verification_of_another_paper_lifts_the_bar():
    suspended = paper(Result.VERIFIED, Result.SUSPENDED, number=1)
    other = paper(Result.VERIFIED, number=2)

    assert claims([suspended, other]) == [(other, FIRST, LAST)]


def test_condition_bars_one_service_and_no_other():
    row = paper(Result.VERIFIED, barred=frozenset({LEGS}))

    assert spans_of_type(held(row), LEGS) == ()
    assert spans_of_type(held(row), FACIAL) == (span(FIRST, LAST),)


def test_insurance_without_cosmetic_cover_counts_for_nothing():
    without = held(paper(Result.VERIFIED), must_cover_cosmetic=True)
    covering = held(paper(Result.VERIFIED, covers_cosmetic=True), must_cover_cosmetic=True)

    assert spans_of_type(without, FACIAL) == ()
    assert spans_of_type(covering, FACIAL) == (span(FIRST, LAST),)


def test_days_past_expiry_are_booked_until_the_expiry():
    spans = spans_of_type(held(paper(Result.VERIFIED), book_past_expiry_days=120), FACIAL)

    assert spans == (
        span(FIRST, LAST),
        span(dt.date(2027, 7, 1), dt.date(2027, 10, 28), book_by=LAST),
    )
    assert is_qualified(spans, dt.date(2027, 7, 1), today=LAST)
    assert not is_qualified(spans, dt.date(2027, 7, 1), today=dt.date(2027, 7, 1))
    assert not is_firm(spans, dt.date(2027, 7, 1))


def test_days_past_expiry_of_two_papers_are_booked_until_the_first_expiry():
    licence = held(paper(Result.VERIFIED), book_past_expiry_days=120)
    sooner = dt.date(2027, 5, 31)
    insurance = held(paper(Result.VERIFIED, expires=sooner), book_past_expiry_days=60)

    assert qualified_spans([licence, insurance], FACIAL) == (
        span(FIRST, sooner),
        span(dt.date(2027, 6, 1), LAST, book_by=sooner),
        span(dt.date(2027, 7, 1), dt.date(2027, 7, 30), book_by=sooner),
    )


def test_service_that_requires_nothing_is_open_to_all():
    assert qualified_spans([], FACIAL) == ALWAYS


def test_missing_paper_of_one_type_is_no():
    assert qualified_spans([held(paper(Result.VERIFIED)), held()], FACIAL) == ()


RENEWED_BY = dt.date(2027, 7, 30)


@pytest.mark.parametrize(
    ("today", "expected"), [(FIRST, True), (RENEWED_BY, True), (RENEWED_BY + ONE_DAY, False)]
)
def test_renewal_can_be_pending_for_thirty_days_only(today, expected):
    assert may_decide(paper(Result.VERIFIED), Result.RENEWAL_PENDING, today) is expected


def test_renewal_of_what_never_expires_is_never_pending():
    row = paper(Result.VERIFIED, expires=None)

    assert not may_decide(row, Result.RENEWAL_PENDING, FIRST)


START = dt.date(2027, 1, 1)
SHOWN = [START + dt.timedelta(days=day) for day in range(-10, 160)]
dates = st.integers(0, 80).map(lambda day: START + dt.timedelta(days=day))
spells = st.none() | st.integers(0, 60)
checks = st.tuples(
    st.sampled_from(Result), st.booleans(), st.frozensets(st.sampled_from([FACIAL, LEGS]))
)


@st.composite
def papers(draw: st.DrawFn) -> tuple[Paper, ...]:
    """Up to four papers of a type; their checks, in any order and any sequence, mixed."""
    count = draw(st.integers(0, 4))
    events = draw(st.lists(st.tuples(st.integers(0, 3), checks), max_size=10))
    rows = []
    for number in range(count):
        issued = draw(st.none() | dates)
        spell = draw(spells)
        expires = None if spell is None else (issued or START) + dt.timedelta(days=spell)
        own = tuple(
            Check(turn, result, covers, barred)
            for turn, (owner, (result, covers, barred)) in enumerate(events, start=1)
            if owner == number
        )
        rows.append(Paper(number + 1, issued, expires, own))
    return tuple(rows)


rules = st.builds(TypeRules, st.booleans(), st.sampled_from([0, 10, 29, 30, 31, 45]))
types = st.builds(HeldType, rules, papers())


@given(papers(), st.sampled_from(SHOWN))
def test_every_paper_has_the_one_standing_that_its_rows_and_the_date_give(rows, date):
    found = [standing_on(row, date) for row in rows]

    assert found == [by_hand.standing_by_hand(row, date) for row in rows]


@given(papers())
def test_one_paper_speaks_on_each_date_as_by_hand(rows):
    found = claims(rows)

    for date in SHOWN:
        speaking = [row for row, first, last in found if first <= date <= last]
        expected = by_hand.speaker_on(rows, date)
        assert speaking == ([] if expected is None else [expected])


@given(papers())
def test_no_paper_counts_past_its_end(rows):
    for row, _, last in claims(rows):
        if row.expires_date is not None:
            pending = by_hand.state_of(row) is Result.RENEWAL_PENDING
            assert last <= row.expires_date + dt.timedelta(days=30 if pending else 0)


@given(dates, st.integers(0, 60), st.integers(0, 60), st.integers(-20, 1))
def test_renewal_in_time_leaves_no_gap(issued, spell, next_spell, overlap):
    expires = issued + dt.timedelta(days=spell)
    begins = max(expires + dt.timedelta(days=overlap), issued)
    old = paper(Result.VERIFIED, number=1, issued=issued, expires=expires)
    ends = begins + dt.timedelta(days=next_spell)
    renewal = paper(Result.VERIFIED, number=2, issued=begins, expires=ends)

    spans = spans_of_type(held(old, renewal), FACIAL)

    day = issued
    while day <= max(expires, ends):
        assert is_firm(spans, day)
        day += ONE_DAY


@given(types, st.sampled_from([FACIAL, LEGS]))
def test_spans_of_a_type_say_what_is_true_day_by_day(one, service):
    spans = spans_of_type(one, service)

    for date in SHOWN:
        assert _said(spans, date) == by_hand.answer_on(one, service, date)


@given(st.lists(types, max_size=3), st.sampled_from([FACIAL, LEGS]))
def test_qualified_is_the_conjunction_of_all_types_day_by_day(required, service):
    spans = qualified_spans(required, service)

    for date in SHOWN:
        answers = [by_hand.answer_on(one, service, date) for one in required]
        until = [answer for answer in answers if isinstance(answer, dt.date)]
        expected = all(answers) and (min(until) if until else True)
        assert _said(spans, date) == expected


@given(st.lists(types, max_size=3), st.sampled_from(SHOWN))
def test_spans_are_in_order_and_apart_and_listing_agrees_with_them(required, today):
    spans = qualified_spans(required, FACIAL)

    assert all(one.first_date <= one.last_date for one in spans)
    assert all(one.last_date < other.first_date for one, other in pairwise(spans))
    bookable = any(is_qualified(spans, date, today) for date in _corners(spans, today))
    assert is_bookable_from(spans, today) == bookable


@given(papers(), st.sampled_from(Result), st.sampled_from(SHOWN))
def test_nothing_is_decided_that_the_standing_does_not_allow(rows, result, today):
    for row in rows:
        if may_decide(row, result, today):
            assert result in OPEN_TO[standing_on(row, today)]


def _said(spans, date) -> dt.date | bool:
    found = span_on(spans, date)
    return False if found is None else found.book_by or True


def _corners(spans, today) -> list[dt.date]:
    return [today, *(max(one.first_date, today) for one in spans if one.last_date >= today)]
