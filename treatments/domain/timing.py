"""Moments counted from a local date, by the clock on the wall."""

import datetime as dt
from zoneinfo import ZoneInfo

from clinic.domain.roster import local_instant


def moment(on: dt.date, after: dt.timedelta, zone: ZoneInfo) -> dt.datetime:
    """Return the instant so long after the start of a local date, by the clock on the wall.

    Whole days are those of the calendar: seven hours after midnight is 7:00 on the day of a
    clock change too.
    """
    hours, minutes = divmod(after.seconds // 60, 60)
    return local_instant(zone, on + dt.timedelta(days=after.days), dt.time(hours, minutes))
