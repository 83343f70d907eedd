"""What a message about a visit reads: when, where, whom to call, and links. Nothing else.

No service, no practitioner and no word of health stands in any of them (`domain.md` 6).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language

from bookings.calendar import invitation, method_of
from bookings.domain.policy import is_late
from bookings.domain.telling import Telling
from bookings.links import visit_links
from bookings.models import Appointment
from clinic import formatting
from clinic.messaging.links import stop_url
from clinic.messaging.registry import Attachment, Mail, Text
from clinic.messaging.writing import common_words, write_mail, write_sms
from clinic.models import Message, Purpose

STOP_DAYS = timedelta(days=60)
"""A mail can be stopped by its link for so long after the visit."""


@dataclass(frozen=True, slots=True)
class VisitNow:
    """A visit as it stands when a message about it is written, with `location` and `service`."""

    visit: Appointment
    now: datetime


def write(message: Message, about: VisitNow, *, with_calendar: bool) -> Mail | Text:
    """Write a message for its channel from the templates named after its kind; no queries."""
    words = words_of(message, about)
    if message.channel == Message.Channel.SMS:
        return write_sms(message.kind, words)
    assert message.client is not None
    calendar = (calendar_part(about, message.client.email),) if with_calendar else ()
    return write_mail(message.kind, words, attachments=calendar)


def calendar_part(about: VisitNow, attendee: str) -> Attachment:
    """Return what a calendar takes in, and a person can open as a file."""
    return Attachment(
        name="appointment.ics",
        content=invitation(about.visit, attendee, about.now).decode(),
        parameters=(("method", method_of(about.visit)),),
    )


def words_of(message: Message, about: VisitNow) -> dict[str, Any]:
    """Return all that the templates about a visit may say."""
    visit, now = about.visit, about.now
    assert message.client is not None
    zone = visit.location_zone
    told = message.details.get("old_starts_at")
    told_at = datetime.fromisoformat(told) if told else visit.starts_at
    # A visit that is cancelled is named by the time that its client knew.
    starts_at = told_at if message.kind == Telling.CANCELLED else visit.starts_at
    year = now.astimezone(zone).year
    words = {
        **common_words(message.client, visit.location),
        "when": _when(starts_at, zone, year, get_language()),
        "short_when": _short_when(starts_at, zone, get_language()),
        "zone": formatting.zone_words(visit.location.name),
        "is_first": visit.service.is_first_visit,
        "links": visit_links(visit),
        "stop_link": stop_url(
            message.client.pk, Purpose.SERVICE, Message.Channel.EMAIL, visit.starts_at + STOP_DAYS
        ),
        "move_until": _move_until(visit, now),
        "before_url": _site_url("before-you-come"),
        "book_url": _site_url("book"),
    }
    if message.kind in (Telling.MOVED, Telling.CANCELLED):
        words |= {
            "old_when": _when(told_at, zone, year, get_language()),
            "same_time": told_at == visit.starts_at,
            "by_client": _is_by_client(visit),
            "details_url": f"{settings.SITE_URL}{reverse('appointment', args=[visit.public_id])}",
        }
    return words


def _is_by_client(visit: Appointment) -> bool:
    is_cancelled = method_of(visit) == "CANCEL"
    return visit.cancelled_by_client if is_cancelled else not visit.changed_by_clinic


def _move_until(visit: Appointment, now: datetime) -> str:
    hours = visit.location.late_change_hours
    if visit.changed_by_clinic or is_late(
        starts_at=visit.starts_at, now=now, late_change_hours=hours
    ):
        return ""
    zone = visit.location_zone
    until = visit.starts_at - timedelta(hours=hours)
    return _when(until, zone, until.astimezone(zone).year, get_language())


# Many visits share their times, and a date in words costs more than the rest of the words.
@lru_cache(maxsize=4096)
def _when(at: datetime, zone: ZoneInfo, year: int, language: str) -> str:
    return formatting.when(at, zone, with_year=at.astimezone(zone).year != year)


@lru_cache(maxsize=4096)
def _short_when(at: datetime, zone: ZoneInfo, language: str) -> str:
    local = at.astimezone(zone)
    return f"{formatting.short_day(local.date())}, {formatting.clock(local.time())}"


@lru_cache(maxsize=16)
def _path(name: str) -> str:
    return reverse(name)


def _site_url(name: str) -> str:
    return f"{settings.SITE_URL}{_path(name)}"
