"""Which visits may have a reminder due by now."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from bookings.domain.lifecycle import State
from bookings.domain.reminders import Reminder, VisitTime, starts_to_look_at
from bookings.models import Appointment, StatusChange
from clinic.models import Location, Message


def visits_to_remind(
    reminder: Reminder,
    kind: str,
    rule: timedelta,
    locations: Iterable[Location],
    now: datetime,
) -> QuerySet[Appointment]:
    """Return the booked visits around a reminder's time that have none of it at their version.

    One that was dropped counts as none: it would hardly take place then, and may do so now.

    In order of start, with client, location, service, and `since`, when they were booked or
    last moved. A window of starts for each location keeps it to the index `appointment_day`,
    however many visits lie ahead.
    """
    written = Message.objects.filter(
        about="visit", about_id=OuterRef("pk"), about_version=OuterRef("version"), kind=kind
    ).exclude(state=Message.State.DROPPED)
    booked = StatusChange.objects.filter(appointment=OuterRef("pk"), to_state=State.BOOKED)
    since = Subquery(booked.order_by("-at", "-pk").values("at")[:1])
    visits = (
        Appointment.objects.filter(_windows(reminder, rule, locations, now), state=State.BOOKED)
        # Asked of each visit by `message_about`; as a join the whole outbox might be read.
        .alias(written=Subquery(written.values("pk")[:1]))
        .filter(written=None)
        .annotate(since=Coalesce(since, "created_at"))
        .select_related("client", "location", "service")
        .order_by("starts_at", "pk")
    )
    if reminder is Reminder.FIRST:
        return visits.filter(service__is_first_visit=True)
    if reminder is Reminder.LAST:
        return visits.filter(Q(promised_version=None) | ~Q(promised_version=F("version")))
    return visits


def time_of(visit: Appointment) -> VisitTime:
    """Return what the reminders of a visit depend on. Needs it as `visits_to_remind` gives it."""
    since: datetime = visit.since  # type: ignore[attr-defined]
    return VisitTime(
        starts_at=visit.starts_at,
        since=since,
        zone=visit.location_zone,
        late_change_hours=visit.location.late_change_hours,
        is_first_visit=visit.service.is_first_visit,
    )


def after(visits: QuerySet[Appointment], seen: Sequence[Appointment]) -> QuerySet[Appointment]:
    """Return the visits that come after those seen already, in order of start."""
    if not seen:
        return visits
    last = seen[-1]
    return visits.filter(
        Q(starts_at__gt=last.starts_at) | Q(starts_at=last.starts_at, pk__gt=last.pk)
    )


def _windows(
    reminder: Reminder, rule: timedelta, locations: Iterable[Location], now: datetime
) -> Q:
    windows = Q(pk__in=[])
    for location in locations:
        hours, zone = location.late_change_hours, ZoneInfo(location.zone)
        span = starts_to_look_at(reminder, rule, hours, zone, now)
        windows |= Q(location=location, starts_at__range=span)
    return windows
