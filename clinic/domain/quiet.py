"""Quiet hours: reminders and recalls go out between 9 and 20 o'clock, local time.

Source: `domain.md` 6; inside the 8 to 21 that the United States set for text messages.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST = time(9)
END = time(20)
EVENING = time(19, 30)
"""What is pulled earlier goes out at this time, with half an hour to spare."""


def is_quiet(at: datetime, zone: ZoneInfo) -> bool:
    """Tell whether no reminder goes out at a moment."""
    return not FIRST <= at.astimezone(zone).time() < END


def pulled_earlier(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment, or the evening before it if it is quiet then. UTC."""
    if not is_quiet(at, zone):
        return at
    local = at.astimezone(zone)
    day = local.date() if local.time() >= END else local.date() - timedelta(days=1)
    return datetime.combine(day, EVENING, zone).astimezone(UTC)


def when_not_quiet(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment, or the next morning if it is quiet then. UTC."""
    if not is_quiet(at, zone):
        return at
    local = at.astimezone(zone)
    day = local.date() if local.time() < FIRST else local.date() + timedelta(days=1)
    return datetime.combine(day, FIRST, zone).astimezone(UTC)
