"""Which visits a round of cover is about, before a plan and while one is worked out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Max, Min, OuterRef, Q

from bookings.domain.cover import CoverReason
from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.selectors.cover_needed import cover_needed
from clinic.domain.intervals import Interval
from clinic.models import Location
from clinic.selectors.catalogue import Catalogue
from treatments.models import CoverOffer, CoverPlan

MOST = 200
"""How many visits one plan takes, the soonest; a second one takes the rest."""

TAKES_ALL = frozenset({CoverPlan.Cause.ILL, CoverPlan.Cause.AWAY, CoverPlan.Cause.CLOSED})
"""Causes for which nothing can stay inside the span, whatever is in the rosters yet."""


@dataclass(frozen=True, slots=True)
class CoverScope:
    """For whom or what, from when to when (UTC), and why; as the rows of `CoverPlan` say it."""

    scope: CoverPlan.Scope
    cause: CoverPlan.Cause
    span: Interval
    practitioner_id: int | None = None
    room_id: int | None = None
    location_id: int | None = None

    @classmethod
    def of(cls, plan: CoverPlan) -> "CoverScope":
        """Return the scope of a plan."""
        return cls(
            scope=CoverPlan.Scope(plan.scope),
            cause=CoverPlan.Cause(plan.cause),
            span=Interval(plan.starts_at, plan.ends_at),
            practitioner_id=plan.practitioner_id,
            room_id=plan.room_id,
            location_id=plan.location_id,
        )

    @property
    def takes_all(self) -> bool:
        """Whether every visit inside the span is to be covered."""
        return self.scope != CoverPlan.Scope.LIST and self.cause in TAKES_ALL


@dataclass(frozen=True, slots=True)
class Affected:
    """A visit that can't be treated as it is booked, and why."""

    visit: Appointment
    need: CoverReason


def affected_visits(scope: CoverScope, facts: Catalogue, now: datetime) -> list[Affected]:
    """Return the booked visits ahead that a scope is about, the soonest first, with people.

    Those that have an open offer wait for their clients and are left out. A fixed number of
    queries; at most `MOST` visits.
    """
    needs = {
        item.visit.pk: item.reason
        for item in cover_needed(
            facts,
            now,
            within=scope.span,
            practitioner_id=scope.practitioner_id,
            room_id=scope.room_id,
            location_id=scope.location_id,
        )
    }
    if scope.takes_all:
        needs = {pk: _need(scope) for pk in _inside(scope, now)} | needs
    waiting = CoverOffer.objects.open().filter(appointment=OuterRef("pk"))
    rows = Appointment.objects.filter(
        ~Exists(waiting), pk__in=needs, state=State.BOOKED, starts_at__gt=now
    )
    visits = rows.with_people().order_by("starts_at", "pk")[:MOST]
    return [Affected(visit, needs[visit.pk]) for visit in visits]


@dataclass(frozen=True, slots=True)
class ShutPlace:
    """A location out of use that has visits ahead, and when the first and the last begin."""

    location: Location
    first_at: datetime
    last_at: datetime


def shut_places(now: datetime) -> list[ShutPlace]:
    """Return the locations out of use that still have visits ahead. One query."""
    waits = Q(appointments__state=State.BOOKED, appointments__starts_at__gt=now)
    rows = Location.objects.filter(waits, is_active=False).annotate(
        first_at=Min("appointments__starts_at", filter=waits),
        last_at=Max("appointments__starts_at", filter=waits),
    )
    return [ShutPlace(row, row.first_at, row.last_at) for row in rows.order_by("name", "pk")]


def _inside(scope: CoverScope, now: datetime) -> Iterable[int]:
    rows = Appointment.objects.filter(
        state=State.BOOKED,
        starts_at__gt=now,
        starts_at__lt=scope.span.ends_at,
        ends_at__gt=scope.span.starts_at,
    )
    if scope.scope == CoverPlan.Scope.PRACTITIONER:
        rows = rows.filter(practitioner=scope.practitioner_id)
    elif scope.scope == CoverPlan.Scope.ROOM:
        rows = rows.filter(room=scope.room_id)
    else:
        rows = rows.filter(location=scope.location_id)
    return rows.values_list("pk", flat=True)


def _need(scope: CoverScope) -> CoverReason:
    if scope.scope == CoverPlan.Scope.PRACTITIONER:
        return CoverReason.AWAY
    return CoverReason.ROOM if scope.scope == CoverPlan.Scope.ROOM else CoverReason.CLOSED
