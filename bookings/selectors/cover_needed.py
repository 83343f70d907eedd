"""Every booked visit ahead that can't be treated as it is booked, each with its worst reason.

Derived from papers, rosters, time off and the practitioner as they stand, so that no
change of any of them can miss a visit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, CharField, Exists, Max, OuterRef, Q, Value, When

from bookings.domain.cover import CoverReason
from bookings.models import Appointment, TimeOff
from bookings.models.appointments import AppointmentQuerySet
from bookings.selectors.breaking import Hours, visits_outside, working_hours
from bookings.selectors.cover import WAITING, Kind, papers_in_doubt, papers_missing
from clinic.domain.intervals import Interval
from clinic.models import Practitioner
from clinic.selectors.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class CoverNeed:
    """A visit that somebody has to cover, and why."""

    visit: Appointment
    reason: CoverReason


def cover_needed(
    facts: Catalogue,
    now: datetime,
    *,
    within: Interval | None = None,
    practitioner_id: int | None = None,
    room_id: int | None = None,
    location_id: int | None = None,
) -> list[CoverNeed]:
    """Return the visits ahead that need cover, the soonest first, with their people.

    Three queries, whatever their number. `within` keeps those that share time with it.
    """
    rows = rows_needing_cover(
        facts,
        now,
        within=within,
        practitioner_id=practitioner_id,
        room_id=room_id,
        location_id=location_id,
    )
    return [CoverNeed(visit, reason_of(visit)) for visit in rows]


def rows_needing_cover(
    facts: Catalogue,
    now: datetime,
    *,
    within: Interval | None = None,
    practitioner_id: int | None = None,
    room_id: int | None = None,
    location_id: int | None = None,
) -> AppointmentQuerySet:
    """Return the same visits as rows to page through; `reason_of` reads each one's reason.

    Two queries here, for the kinds of visits ahead and those outside the hours; the rows
    themselves are one more.
    """
    ahead = Appointment.objects.filter(state__in=WAITING, ends_at__gt=now)
    if within is not None:
        ahead = ahead.filter(starts_at__lt=within.ends_at, ends_at__gt=within.starts_at)
    named = {"practitioner": practitioner_id, "room": room_id, "location": location_id}
    ahead = ahead.filter(**{name: pk for name, pk in named.items() if pk is not None})
    return _in_need(ahead, facts, now).with_people().order_by("starts_at", "pk")


def reasons_of(
    visits: Iterable[Appointment], facts: Catalogue, now: datetime
) -> Mapping[int, CoverReason]:
    """Return by id why visits that wait need cover; those that need none are left out.

    Three queries, whatever their number.
    """
    waiting = [visit.pk for visit in visits if visit.state_now in WAITING]
    ahead = Appointment.objects.filter(pk__in=waiting, state__in=WAITING, ends_at__gt=now)
    rows = _in_need(ahead, facts, now) if waiting else ahead.none()
    return {visit.pk: reason_of(visit) for visit in rows}


def reason_of(visit: Appointment) -> CoverReason:
    """Return why a row of `rows_needing_cover` needs cover."""
    return CoverReason(visit.cover_reason)  # type: ignore[attr-defined]  # annotated there


def _in_need(ahead: AppointmentQuerySet, facts: Catalogue, now: datetime) -> AppointmentQuerySet:
    """Keep the visits that need cover, each with `cover_reason`."""
    found = list(
        ahead.order_by()
        .values_list("practitioner_id", "service_id", "location_id", "location__zone")
        .annotate(until=Max("ends_at"))
    )
    if not found:
        return ahead.none()
    kinds: list[Kind] = [row[:4] for row in found]
    whole = Interval(now, max(row[4] for row in found))
    outside = visits_outside(ahead, _hours(facts, kinds), whole)
    reason = _reason(facts, kinds, outside, now)
    return ahead.annotate(cover_reason=reason).exclude(cover_reason="")


def _hours(facts: Catalogue, kinds: Iterable[Kind]) -> list[Hours]:
    places = {(person, place): zone for person, _service, place, zone in kinds}
    return [working_hours(facts, *key, zone) for key, zone in places.items()]


def _reason(facts: Catalogue, kinds: Iterable[Kind], outside: Iterable[int], now: datetime) -> Case:
    during = {"starts_at__lt": OuterRef("ends_at"), "ends_at__gt": OuterRef("starts_at")}
    off = TimeOff.objects.filter(**during)
    offered = Practitioner.services.through.objects.filter(
        practitioner_id=OuterRef("practitioner_id"), service_id=OuterRef("service_id")
    )
    whens: dict[CoverReason, Q | Exists | None] = {
        CoverReason.PAPERS: papers_missing(facts, kinds, now),
        CoverReason.LEFT: Q(practitioner__is_active=False),
        CoverReason.SHUT: Q(location__is_active=False),
        CoverReason.CLOSED: Exists(off.filter(location_id=OuterRef("location_id"))),
        CoverReason.AWAY: Exists(off.filter(practitioner_id=OuterRef("practitioner_id"))),
        CoverReason.ROOM: Q(room__is_active=False)
        | Q(Exists(off.filter(room_id=OuterRef("room_id")))),
        CoverReason.NOT_OFFERED: ~Q(Exists(offered)),
        CoverReason.HOURS: Q(pk__in=list(outside)),
        CoverReason.RENEWAL: papers_in_doubt(facts, kinds, now),
    }
    return Case(
        *(
            When(whens[reason], then=Value(reason.value))
            for reason in CoverReason
            if whens[reason] is not None
        ),
        default=Value(""),
        output_field=CharField(),
    )
