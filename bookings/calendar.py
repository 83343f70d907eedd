"""Visits as calendar files: nothing in them but when and where.

The UID of an event is the visit's public id and its SEQUENCE the visit's version, so that a
calendar takes a later file as a change of the same entry, and not as a second one.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from email.utils import parseaddr
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, Timezone, vCalAddress, vText

from bookings.domain.lifecycle import State
from bookings.models import Appointment

CONTENT_TYPE = "text/calendar; charset=utf-8"

REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"


def calendar_of(visits: Iterable[Appointment], now: datetime) -> bytes:
    """Return visits as one calendar file to open. Needs `location` loaded."""
    visits = list(visits)
    return _written(PUBLISH, visits, [event_of(visit, now) for visit in visits], now)


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
    return _written(method_of(visit), [visit], [event], now)


def event_of(visit: Appointment, now: datetime) -> Event:
    """Return a visit as an event. Needs `location` loaded."""
    zone = ZoneInfo(visit.location.zone)
    event = Event()
    event.add("uid", str(visit.public_id))
    event.add("sequence", visit.version)
    event.add("dtstamp", now)
    event.add("dtstart", visit.starts_at.astimezone(zone))
    event.add("dtend", visit.ends_at.astimezone(zone))
    event.add("summary", _("Appointment at %(clinic)s") % {"clinic": settings.MESSAGE_SENDER_NAME})
    event.add("location", visit.location.address)
    event.add("status", "CANCELLED" if visit.state == State.CANCELLED else "CONFIRMED")
    return event


def feed_calendar(visits: Collection[Appointment], now: datetime, *, for_staff: bool) -> bytes:
    """Return the calendar that somebody subscribes to. Needs `location` and `room` loaded.

    The same visits give the same file, whenever it is asked for: an entry is stamped with
    the time at which its visit was made.
    """
    events = [_feed_event(visit, for_staff=for_staff) for visit in visits]
    return _written(PUBLISH, visits, events, now)


def _feed_event(visit: Appointment, *, for_staff: bool) -> Event:
    event = event_of(visit, visit.created_at)
    page = "visit" if for_staff else "appointment"
    event.add("url", settings.SITE_URL + reverse(page, args=[visit.public_id]))
    if for_staff:
        event["summary"] = vText(_("Visit, %(room)s") % {"room": visit.room.name})
    return event


def _written(
    method: str, visits: Iterable[Appointment], events: Iterable[Event], now: datetime
) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.MESSAGE_SENDER_NAME}//Visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    head, end, _rest = calendar.to_ical().partition(b"END:VCALENDAR\r\n")
    zones = sorted({visit.location.zone for visit in visits})
    rules = b"".join(zone_rules(name, now.year) for name in zones)
    return head + rules + b"".join(event.to_ical() for event in events) + end


@lru_cache(maxsize=64)
def zone_rules(zone: str, year: int) -> bytes:
    """Return the clock changes of a zone around a year, as a part of a calendar file."""
    first, last = date(year - 1, 1, 1), date(year + 4, 1, 1)
    return bytes(Timezone.from_tzid(zone, first_date=first, last_date=last).to_ical())
