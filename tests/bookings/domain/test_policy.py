"""On which day a visit may run, around midnight and a clock change too."""

from datetime import datetime, timedelta

import pytest

from bookings.domain.policy import is_its_day
from tests.factories.clinic import NEW_YORK


def on(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 6, day, hour, minute, tzinfo=NEW_YORK)


def its_day(starts_at: datetime, now: datetime) -> bool:
    ends_at = starts_at + timedelta(hours=1)
    return is_its_day(starts_at=starts_at, ends_at=ends_at, zone=NEW_YORK, now=now)


@pytest.mark.parametrize(
    ("now", "answer"),
    [
        (on(7, 23, 59), False),
        (on(8, 0), True),
        (on(8, 10), True),
        (on(8, 23, 59), True),
        (on(9, 0), False),
    ],
)
def test_visit_runs_on_its_local_day(now, answer):
    assert its_day(on(8, 10), now) is answer


@pytest.mark.parametrize(("now", "answer"), [(on(8, 0), True), (on(9, 0, 20), True)])
def test_visit_over_midnight_runs_on_both_days(now, answer):
    assert its_day(on(8, 23, 30), now) is answer


@pytest.mark.parametrize(("now", "answer"), [(on(7, 23, 9), False), (on(7, 23, 10), True)])
def test_client_comes_up_to_an_hour_before_a_visit_after_midnight(now, answer):
    assert its_day(on(8, 0, 10), now) is answer
