"""How much waits for the desk, as the navigation of its pages says it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet, Value

from bookings.selectors.calls import open_calls
from bookings.selectors.days import requests_to_answer
from clinic.models import Message


@dataclass(frozen=True, slots=True)
class WaitingCounts:
    """Wishes to move, calls to make, messages that failed."""

    to_answer: int = 0
    calls: int = 0
    failed: int = 0


def waiting_counts(now: datetime) -> WaitingCounts:
    """Count what waits for the desk: one query, since every page of the desk asks."""
    wishes, calls = requests_to_answer(), open_calls(now)
    rows = _count("to_answer", wishes).union(
        _count("calls", calls), _count("failed", Message.objects.failed()), all=True
    )
    return WaitingCounts(**dict(rows))


def _count(name: str, rows: QuerySet) -> QuerySet:
    named = rows.order_by().annotate(what=Value(name)).values("what")
    return named.annotate(number=Count("pk")).values_list("what", "number")
