"""Dates, times and prices in words, as the house says them: "2pm", "Thursday 26 November"."""

from datetime import date, datetime, time, tzinfo
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from phonenumber_field.phonenumber import PhoneNumber

MIDDAY = time(12)
MIDNIGHT = time(0)
SYMBOLS = {"USD": "$", "GBP": "£", "EUR": "€"}


def clock(at: time) -> str:
    """Return a wall-clock time in words: 2pm, 5:30pm, midday, midnight."""
    if at.replace(second=0, microsecond=0) == MIDDAY:
        return _("midday")
    if at.replace(second=0, microsecond=0) == MIDNIGHT:
        return _("midnight")
    hour = str(at.hour % 12 or 12)
    figures = f"{hour}:{at.minute:02}" if at.minute else hour
    if at.hour < 12:
        return pgettext("time of day", "%(time)sam") % {"time": figures}
    return pgettext("time of day", "%(time)spm") % {"time": figures}


def time_of_day(at: datetime, zone: tzinfo) -> str:
    """Return an instant's time of day in a zone: 2pm."""
    return clock(at.astimezone(zone).time())


def time_span(starts_at: datetime, ends_at: datetime, zone: tzinfo) -> str:
    """Return a stretch in words: 9am to 10:15am."""
    return _("%(start)s to %(end)s") % {
        "start": time_of_day(starts_at, zone),
        "end": time_of_day(ends_at, zone),
    }


def day(on: date) -> str:
    """Return a date with the day's name: Thursday 26 November."""
    return date_format(on, pgettext("date with the day's name", "l j F"))


def day_and_year(on: date) -> str:
    """Return a date with the day's name and the year: Thursday 26 November 2026."""
    return date_format(on, pgettext("date with the day's name and the year", "l j F Y"))


def short_day(on: date) -> str:
    """Return a date in short: Thu 26 Nov."""
    return date_format(on, pgettext("short date", "D j M"))


def weekday(number: int) -> str:
    """Return the name of an ISO weekday (Monday is 1)."""
    return date_format(date(2024, 1, number), "l")


def plain_date(on: date) -> str:
    """Return a date without the day's name, as it stands on a paper: 3 May 2026."""
    return date_format(on, pgettext("date as on a paper", "j F Y"))


def when(at: datetime, zone: tzinfo, *, with_year: bool = False) -> str:
    """Return an instant as day and time in a zone: Thursday 26 November, 2pm."""
    local = at.astimezone(zone)
    name = day_and_year(local.date()) if with_year else day(local.date())
    return _("%(day)s, %(time)s") % {"day": name, "time": clock(local.time())}


def zone_words(location_name: str) -> str:
    """Name a location's time for people: New York time."""
    return _("%(place)s time") % {"place": location_name}


def price(amount: Decimal, currency: str) -> str:
    """Return a price: $160, $12.50, or "free"."""
    if not amount:
        return _("free")
    places = 0 if amount == amount.to_integral_value() else 2
    figures = number_format(amount, decimal_pos=places, force_grouping=True)
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{figures}" if symbol else f"{figures} {currency}"


def near_day(on: date, today: date) -> str:
    """Return a date the way one says it: Today, Tomorrow, or with the day's name."""
    distance = (on - today).days
    if distance == 0:
        return _("Today")
    if distance == 1:
        return _("Tomorrow")
    return day(on) if on.year == today.year else day_and_year(on)


def phone_words(number: str) -> str:
    """Return an E.164 number the way its country writes it: (212) 555-0114."""
    parsed = PhoneNumber.from_string(number)
    return str(parsed.as_national if parsed.is_valid() else number)


MOST_MINUTES = 90
"""A longer length is said in hours and minutes."""


def minutes_words(minutes: int) -> str:
    """Return a length in words: 90 minutes, 3 h 47 min."""
    if minutes > MOST_MINUTES:
        return _hours_and_minutes(minutes)
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def minutes_figures(minutes: int) -> str:
    """Return a length in short: 12 min, 3 h 47 min."""
    if minutes > MOST_MINUTES:
        return _hours_and_minutes(minutes)
    return _("%(count)s min") % {"count": minutes}


def _hours_and_minutes(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    words = _("%(hours)s h %(minutes)s min") if rest else _("%(hours)s h")
    return words % {"hours": hours, "minutes": rest}


def hours_words(hours: int) -> str:
    """Return a length in words: 24 hours."""
    return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
