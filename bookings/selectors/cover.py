"""Booked visits that can't be treated for what papers say: somebody must cover.

All other reasons, and these among them, are in `cover_needed`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from bookings.domain.cover import RENEWAL_DAYS, DateRange, dates_barred, dates_to_cover
from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.models.appointments import AppointmentQuerySet
from clinic.domain.credentials import ONE_DAY, Spans, span_on
from clinic.domain.roster import local_instant
from clinic.selectors.catalogue import Catalogue, catalogue

WAITING = (State.BOOKED, State.ARRIVED)
"""The states in which a visit has yet to be started."""

LAST_DATE = date(9000, 1, 1)
"""No visit lies beyond; instants of the last dates there are can't be told in all zones."""

Kind = tuple[int, int, int, str]
"""Practitioner, service, location and the location's zone: what papers are asked about."""


@dataclass(frozen=True, slots=True)
class ToCover:
    """A visit to cover; `awaits_renewal`: a paper runs out before it and was not renewed."""

    visit: Appointment
    awaits_renewal: bool


def visits_to_cover(now: datetime, *, practitioner_id: int | None = None) -> list[ToCover]:
    """Return the visits ahead that can't be started as they are booked, the soonest first.

    Three queries, whatever their number: see `rows_to_cover`.
    """
    facts = catalogue()
    rows = rows_to_cover(facts, now, practitioner_id=practitioner_id)
    return [item for visit in rows if (item := to_cover(visit, facts, now)) is not None]


def rows_to_cover(
    facts: Catalogue, now: datetime, *, practitioner_id: int | None = None
) -> AppointmentQuerySet:
    """Return the visits to cover as rows to page through, the soonest first.

    Derived from the papers as they stand, so no change of them can miss a visit. One
    query here, for the kinds of visits ahead; the rows themselves are one more.
    """
    ahead = Appointment.objects.filter(state__in=WAITING, ends_at__gt=now)
    if practitioner_id is not None:
        ahead = ahead.filter(practitioner_id=practitioner_id)
    kinds = ahead.order_by().values_list(
        "practitioner_id", "service_id", "location_id", "location__zone"
    )
    doubtful = papers_in_doubt(facts, kinds.distinct(), now)
    if doubtful is None:
        return Appointment.objects.none()
    return ahead.filter(doubtful).with_people().order_by("starts_at", "pk")


def papers_in_doubt(facts: Catalogue, kinds: Iterable[Kind], now: datetime) -> Q | None:
    """Return which visits of some kinds papers do not allow, or soon won't; None if none."""
    return _any_of(_doubtful(facts, kinds, now, dates_to_cover))


def papers_missing(facts: Catalogue, kinds: Iterable[Kind], now: datetime) -> Q | None:
    """Return which visits of some kinds no paper allows at all; None if there are none."""
    return _any_of(_doubtful(facts, kinds, now, lambda spans, first, _: dates_barred(spans, first)))


def to_cover(visit: Appointment, facts: Catalogue, now: datetime) -> ToCover | None:
    """Say whether a visit needs cover. Needs `location` loaded."""
    if visit.state_now not in WAITING or visit.ends_at <= now:
        return None
    awaits = awaits_renewal(visit, facts)
    if awaits is None:
        return ToCover(visit, awaits_renewal=False)
    today = now.astimezone(visit.location_zone).date()
    is_near = _date_of(visit) - today <= timedelta(days=RENEWAL_DAYS)
    return ToCover(visit, awaits_renewal=True) if awaits and is_near else None


def awaits_renewal(visit: Appointment, facts: Catalogue) -> bool | None:
    """Say whether a visit is subject to a renewal; None if papers do not allow it at all."""
    spans = facts.spans(visit.practitioner_id, visit.service_id, visit.location_id)
    span = span_on(spans, _date_of(visit))
    return None if span is None else span.book_by is not None


@dataclass(frozen=True, slots=True)
class _Doubtful:
    practitioner_id: int
    location_id: int
    zone: ZoneInfo
    dates: tuple[DateRange, ...]


def _doubtful(
    facts: Catalogue,
    kinds: Iterable[Kind],
    now: datetime,
    dates_of: Callable[[Spans, date, date], tuple[DateRange, ...]],
) -> Mapping[_Doubtful, set[int]]:
    """Return which services of whom, where and on which dates are in question."""
    found: dict[_Doubtful, set[int]] = defaultdict(set)
    for practitioner_id, service_id, location_id, zone_name in kinds:
        zone = ZoneInfo(zone_name)
        today = now.astimezone(zone).date()
        spans = facts.spans(practitioner_id, service_id, location_id)
        # What is not over may have begun yesterday.
        dates = dates_of(spans, today - ONE_DAY, today)
        if dates and dates[0][0] < LAST_DATE:
            found[_Doubtful(practitioner_id, location_id, zone, dates)].add(service_id)
    return found


def _any_of(doubtful: Mapping[_Doubtful, set[int]]) -> Q | None:
    if not doubtful:
        return None
    found = Q()
    for whose, service_ids in doubtful.items():
        when = Q()
        for first, last in whose.dates:
            when |= _between(whose.zone, first, last)
        found |= when & Q(
            practitioner=whose.practitioner_id,
            location=whose.location_id,
            service__in=sorted(service_ids),
        )
    return found


def _between(zone: ZoneInfo, first: date, last: date) -> Q:
    opens = local_instant(zone, min(first, LAST_DATE), time(0))
    if last >= LAST_DATE:
        return Q(starts_at__gte=opens)
    return Q(starts_at__gte=opens, starts_at__lt=local_instant(zone, last + ONE_DAY, time(0)))


def _date_of(visit: Appointment) -> date:
    return visit.starts_at.astimezone(visit.location_zone).date()
