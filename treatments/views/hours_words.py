"""Hours and time off in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from bookings.models import Appointment, TimeOff
from clinic.domain.intervals import Interval
from clinic.domain.roster import MIDNIGHT, ONE_DAY, DatedHours
from clinic.domain.roster_changes import Stretch
from clinic.formatting import clock, day_and_year, time_span, weekday, when, zone_words
from clinic.models import Location


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day's hours in words; `is_off` when there are none."""

    name: str
    hours: str
    is_off: bool


def stretch_words(stretches: Sequence[Stretch]) -> str:
    """Say the hours of a day: 9am to 12:30pm, 2pm to 6pm."""
    return ", ".join(
        _("%(start)s to %(end)s") % {"start": clock(starts), "end": clock(ends)}
        for starts, ends in stretches
    )


def week_lines(hours: Iterable[tuple[int, Sequence[Stretch]]]) -> list[DayLine]:
    """Return a line for each weekday, Monday first."""
    by_day = dict(hours)
    return [
        DayLine(
            weekday(number),
            stretch_words(by_day.get(number, ())) or _("not working"),
            not by_day.get(number),
        )
        for number in range(1, 8)
    ]


def dated_words(rows: Sequence[DatedHours]) -> str:
    """Say the hours of a date that differs from the week."""
    stretches = [
        (row.starts, row.ends) for row in rows if row.starts is not None and row.ends is not None
    ]
    return stretch_words(sorted(stretches)) or _("not working there")


def span_words(span: Interval, place: Location) -> str:
    """Say a time off on the clock of a location: days where no day is cut, else times."""
    zone = ZoneInfo(place.zone)
    starts, ends = span.starts_at.astimezone(zone), span.ends_at.astimezone(zone)
    if is_whole_days(span, zone):
        last = ends.date() - ONE_DAY
        if last == starts.date():
            return day_and_year(last)
        return _("%(first)s to %(last)s") % {
            "first": day_and_year(starts.date()),
            "last": day_and_year(last),
        }
    named = {"zone": zone_words(place.name)}
    if starts.date() == ends.date():
        words = {"day": day_and_year(starts.date()), "span": time_span(starts, ends, zone)}
        return _("%(day)s, %(span)s, %(zone)s") % {**words, **named}
    words = {"start": when(starts, zone, with_year=True), "end": when(ends, zone, with_year=True)}
    return _("%(start)s to %(end)s, %(zone)s") % {**words, **named}


def is_whole_days(span: Interval, zone: ZoneInfo) -> bool:
    """Tell whether a span begins and ends at midnight."""
    return all(at.astimezone(zone).time() == MIDNIGHT for at in (span.starts_at, span.ends_at))


def clock_of(time_off: TimeOff, places: Sequence[Location]) -> Location:
    """Return the location on whose clock a time off is whole days; else the first one."""
    span = Interval(time_off.starts_at, time_off.ends_at)
    fitting = (place for place in places if is_whole_days(span, ZoneInfo(place.zone)))
    return next(fitting, places[0])


def last_date(span: Interval, zone: ZoneInfo) -> date:
    """Return the last local date that a span touches."""
    ends = span.ends_at.astimezone(zone)
    return ends.date() - ONE_DAY if ends.time() == MIDNIGHT else ends.date()


def dates_of(visits: Sequence[Appointment]) -> dict[str, str]:
    """Return the local dates of the first and the last visit, as an address names them."""
    days = [visit.starts_at.astimezone(visit.location_zone).date() for visit in visits]
    return {"from": min(days).isoformat(), "to": max(days).isoformat()}
