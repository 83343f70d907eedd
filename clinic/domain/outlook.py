"""How far ahead somebody can be booked, as told from the spans of their papers."""

import datetime as dt
from dataclasses import dataclass

from clinic.domain.credentials import ONE_DAY, Spans


@dataclass(frozen=True, slots=True)
class Outlook:
    """The stretch without a gap that holds a local date.

    `firm_to` is its last date on valid papers, None if the date itself has none; `open_to`
    the last date that can be booked today, subject to renewal beyond `firm_to`.
    `date.max` means without end.
    """

    firm_to: dt.date | None
    open_to: dt.date | None


def outlook(spans: Spans, today: dt.date) -> Outlook:
    """Return how far the papers reach from today.

    Spans are in order and do not overlap, as `qualified_spans` gives them.

        firm |=====|=======|   | subject to renewal |
                ^ today    ^ firm_to                ^ open_to
    """
    firm_to = open_to = None
    next_date = today
    for span in spans:
        if not span.first_date <= next_date <= span.last_date:
            continue
        if span.book_by is not None and today > span.book_by:
            break
        if span.book_by is None and open_to == firm_to:
            firm_to = span.last_date
        open_to = span.last_date
        if open_to == dt.date.max:
            break
        next_date = open_to + ONE_DAY
    return Outlook(firm_to, open_to)
