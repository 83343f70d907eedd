"""Visits as a calendar file: nothing in it but when and where."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from bookings.models import Appointment

CONTENT_TYPE = "text/calendar; charset=utf-8"


def calendar_of(visits: Iterable[Appointment], now: datetime) -> bytes:
    """Return visits as one iCalendar file, with the rules of their time zones.

    The UID of an event is the visit's public id and its SEQUENCE the visit's version, so
    that a calendar takes a later file as a change. Needs `location` loaded.
    """
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.CLINIC_NAME}//Visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for visit in visits:
        calendar.add_component(_event(visit, now))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _event(visit: Appointment, now: datetime) -> Event:
    zone = ZoneInfo(visit.location.zone)
    event = Event()
    event.add("uid", str(visit.public_id))
    event.add("sequence", visit.version)
    event.add("dtstamp", now)
    event.add("dtstart", visit.starts_at.astimezone(zone))
    event.add("dtend", visit.ends_at.astimezone(zone))
    event.add("summary", _("Appointment at %(clinic)s") % {"clinic": settings.CLINIC_NAME})
    event.add("location", visit.location.address)
    event.add("status", "CONFIRMED")
    return event
