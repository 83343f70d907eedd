"""The call list: whom reception calls, and whom it called or could not call in time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from bookings.models import Appointment
from clinic.models import CallEntry

ABOUT_VISIT = "visit"
"""What calls and messages about one visit are about, by its pk."""
PAST_DAYS = timedelta(days=7)
PAST_SHOWN = 50


def open_calls(now: datetime) -> QuerySet[CallEntry]:
    """Return the calls to make, the most pressing first, each with its `until`.

    A call about a visit is of use until the visit starts, others until `call_by`; after that
    it is no longer on the list, without anybody writing anything.
    """
    rows = _with_until().filter(Q(until=None) | Q(until__gt=now), settled_at=None)
    return rows.order_by(F("until").asc(nulls_last=True), "created_at", "pk")


def past_calls(now: datetime) -> Sequence[CallEntry]:
    """Return the calls of the last seven days that left the list, the newest first. One query.

    Ticked off by somebody, overtaken by a change, or not made in time (`settled_at` is None).
    """
    since = now - PAST_DAYS
    missed = Q(settled_at=None, until__gt=since, until__lte=now)
    rows = _with_until().filter(missed | Q(settled_at__gt=since))
    return list(rows.order_by(Coalesce("settled_at", "until").desc(), "-pk")[:PAST_SHOWN])


def _with_until() -> QuerySet[CallEntry]:
    visit = Appointment.objects.filter(pk=OuterRef("about_id")).values("starts_at")
    starts_at = Case(When(about=ABOUT_VISIT, then=Subquery(visit)))
    rows = CallEntry.objects.annotate(until=Coalesce("call_by", starts_at))
    return rows.select_related("client", "location", "settled_by")
