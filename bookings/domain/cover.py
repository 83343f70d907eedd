"""Why booked visits need cover, and on which local dates they do for what papers say."""

import datetime as dt
from collections.abc import Iterator
from enum import StrEnum

from clinic.domain.credentials import ONE_DAY, QualifiedSpan, Spans

RENEWAL_DAYS = 14
"""A visit subject to renewal goes to cover this long before it (design.md 10)."""


class CoverReason(StrEnum):
    """Why a visit can't be treated as it is booked, the worst first."""

    PAPERS = "papers"
    LEFT = "left"
    SHUT = "shut"
    CLOSED = "closed"
    AWAY = "away"
    ROOM = "room"
    NOT_OFFERED = "not_offered"
    HOURS = "hours"
    RENEWAL = "renewal"


DateRange = tuple[dt.date, dt.date]
"""First and last date, both included."""


def dates_to_cover(spans: Spans, first: dt.date, today: dt.date) -> tuple[DateRange, ...]:
    """Return the local dates from `first` on whose visits need cover, in order.

    Those are all that no paper allows, and of those subject to a renewal the ones until
    `RENEWAL_DAYS` from today.

        papers   |====valid====|~~~subject to renewal~~~|
        cover                  |~~14 days~~|            |---------->
    """
    ranges = []
    at = first
    for opens, closes in _fine(spans, today):
        if at < opens:
            ranges.append((at, opens - ONE_DAY))
        if closes == dt.date.max:
            return tuple(ranges)
        at = max(at, closes + ONE_DAY)
    return (*ranges, (at, dt.date.max))


def dates_barred(spans: Spans, first: dt.date) -> tuple[DateRange, ...]:
    """Return the local dates from `first` on that no paper allows at all, in order."""
    return dates_to_cover(spans, first, dt.date.min)


def _fine(spans: Spans, today: dt.date) -> Iterator[DateRange]:
    for span in spans:
        opens = span.first_date if span.book_by is None else _far_enough(span, today)
        if opens <= span.last_date:
            yield opens, span.last_date


def _far_enough(span: QualifiedSpan, today: dt.date) -> dt.date:
    return max(span.first_date, today + dt.timedelta(days=RENEWAL_DAYS + 1))
