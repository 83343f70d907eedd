"""Who is in maintenance, and where they stand; derived from the visits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import (
    BooleanField,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Greatest

from bookings.domain.lifecycle import OPEN, State
from bookings.models import Appointment
from clinic.models import User
from treatments.domain.maintenance import (
    DAYS_FROM_DUE,
    MaintenanceState,
    RecallStep,
    maintenance_state,
)
from treatments.domain.maintenance import Maintenance as Standing
from treatments.models import Maintenance


@dataclass(frozen=True, slots=True)
class MaintenanceView:
    """A client's maintenance as it stands today, on local dates of its location.

    `next_visit` is the next one in the diary, of any kind.
    """

    row: Maintenance
    standing: Standing
    today: date
    last_date: date
    next_visit: Appointment | None

    @property
    def state(self) -> MaintenanceState:
        return self.standing.state

    @property
    def due_date(self) -> date:
        return self.standing.due_date

    @property
    def is_due(self) -> bool:
        """Whether a visit should be offered now."""
        return self.state in (MaintenanceState.SOON, MaintenanceState.DUE, MaintenanceState.LAPSED)


def maintenance_of(user: User) -> Maintenance | None:
    """Return the maintenance of the client with this login that has not ended."""
    return _with_people().filter(client__user=user, ended_at=None).first()


def running_maintenance() -> QuerySet[Maintenance]:
    """Return all maintenance that has not ended, with what pages show."""
    return _with_people().filter(ended_at=None)


def maintenance_views(rows: Iterable[Maintenance], now: datetime) -> list[MaintenanceView]:
    """Return where each stands. Two queries, whatever their number. Needs `location` loaded."""
    listed = list(rows)
    if not listed:
        return []
    last_dates = _last_dates(listed)
    ahead = _visits_ahead(listed, now)
    return [_view(row, last_dates[row.pk], ahead.get(row.client_id, []), now) for row in listed]


def maintenance_view(row: Maintenance, now: datetime) -> MaintenanceView:
    """Return where one client's maintenance stands."""
    return maintenance_views([row], now)[0]


def due_list(
    now: datetime, *, ahead_days: int = -DAYS_FROM_DUE[RecallStep.AHEAD]
) -> QuerySet[Maintenance]:
    """Return who is due, due within some days, or lapsed (these last), the longest due first.

    The same rule as `maintenance_state`, told to the database so that a page of a long
    list costs no more than that page.
    """
    rows = running_maintenance().annotate(
        today=_local_date(Value(now), "location__zone"),
        last_visit=Subquery(
            _visits_that_count(OuterRef)
            .order_by("-starts_at")
            .annotate(on=_local_date(F("starts_at"), "location__zone"))
            .values("on")[:1]
        ),
    )
    due = ExpressionWrapper(
        Greatest(F("last_date"), Coalesce(F("last_visit"), F("last_date")))
        + F("interval_weeks") * 7,
        output_field=DateField(),
    )
    booked = Appointment.objects.filter(
        client=OuterRef("client"), state__in=OPEN, starts_at__gt=now - timedelta(days=2)
    ).annotate(on=_local_date(F("starts_at"), "location__zone"))
    return (
        rows.annotate(due=Greatest(due, Coalesce(F("paused_until"), F("last_date"))))
        .filter(Q(paused_until=None) | Q(paused_until__lte=F("today")))
        .filter(due__lte=_days_from(F("today"), ahead_days))
        .exclude(Exists(booked.filter(on__gte=OuterRef("today"))))
        .annotate(
            has_lapsed=ExpressionWrapper(
                Q(due__lt=_days_from(F("today"), -DAYS_FROM_DUE[RecallStep.LAST])),
                output_field=BooleanField(),
            )
        )
        .order_by("has_lapsed", "due", "pk")
    )


def _with_people() -> QuerySet[Maintenance]:
    return Maintenance.objects.select_related(
        "client", "course", "service", "location", "practitioner"
    )


def _visits_that_count(ref: type[OuterRef]) -> QuerySet[Appointment]:
    counts = Q(service=ref("service")) | Q(session_visit__session__course=ref("course"))
    return Appointment.objects.filter(counts, client=ref("client"), state=State.COMPLETED)


def _last_dates(rows: list[Maintenance]) -> dict[int, date]:
    visits = (
        _visits_that_count(OuterRef)
        .order_by("-starts_at")
        .annotate(on=_local_date(F("starts_at"), "location__zone"))
    )
    found = Maintenance.objects.filter(pk__in=[row.pk for row in rows]).values_list(
        "pk", Subquery(visits.values("on")[:1])
    )
    latest = dict(found)
    return {row.pk: max(row.last_date, latest.get(row.pk) or row.last_date) for row in rows}


def _visits_ahead(rows: list[Maintenance], now: datetime) -> dict[int, list[Appointment]]:
    visits = Appointment.objects.filter(
        client__in=[row.client_id for row in rows],
        state__in=OPEN,
        starts_at__gt=now - timedelta(days=2),
    )
    by_client: dict[int, list[Appointment]] = {}
    for visit in visits.with_people().order_by("starts_at", "pk"):
        assert visit.client_id is not None
        by_client.setdefault(visit.client_id, []).append(visit)
    return by_client


def _view(
    row: Maintenance, last_date: date, ahead: list[Appointment], now: datetime
) -> MaintenanceView:
    today = now.astimezone(ZoneInfo(row.location.zone)).date()
    dated = [(visit.starts_at.astimezone(visit.location_zone).date(), visit) for visit in ahead]
    on, visit = next((pair for pair in dated if pair[0] >= today), (None, None))
    standing = maintenance_state(
        last_date=last_date,
        interval_weeks=row.interval_weeks,
        today=today,
        next_visit_date=on,
        paused_until=row.paused_until,
    )
    return MaintenanceView(row, standing, today, last_date, visit)


def _local_date(instant: F | Value, zone: str) -> Cast:
    return Cast(Func(F(zone), instant, function="timezone"), DateField())


def _days_from(on: F, days: int) -> ExpressionWrapper:
    return ExpressionWrapper(on + Value(days), output_field=DateField())
