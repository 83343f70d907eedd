"""What messages to clients about courses and maintenance read: when, where, whom to call.

No service, no practitioner, no number of sessions and no word of health (`domain.md` 6).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from bookings.calendar import PUBLISH, calendar_of
from bookings.models import Appointment
from clinic import formatting
from clinic.messaging.links import stop_url
from clinic.messaging.registry import Attachment, Mail, Text
from clinic.messaging.writing import common_words, write_mail, write_sms
from clinic.models import Location, Message, Purpose
from treatments.domain.telling import Change
from treatments.models import Course

STOP_DAYS = timedelta(days=60)
"""A mail can be stopped by its link for so long after it was sent."""


@dataclass(frozen=True, slots=True)
class CourseNow:
    """A course when a message about it is written, with `location`: its visits, what changed."""

    course: Course
    visits: tuple[Appointment, ...]
    lines: tuple[Change, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One change in words: `when` is empty for a visit called off, `was` for a new one."""

    when: str
    was: str
    same_time: bool = False


def write_planned(message: Message, about: CourseNow) -> Mail | Text:
    """Write all dates of a course, with one calendar file; no queries."""
    zone = ZoneInfo(about.course.location.zone)
    first = about.visits[0].starts_at
    words = words_to_client(message, about.course.location, about.now) | {
        "dates": [when_words(visit.starts_at, zone, about.now) for visit in about.visits],
        "first_when": when_words(first, zone, about.now),
        "short_when": short_words(first, zone),
    }
    return written(message, words, _calendar(about))


def write_changed(message: Message, about: CourseNow) -> Mail | Text:
    """Write what changed, old time and new one for each visit; no queries."""
    zone = ZoneInfo(about.course.location.zone)
    shown = [_line(line, zone, about.now) for line in about.lines]
    coming = [line.now.starts_at for line in about.lines if line.now is not None]
    gone = [line.was.starts_at for line in about.lines if line.was is not None]
    words = words_to_client(message, about.course.location, about.now) | {
        "lines": shown,
        "is_one": len(shown) == 1,
        "one": shown[0],
        "all_off": not coming,
        "by_client": message.details.get("by_client", False),
        "short_when": short_words(min(coming), zone) if coming else "",
        "short_was": short_words(min(gone), zone) if gone else "",
    }
    return written(message, words, _calendar(about))


def words_to_client(message: Message, location: Location, now: datetime) -> dict[str, Any]:
    """Return what every message to a client says, with the links that all of them have."""
    assert message.client is not None
    stop = stop_url(message.client.pk, Purpose.SERVICE, Message.Channel.EMAIL, now + STOP_DAYS)
    return {
        **common_words(message.client, location),
        "zone": formatting.zone_words(location.name),
        "me_url": settings.SITE_URL + reverse("me"),
        "book_url": settings.SITE_URL + reverse("book"),
        "stop_link": stop,
    }


def written(
    message: Message,
    words: dict[str, Any],
    attachments: tuple[Attachment, ...] = (),
    headers: tuple[tuple[str, str], ...] = (),
) -> Mail | Text:
    """Write a message for its channel from the templates named after its kind."""
    if message.channel == Message.Channel.SMS:
        return write_sms(message.kind, words)
    return write_mail(message.kind, words, attachments=attachments, headers=headers)


def when_words(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Return a day and time, with the year where it is another than today's."""
    with_year = at.astimezone(zone).year != now.astimezone(zone).year
    return formatting.when(at, zone, with_year=with_year)


def short_words(at: datetime, zone: tzinfo) -> str:
    """Return a day and time for a text message: Tue 15 Jun, 12:30pm."""
    local = at.astimezone(zone)
    return f"{formatting.short_day(local.date())}, {formatting.clock(local.time())}"


def _line(line: Change, zone: tzinfo, now: datetime) -> Line:
    when = when_words(line.now.starts_at, zone, now) if line.now else ""
    was = when_words(line.was.starts_at, zone, now) if line.was else ""
    same = line.now is not None and line.was is not None and not line.is_move
    return Line(when, was, same)


def _calendar(about: CourseNow) -> tuple[Attachment, ...]:
    content = calendar_of(about.visits, about.now).decode()
    return (Attachment("appointments.ics", content, parameters=(("method", PUBLISH),)),)
