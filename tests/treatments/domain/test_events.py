"""From when on to begin, so that a course ends shortly before an event."""

from datetime import date

import pytest

from treatments.domain.events import nearer_start

FIRST, LAST = date(2026, 12, 3), date(2027, 3, 16)


@pytest.mark.parametrize(
    ("ready_by", "begin"),
    [
        (date(2027, 7, 7), date(2027, 3, 19)),
        (date(2027, 4, 20), date(2026, 12, 31)),
        (date(2027, 4, 19), None),
        (date(2027, 3, 16), None),
    ],
)
def test_plan_that_ends_long_before_may_begin_later(ready_by, begin):
    assert nearer_start(FIRST, LAST, ready_by) == begin
