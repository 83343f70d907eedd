import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.domain.maintenance import (
    Maintenance,
    MaintenanceState,
    RecallStep,
    maintenance_state,
    next_due,
    recall_dates,
)

LAST = dt.date(2026, 11, 24)
DUE = dt.date(2027, 2, 16)


def on(today: dt.date, **more: dt.date) -> Maintenance:
    return maintenance_state(last_date=LAST, interval_weeks=12, today=today, **more)


def test_due_date_is_so_many_weeks_on_by_the_calendar() -> None:
    assert next_due(LAST, 12) == DUE
    assert next_due(dt.date(2028, 2, 1), 4) == dt.date(2028, 2, 29)
    assert next_due(dt.date(2026, 12, 1), 26) == dt.date(2027, 6, 1)


@pytest.mark.parametrize("weeks", [3, 27])
def test_interval_outside_4_to_26_weeks_is_refused(weeks: int) -> None:
    with pytest.raises(ValueError, match="4 to 26 weeks"):
        next_due(LAST, weeks)


def test_recall_goes_out_two_weeks_ahead_on_the_day_and_four_weeks_after() -> None:
    assert recall_dates(DUE) == {
        RecallStep.AHEAD: dt.date(2027, 2, 2),
        RecallStep.ON_THE_DAY: dt.date(2027, 2, 16),
        RecallStep.LAST: dt.date(2027, 3, 16),
    }


@pytest.mark.parametrize(
    ("today", "state", "step"),
    [
        (dt.date(2026, 11, 24), MaintenanceState.RESTING, None),
        (dt.date(2027, 2, 1), MaintenanceState.RESTING, None),
        (dt.date(2027, 2, 2), MaintenanceState.SOON, RecallStep.AHEAD),
        (dt.date(2027, 2, 15), MaintenanceState.SOON, RecallStep.AHEAD),
        (dt.date(2027, 2, 16), MaintenanceState.DUE, RecallStep.ON_THE_DAY),
        (dt.date(2027, 3, 15), MaintenanceState.DUE, RecallStep.ON_THE_DAY),
        (dt.date(2027, 3, 16), MaintenanceState.DUE, RecallStep.LAST),
        (dt.date(2027, 3, 17), MaintenanceState.LAPSED, None),
    ],
)
def test_recall_advances_with_the_days(
    today: dt.date, state: MaintenanceState, step: RecallStep | None
) -> None:
    assert on(today) == Maintenance(state, DUE, step)


def test_visit_in_the_diary_stops_the_recall_at_once() -> None:
    booked = on(DUE, next_visit_date=dt.date(2027, 2, 20))

    assert booked == Maintenance(MaintenanceState.BOOKED, DUE)


def test_visit_of_today_still_counts_as_booked() -> None:
    assert on(DUE, next_visit_date=DUE).state is MaintenanceState.BOOKED


def test_visit_missed_yesterday_stops_nothing() -> None:
    missed = on(DUE, next_visit_date=dt.date(2027, 2, 15))

    assert missed == Maintenance(MaintenanceState.DUE, DUE, RecallStep.ON_THE_DAY)


def test_pause_past_the_due_date_puts_it_off_to_its_end() -> None:
    end_date = dt.date(2027, 4, 1)

    assert on(DUE, paused_until=end_date) == Maintenance(MaintenanceState.PAUSED, end_date)
    assert on(end_date, paused_until=end_date) == Maintenance(
        MaintenanceState.DUE, end_date, RecallStep.ON_THE_DAY
    )


def test_pause_before_the_due_date_leaves_it() -> None:
    end_date = dt.date(2027, 1, 10)

    assert on(dt.date(2027, 1, 9), paused_until=end_date) == Maintenance(
        MaintenanceState.PAUSED, DUE
    )
    assert on(end_date, paused_until=end_date) == Maintenance(MaintenanceState.RESTING, DUE)


@given(
    st.dates(dt.date(2026, 1, 1), dt.date(2028, 12, 31)), st.integers(4, 26), st.integers(0, 300)
)
def test_message_goes_out_only_while_nothing_stops_it(
    last_date: dt.date, weeks: int, days: int
) -> None:
    today = last_date + dt.timedelta(days=days)

    found = maintenance_state(last_date=last_date, interval_weeks=weeks, today=today)

    assert (found.step is not None) == (-14 <= (today - found.due_date).days <= 28)
