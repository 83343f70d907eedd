"""Start, change and end maintenance: visits every few months after a course."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from clinic.models import User
from clinic.permissions import ARRANGE_MAINTENANCE, require
from clinic.refusals import AlreadyChanged, Refusal
from clinic.services.transactions import in_one_transaction
from treatments.domain.maintenance import MAX_INTERVAL_WEEKS, MIN_INTERVAL_WEEKS
from treatments.models import Course, Maintenance

LONGEST_PAUSE = timedelta(days=365)


class NotAnInterval(Refusal):
    """Maintenance comes every 4 to 26 weeks."""

    message = _("Choose between 4 and 26 weeks.")


class NotAPause(Refusal):
    """A pause ends after today, and within a year."""

    message = _("Choose a date after today and within a year.")


@in_one_transaction
def start_maintenance(
    *, course: Course, last_date: date, by: User | None, now: datetime
) -> Maintenance:
    """Start the maintenance of a completed course; `last_date` is its last visit's local date.

    Calling twice changes nothing. An older maintenance of the client ends; one of this
    course that had ended goes on. The caller has judged that the course is completed; `by`
    is who completed it, and none is asked for a permission of their own.
    """
    client_id = course.client_id
    others = Maintenance.objects.filter(client_id=client_id, ended_at=None)
    others.exclude(course=course).update(ended_at=now)
    row = Maintenance(
        client_id=client_id,
        course=course,
        service_id=course.maintenance_service_id,
        location_id=course.location_id,
        practitioner_id=course.practitioner_id,
        interval_weeks=course.maintenance_weeks,
        last_date=last_date,
        started_at=now,
    )
    Maintenance.objects.bulk_create([row], ignore_conflicts=True)
    again = Maintenance.objects.filter(course=course).exclude(ended_at=None)
    again.update(ended_at=None, last_date=last_date)
    return Maintenance.objects.get(course=course)


@in_one_transaction
def set_interval(*, maintenance: Maintenance, weeks: int, by: User, now: datetime) -> Maintenance:
    """Come every so many weeks from now on, counted from the last visit.

    Raises `NotAnInterval`, `AlreadyChanged` once it has ended, or `NotAllowed`.
    """
    require(by, ARRANGE_MAINTENANCE, maintenance.client)
    if not MIN_INTERVAL_WEEKS <= weeks <= MAX_INTERVAL_WEEKS:
        raise NotAnInterval
    return _change(maintenance, interval_weeks=weeks)


@in_one_transaction
def pause_maintenance(
    *, maintenance: Maintenance, until: date, by: User, now: datetime
) -> Maintenance:
    """Ask nothing of the client before the local date `until`.

    Raises `NotAPause`, `AlreadyChanged` once it has ended, or `NotAllowed`. Needs
    `location` loaded.
    """
    require(by, ARRANGE_MAINTENANCE, maintenance.client)
    today = now.astimezone(ZoneInfo(maintenance.location.zone)).date()
    if not today < until <= today + LONGEST_PAUSE:
        raise NotAPause
    return _change(maintenance, paused_until=until)


@in_one_transaction
def resume_maintenance(*, maintenance: Maintenance, by: User, now: datetime) -> Maintenance:
    """End a pause now. Calling twice changes nothing. Raises as `set_interval`."""
    require(by, ARRANGE_MAINTENANCE, maintenance.client)
    return _change(maintenance, paused_until=None)


@in_one_transaction
def end_maintenance(*, maintenance: Maintenance, by: User, now: datetime) -> Maintenance:
    """End maintenance for good. Calling twice changes nothing. Raises `NotAllowed`."""
    require(by, ARRANGE_MAINTENANCE, maintenance.client)
    if maintenance.ended_at is None:
        Maintenance.objects.filter(pk=maintenance.pk, ended_at=None).update(ended_at=now)
        maintenance.refresh_from_db(fields=["ended_at"])
    return maintenance


@in_one_transaction
def take_back_maintenance(*, course: Course, now: datetime) -> None:
    """End what a course started, since its completion was undone. Calling twice is fine."""
    Maintenance.objects.filter(course=course, ended_at=None).update(ended_at=now)


def _change(maintenance: Maintenance, **fields: object) -> Maintenance:
    if not Maintenance.objects.filter(pk=maintenance.pk, ended_at=None).update(**fields):
        raise AlreadyChanged
    for name, value in fields.items():
        setattr(maintenance, name, value)
    return maintenance
