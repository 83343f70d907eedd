"""Where papers of a type count without a break."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.coverage import run_of, run_on, runs
from clinic.domain.credentials import Check, Paper, Result, claims

FIRST = date(2027, 1, 1)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def paper(number: int, first: int, last: int) -> Paper:
    return Paper(number, day(first), day(last), (Check(number, Result.VERIFIED),))


@pytest.mark.parametrize(
    ("renewal", "joined"),
    [((5, 20), True), ((11, 20), True), ((12, 20), False), ((3, 6), True)],
)
def test_renewal_joins_the_old_one_unless_a_day_is_missing(renewal, joined):
    old, new = paper(1, 0, 10), paper(2, *renewal)
    parts = claims([old, new])

    assert (run_of(old, parts) == run_of(new, parts)) is joined


def test_gap_is_said_with_the_day_on_which_the_next_one_counts():
    old, new = paper(1, 0, 10), paper(2, 15, 20)
    parts = claims([old, new])

    run = run_of(old, parts)

    assert run is not None
    assert (run.last_date, run.last, run.back_on) == (day(10), old, day(15))
    assert run_on(day(12), parts) is None
    assert run_of(new, parts).back_on is None


def test_short_renewal_within_the_old_one_ends_nothing():
    old, new = paper(1, 0, 10), paper(2, 3, 6)

    assert [run.last for run in runs(claims([old, new]))] == [old]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 15)), max_size=5))
def test_runs_hold_the_dates_of_the_papers_and_no_others(drawn):
    papers = [paper(n, first, first + days) for n, (first, days) in enumerate(drawn, 1)]
    parts = claims(papers)

    for number in range(60):
        on = day(number)
        valid = any(item.issued_date <= on <= item.last_date for item in papers)
        assert (run_on(on, parts) is not None) is valid
    for run in runs(parts):
        assert run_on(run.last_date + timedelta(days=1), parts) is None
