"""What a client is told of a change: the difference to what they knew, or nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.domain.telling import (
    Standing,
    Telling,
    Unsent,
    is_urgent,
    last_told,
    to_tell,
)

NINE = datetime(2027, 6, 8, 13, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)

at_nine, at_ten = Standing(NINE, 1), Standing(TEN, 1)
with_dora = Standing(NINE, 2)
off = Standing(NINE, 1, is_cancelled=True)
off_ten = Standing(TEN, 1, is_cancelled=True)


@pytest.mark.parametrize(
    ("told", "now", "expected"),
    [
        (None, at_nine, Telling.BOOKED),
        (None, off, None),
        (at_nine, at_nine, None),
        (at_nine, at_ten, Telling.MOVED),
        (at_nine, with_dora, Telling.MOVED),
        (at_nine, off, Telling.CANCELLED),
        (at_nine, off_ten, Telling.CANCELLED),
        (off, at_nine, Telling.BOOKED),
        (off, off_ten, None),
    ],
)
def test_message_takes_the_client_from_what_they_know_to_what_is(told, now, expected) -> None:
    assert to_tell(told=told, now=now) is expected


@pytest.mark.parametrize(
    ("unsent", "by_client", "expected"),
    [
        (None, True, at_nine),
        (None, False, at_nine),
        (Unsent(None, by_client=True), True, None),
        (Unsent(None, by_client=False), False, None),
        (Unsent(None, by_client=False), True, None),
        (Unsent(None, by_client=True), False, at_nine),
        (Unsent(at_ten, by_client=False), False, at_ten),
        (Unsent(at_ten, by_client=True), False, at_nine),
    ],
)
def test_client_knows_what_was_sent_and_what_they_did_themselves(
    unsent, by_client, expected
) -> None:
    assert last_told(before=at_nine, unsent=unsent, by_client=by_client) == expected


@pytest.mark.parametrize(
    ("told", "now", "hours_before", "by_client", "expected"),
    [
        (at_nine, off, 23, False, True),
        (at_nine, off, 24, False, False),
        (at_nine, off, 2, True, False),
        (None, at_nine, 2, False, False),
        (at_nine, Standing(NINE + timedelta(days=9), 1), 2, False, True),
        (Standing(NINE + timedelta(days=9), 1), at_nine, 2, False, True),
        (off, at_nine, 2, False, True),
        (at_nine, off, 0, False, False),
    ],
)
def test_change_by_the_clinic_within_a_day_of_the_visit_is_urgent(
    told, now, hours_before, by_client, expected
) -> None:
    asked_at = NINE - timedelta(hours=hours_before)

    assert is_urgent(told=told, now=now, at=asked_at, by_client=by_client) is expected
