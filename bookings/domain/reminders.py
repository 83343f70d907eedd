"""When a visit is reminded of, and when a reminder would be silly or come too late.

        booked                    due                     until            the visit
     ------|---- at least 12 h ----|===== at most 24 h =====|--- 3 h or more --|--------->
                     (pulled out of quiet hours, never later)

Sources of the figures: `domain.md` 6; the rest is judgement, named below.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from clinic.domain.quiet import EVENING, FIRST, pulled_earlier
from clinic.domain.roster import local_instant

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
REST = 12 * HOUR
"""So long after the booking or the last move nobody is told of the visit again."""
SHELF = 24 * HOUR
"""So late a reminder may go out and still make sense."""
APART = 6 * HOUR
"""So long before the next reminder a late one is left out: that one says the same, and newer."""
LAST_MOMENT = 3 * HOUR
"""Nearer to the visit than this a reminder reaches nobody in time."""
TO_MOVE = 4 * HOUR
"""The last reminder leaves so much time to move the visit before that counts as late."""


class Reminder(StrEnum):
    """The reminders of a visit; the values name their rules.

    Of two that would come close together the earlier in this list is sent.
    """

    LAST = "visit-last"
    FIRST = "visit-first"
    EARLY = "visit-early"


@dataclass(frozen=True, slots=True)
class VisitTime:
    """What the reminders of one visit depend on.

    `since` is when the visit was booked or moved to this time, so when its client last
    heard of it. `late_change_hours` is the location's.
    """

    starts_at: dt.datetime
    since: dt.datetime
    zone: ZoneInfo
    late_change_hours: int
    is_first_visit: bool = False


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A reminder to be sent: at `due_at`, or late, but not after `until`."""

    reminder: Reminder
    due_at: dt.datetime
    until: dt.datetime


Rules = Mapping[Reminder, dt.timedelta]
"""How long after the start (so below zero: before) each goes out; one left out is not sent."""


def due_reminders(visit: VisitTime, rules: Rules, now: dt.datetime) -> list[DueReminder]:
    """Return the reminders that are due by now and still make sense; mostly none."""
    return [item for item in planned_reminders(visit, rules) if item.due_at <= now <= item.until]


def planned_reminders(visit: VisitTime, rules: Rules) -> Iterator[DueReminder]:
    """Return the reminders that a visit gets as it stands, at whatever time."""
    planned: list[DueReminder] = []
    for reminder in Reminder:
        due_at = _moment(visit, reminder, rules)
        if due_at is None or due_at < visit.since + REST:
            continue
        until = min(due_at + SHELF, visit.starts_at - LAST_MOMENT)
        if due_at > until or any(abs(due_at - other.due_at) < REST for other in planned):
            continue
        planned.append(DueReminder(reminder, due_at, until))
    return (_before_the_next(item, planned) for item in planned)


def _before_the_next(item: DueReminder, planned: Sequence[DueReminder]) -> DueReminder:
    latest = [other.due_at - APART for other in planned if other.due_at > item.due_at]
    return replace(item, until=min([item.until, *latest]))


def starts_to_look_at(
    reminder: Reminder,
    rule: dt.timedelta,
    late_change_hours: int,
    zone: ZoneInfo,
    now: dt.datetime,
) -> tuple[dt.datetime, dt.datetime]:
    """Return between which starts (both inclusive) a visit may have this reminder due by now.

    Wider than exact by a clock change: `due_reminders` decides.
    """
    before = _lead(reminder, rule, late_change_hours)
    return now + before - SHELF - HOUR, _furthest(now, zone) + before + HOUR


def _furthest(now: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Return the latest moment that may be due by now: in the evening all of the coming night."""
    local = now.astimezone(zone)
    if FIRST <= local.time() < EVENING:
        return now
    day = local.date() + DAY if local.time() >= EVENING else local.date()
    return local_instant(zone, day, FIRST)


def _moment(visit: VisitTime, reminder: Reminder, rules: Rules) -> dt.datetime | None:
    if reminder not in rules or (reminder is Reminder.FIRST and not visit.is_first_visit):
        return None
    before = _lead(reminder, rules[reminder], visit.late_change_hours)
    return pulled_earlier(_before(visit.starts_at, before, visit.zone), visit.zone)


def _lead(reminder: Reminder, rule: dt.timedelta, late_change_hours: int) -> dt.timedelta:
    if reminder is not Reminder.LAST:
        return -rule
    return max(-rule, late_change_hours * HOUR + TO_MOVE)


def _before(starts_at: dt.datetime, before: dt.timedelta, zone: ZoneInfo) -> dt.datetime:
    """Count whole days on the calendar (same wall-clock time), anything else in real hours."""
    if before % DAY:
        return starts_at - before
    local = starts_at.astimezone(zone)
    return local_instant(zone, local.date() - before, local.time())
