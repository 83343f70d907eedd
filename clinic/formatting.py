"""How the house writes days, times, lengths and money. One place, so that all pages agree.

"2pm", "5:30pm", "midday"; a date with its day's name; the place whose clock is meant.
"""

from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

SYMBOLS = {"USD": "$", "GBP": "£", "EUR": "€", "AUD": "A$", "CAD": "CA$"}

MIDDAY = time(12)
MIDNIGHT = time(0)


def clock(at: time) -> str:
    """Write a time of day: "2pm", "5:30pm", "midday", "midnight"."""
    at = at.replace(second=0, microsecond=0, tzinfo=None)
    if at == MIDDAY:
        return _("midday")
    if at == MIDNIGHT:
        return _("midnight")
    half = pgettext("half of the day", "am") if at.hour < 12 else pgettext("half of the day", "pm")
    hour = at.hour % 12 or 12
    parts = {"hour": hour, "minute": f"{at.minute:02}", "half": half}
    if at.minute:
        return pgettext("time of day", "%(hour)s:%(minute)s%(half)s") % parts
    return pgettext("time of day", "%(hour)s%(half)s") % parts


def day_name(day: date, today: date | None = None) -> str:
    """Write a date with its day: "Thursday 26 November"; the year where it isn't today's."""
    if today is not None and day.year == today.year:
        return date_format(day, pgettext("date with day", "l j F"))
    return date_format(day, pgettext("date with day and year", "l j F Y"))


def short_day(day: date) -> str:
    """Write a date in little room: "Thu 26 Nov"."""
    return date_format(day, pgettext("short date with day", "D j M"))


def near_day(day: date, today: date) -> str:
    """Write a date the way one says it: "Today", "Tomorrow", or with its day."""
    distance = (day - today).days
    if distance == 0:
        return _("Today")
    if distance == 1:
        return _("Tomorrow")
    return day_name(day, today)


def time_at(at: datetime, zone: ZoneInfo) -> str:
    """Write the local time of an instant."""
    return clock(at.astimezone(zone).time())


def when(at: datetime, zone: ZoneInfo, now: datetime | None = None) -> str:
    """Write an instant as local day and time: "Thursday 26 November, 2pm"."""
    local = at.astimezone(zone)
    today = now.astimezone(zone).date() if now is not None else None
    parts = {"day": day_name(local.date(), today), "time": clock(local.time())}
    return pgettext("day and time", "%(day)s, %(time)s") % parts


def span(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """Write from when to when on one day: "2pm to 3:30pm"."""
    parts = {"start": time_at(starts_at, zone), "end": time_at(ends_at, zone)}
    return pgettext("from when to when", "%(start)s to %(end)s") % parts


def zone_words(place: str) -> str:
    """Say whose clock is meant, by the place's name: "New York time"."""
    return _("%(place)s time") % {"place": place}


def minutes_words(minutes: int) -> str:
    """Write a length: "90 minutes"."""
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def hours_words(hours: int) -> str:
    """Write a length in hours: "24 hours"."""
    return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}


def money(amount: Decimal, currency: str) -> str:
    """Write a price: "$160", "$12.50", "Free"."""
    if not amount:
        return _("Free")
    places = 0 if amount == amount.to_integral_value() else 2
    number = number_format(amount, decimal_pos=places, use_l10n=True, force_grouping=True)
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{number} {currency}"
