"""How far papers reach: firm, then subject to renewal, never over a gap."""

from datetime import date

import pytest

from clinic.domain.credentials import ALWAYS, QualifiedSpan
from clinic.domain.outlook import Outlook, outlook

TODAY = date(2027, 6, 7)
MAY, JUNE, JULY = date(2027, 5, 31), date(2027, 6, 30), date(2027, 7, 31)
FIRM = QualifiedSpan(date(2027, 1, 1), JUNE)
NEXT = QualifiedSpan(date(2027, 7, 1), JULY)
LATER = QualifiedSpan(date(2027, 7, 2), JULY)
PAST_EXPIRY = QualifiedSpan(date(2027, 7, 1), JULY, book_by=JUNE)
TOO_LATE = QualifiedSpan(date(2027, 6, 1), JULY, book_by=MAY)


@pytest.mark.parametrize(
    ("spans", "firm_to", "open_to"),
    [
        ((), None, None),
        (ALWAYS, date.max, date.max),
        ((FIRM,), JUNE, JUNE),
        ((FIRM, NEXT), JULY, JULY),
        ((FIRM, LATER), JUNE, JUNE),
        ((NEXT,), None, None),
        ((QualifiedSpan(date(2027, 1, 1), MAY),), None, None),
        ((FIRM, PAST_EXPIRY), JUNE, JULY),
        ((QualifiedSpan(date(2027, 1, 1), MAY), TOO_LATE), None, None),
    ],
)
def test_outlook_ends_where_the_papers_do(spans, firm_to, open_to):
    assert outlook(spans, TODAY) == Outlook(firm_to, open_to)


def test_outlook_is_firm_up_to_the_first_span_that_awaits_renewal():
    renewed = QualifiedSpan(date(2027, 8, 1), date(2027, 8, 31))

    assert outlook((FIRM, PAST_EXPIRY, renewed), TODAY) == Outlook(JUNE, date(2027, 8, 31))
