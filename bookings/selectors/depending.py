"""Booked visits that need a paper: what its end, or its loss, would break."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, DateField, DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from bookings.models import Appointment
from bookings.models.appointments import AppointmentQuerySet
from bookings.selectors.cover import WAITING
from clinic.models import Credential, CredentialRequirement
from clinic.selectors.catalogue import catalogue

LOCAL_DATE = Cast(
    Func(F("location__zone"), F("starts_at"), function="timezone", output_field=DateTimeField()),
    DateField(),
)
"""The local date on which a visit starts."""


@dataclass(frozen=True, slots=True)
class Line:
    """All papers of a type that a practitioner or a location holds: one must always count."""

    practitioner_id: int | None
    location_id: int | None
    type_id: int

    @classmethod
    def of(cls, row: Credential) -> "Line":
        """Return the line of which a paper is part."""
        return cls(row.practitioner_id, row.location_id, row.type_id)


Dates = Mapping[date, int]
"""How many visits there are on which local dates."""


def visits_by_line(lines: Collection[Line], now: datetime) -> dict[Line, Dates]:
    """Count by local date the booked visits ahead that need a paper of each line.

    One query (and the catalogue's version), whatever the number of lines.
    """
    required = catalogue().required
    needed: dict[Line, Counter[date]] = {line: Counter() for line in lines}
    by_type: dict[int, list[Line]] = defaultdict(list)
    for line in needed:
        by_type[line.type_id].append(line)
    for practitioner, location, service, on, count in _counted(lines, now):
        for type_id in required.of(service, location):
            for line in by_type[type_id]:
                if line.practitioner_id == practitioner or line.location_id == location:
                    needed[line][on] += count
    return dict(needed)


def count_after(dates: Dates, last: date, before: date | None = None) -> int:
    """Return how many visits lie after a local date, and before another."""
    return sum(
        count for on, count in dates.items() if on > last and (before is None or on < before)
    )


def visits_of_line(
    line: Line, now: datetime, *, after: date | None = None, before: date | None = None
) -> QuerySet[Appointment]:
    """Return the booked visits ahead that need a paper of a line, the soonest first.

    With `after` and `before`, only those whose local date lies there.
    """
    needs = CredentialRequirement.objects.filter(
        Q(location=None) | Q(location=OuterRef("location")),
        type=line.type_id,
        type__is_active=True,
        service=OuterRef("service"),
    )
    rows = _ahead(now).filter(_of_holder([line])).filter(Exists(needs))
    rows = rows.annotate(local_date=LOCAL_DATE)
    if after is not None:
        rows = rows.filter(local_date__gt=after)
    if before is not None:
        rows = rows.filter(local_date__lt=before)
    return rows.with_people().order_by("starts_at", "pk")


def _counted(lines: Collection[Line], now: datetime) -> QuerySet[Appointment, tuple]:
    rows = _ahead(now).filter(_of_holder(lines)).annotate(local_date=LOCAL_DATE).order_by()
    kinds = ("practitioner_id", "location_id", "service_id", "local_date")
    return rows.values(*kinds).annotate(count=Count("pk")).values_list(*kinds, "count")


def _ahead(now: datetime) -> AppointmentQuerySet:
    return Appointment.objects.filter(state__in=WAITING, ends_at__gt=now)


def _of_holder(lines: Collection[Line]) -> Q:
    practitioners = {line.practitioner_id for line in lines if line.practitioner_id is not None}
    locations = {line.location_id for line in lines if line.location_id is not None}
    return Q(practitioner__in=practitioners) | Q(location__in=locations)
