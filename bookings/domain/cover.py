"""Which local dates of somebody's booked visits need cover, for what papers say."""

import datetime as dt
from collections.abc import Iterator

from clinic.domain.credentials import ONE_DAY, QualifiedSpan, Spans

RENEWAL_DAYS = 14
"""A visit subject to renewal goes to cover this long before it (design.md 10)."""

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


def _fine(spans: Spans, today: dt.date) -> Iterator[DateRange]:
    for span in spans:
        opens = span.first_date if span.book_by is None else _far_enough(span, today)
        if opens <= span.last_date:
            yield opens, span.last_date


def _far_enough(span: QualifiedSpan, today: dt.date) -> dt.date:
    return max(span.first_date, today + dt.timedelta(days=RENEWAL_DAYS + 1))
