"""Booked visits whose practitioner has no valid papers on their date: somebody must cover."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from clinic.domain.credentials import span_on
from clinic.selectors.catalogue import Catalogue, catalogue

WAITING = (State.BOOKED, State.ARRIVED)
RENEWAL_DAYS = 14
"""A visit subject to renewal goes to cover this long before it (design.md 10)."""


@dataclass(frozen=True, slots=True)
class ToCover:
    """A visit to cover; `awaits_renewal`: a paper runs out before it and was not renewed."""

    visit: Appointment
    awaits_renewal: bool


def visits_to_cover(now: datetime, *, practitioner_id: int | None = None) -> list[ToCover]:
    """Return the visits ahead that can't be started as they are booked, the soonest first.

    Derived from the papers as they stand, so no change of them can miss a visit. One
    query for the kinds of visits ahead, one for those in question.
    """
    facts = catalogue()
    ahead = Appointment.objects.filter(state__in=WAITING, ends_at__gt=now)
    if practitioner_id is not None:
        ahead = ahead.filter(practitioner_id=practitioner_id)
    kinds = ahead.order_by().values_list("practitioner_id", "service_id", "location_id")
    doubtful = [kind for kind in kinds.distinct() if _may_fail(facts, kind, now)]
    if not doubtful:
        return []
    is_doubtful = Q()
    for practitioner, service, location in doubtful:
        is_doubtful |= Q(practitioner=practitioner, service=service, location=location)
    rows = ahead.filter(is_doubtful).with_people().order_by("starts_at", "pk")
    return [item for visit in rows if (item := to_cover(visit, facts, now)) is not None]


def to_cover(visit: Appointment, facts: Catalogue, now: datetime) -> ToCover | None:
    """Say whether a booked visit needs cover. Needs `location` loaded."""
    awaits = awaits_renewal(visit, facts)
    if awaits is None:
        return ToCover(visit, awaits_renewal=False)
    on = _date_of(visit)
    is_near = on - _today(visit, now) <= timedelta(days=RENEWAL_DAYS)
    return ToCover(visit, awaits_renewal=True) if awaits and is_near else None


def awaits_renewal(visit: Appointment, facts: Catalogue) -> bool | None:
    """Say whether a visit is subject to a renewal; None if papers do not allow it at all."""
    spans = facts.spans(visit.practitioner_id, visit.service_id, visit.location_id)
    span = span_on(spans, _date_of(visit))
    return None if span is None else span.book_by is not None


def _may_fail(facts: Catalogue, kind: tuple[int, int, int], now: datetime) -> bool:
    first = now.date() - timedelta(days=1)
    spans = facts.spans(*kind)
    return not any(
        span.book_by is None and span.first_date <= first and span.last_date == date.max
        for span in spans
    )


def _date_of(visit: Appointment) -> date:
    return visit.starts_at.astimezone(visit.location_zone).date()


def _today(visit: Appointment, now: datetime) -> date:
    return now.astimezone(visit.location_zone).date()
