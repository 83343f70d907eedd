"""Visits as calendar files: nothing in them but when and where.

The UID of an event is the visit's public id and its SEQUENCE the visit's version, so that a
calendar takes a later file as a change of the same entry, and not as a second one.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from email.utils import parseaddr
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, Timezone, vCalAddress, vText
from icalendar.parser import Contentline, Parameters

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.selectors.feeds import Entry

CONTENT_TYPE = "text/calendar; charset=utf-8"

REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"

WIDTH = 74
"""Octets of a line before it is folded."""
NO_ID = UUID(int=0)
"""Stands for a visit's id in an address."""


def calendar_of(visits: Iterable[Appointment], now: datetime) -> bytes:
    """Return visits as one calendar file to open. Needs `location` loaded."""
    visits = list(visits)
    zones = {visit.location.zone for visit in visits}
    events = b"".join(event_of(visit, now).to_ical() for visit in visits)
    return _written(PUBLISH, zones, events, now)


def method_of(visit: Appointment) -> str:
    """Return how a mail about a visit speaks to a calendar: take it in, or take it out."""
    return CANCEL if visit.state == State.CANCELLED else REQUEST


def invitation(visit: Appointment, attendee: str, now: datetime) -> bytes:
    """Return one visit as an invitation from the clinic to an address, or as its withdrawal.

    Needs `location` loaded.
    """
    event = event_of(visit, now)
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    organizer = vCalAddress(f"mailto:{address}")
    organizer.params["CN"] = settings.MESSAGE_SENDER_NAME
    event.add("organizer", organizer)
    guest = vCalAddress(f"mailto:{attendee}")
    guest.params["PARTSTAT"] = "ACCEPTED"
    guest.params["RSVP"] = "FALSE"
    event.add("attendee", guest)
    return _written(method_of(visit), [visit.location.zone], event.to_ical(), now)


def event_of(visit: Appointment, now: datetime) -> Event:
    """Return a visit as an event. Needs `location` loaded."""
    zone = ZoneInfo(visit.location.zone)
    event = Event()
    event.add("uid", str(visit.public_id))
    event.add("sequence", visit.version)
    event.add("dtstamp", now)
    event.add("dtstart", visit.starts_at.astimezone(zone))
    event.add("dtend", visit.ends_at.astimezone(zone))
    event.add("summary", _title())
    event.add("location", visit.location.address)
    event.add("status", "CANCELLED" if visit.state == State.CANCELLED else "CONFIRMED")
    return event


def feed_calendar(entries: Collection[Entry], now: datetime, *, for_staff: bool) -> bytes:
    """Return the calendar that somebody subscribes to.

    The same visits give the same file, whenever it is asked for: an entry is stamped with
    the time at which its visit was made. The lines are those that icalendar would write, which
    takes ten times as long.
    """
    page = reverse("visit" if for_staff else "appointment", args=[NO_ID])
    address = settings.SITE_URL + page.replace(str(NO_ID), "%s")
    events = [
        _feed_event(
            entry,
            title=_("Visit, %(room)s") % {"room": entry.room} if for_staff else _title(),
            url=address % entry.public_id,
        )
        for entry in entries
    ]
    zones = {entry.zone for entry in entries}
    return _written(PUBLISH, zones, "".join(events).encode(), now)


def _title() -> str:
    return _("Appointment at %(clinic)s") % {"clinic": settings.MESSAGE_SENDER_NAME}


def _feed_event(entry: Entry, *, title: str, url: str) -> str:
    zone = ZoneInfo(entry.zone)
    return (
        "BEGIN:VEVENT\r\n"
        f"{_text_line('SUMMARY', title)}"
        f"DTSTART;TZID={entry.zone}:{entry.starts_at.astimezone(zone):%Y%m%dT%H%M%S}\r\n"
        f"DTEND;TZID={entry.zone}:{entry.ends_at.astimezone(zone):%Y%m%dT%H%M%S}\r\n"
        f"DTSTAMP:{entry.created_at.astimezone(UTC):%Y%m%dT%H%M%SZ}\r\n"
        f"UID:{entry.public_id}\r\n"
        f"SEQUENCE:{entry.version}\r\n"
        f"{_text_line('LOCATION', entry.address)}"
        "STATUS:CONFIRMED\r\n"
        f"{_folded(f'URL:{url}')}\r\n"
        "END:VEVENT\r\n"
    )


@lru_cache(maxsize=256)
def _text_line(name: str, words: str) -> str:
    """Return a line with words of ours, escaped and folded; rooms and places are few."""
    line = Contentline.from_parts(name, Parameters(), vText(words))
    return f"{line.to_ical().decode()}\r\n"


def _folded(line: str) -> str:
    """Fold a line of ASCII, of which no more than 74 octets stand together."""
    parts = [line[at : at + WIDTH] for at in range(0, len(line), WIDTH)]
    return "\r\n ".join(parts)


def _written(method: str, zones: Collection[str], events: bytes, now: datetime) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.MESSAGE_SENDER_NAME}//Visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    head, end, _rest = calendar.to_ical().partition(b"END:VCALENDAR\r\n")
    rules = b"".join(zone_rules(name, now.year) for name in sorted(zones))
    return head + rules + events + end


@lru_cache(maxsize=64)
def zone_rules(zone: str, year: int) -> bytes:
    """Return the clock changes of a zone around a year, as a part of a calendar file."""
    first, last = date(year - 1, 1, 1), date(year + 4, 1, 1)
    return bytes(Timezone.from_tzid(zone, first_date=first, last_date=last).to_ical())
