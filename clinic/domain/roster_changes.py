"""Changes of working hours as values: what a roster is after them, and when two would clash."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from clinic.domain.intervals import Interval
from clinic.domain.roster import ONE_DAY, DatedHours, Roster, WeeklyHours

Stretch = tuple[dt.time, dt.time]
"""Wall-clock hours; an end at 00:00 is midnight at the end of the day."""

Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class WeekFrom:
    """Other weekly hours from a date on, in place of all that were planned from then on.

    `hours` are ISO weekday (Monday 1), start and end; a weekday without any is free.
    """

    first_date: dt.date
    hours: tuple[tuple[int, dt.time, dt.time], ...]


@dataclass(frozen=True, slots=True)
class HoursOn:
    """Other hours on one date: no stretches for a day off, None for the usual week again."""

    date: dt.date
    hours: tuple[Stretch, ...] | None


Change = WeekFrom | HoursOn


def changed(roster: Roster, change: Change) -> Roster:
    """Return the roster after a change.

    Weekly rows that go on unchanged stay as they are; others end on the eve:

        before   |---9 to 17, open---------->
        after    |---9 to 17---||---10 to 15, open-->
                              first_date
    """
    if isinstance(change, HoursOn):
        return _with_date(roster, change)
    wanted = list(dict.fromkeys(change.hours))
    kept = []
    for row in roster.weekly:
        if row.valid_to is not None and row.valid_to < change.first_date:
            kept.append(row)
        elif row.valid_from < change.first_date:
            kept.append(_goes_on(row, wanted) or _until_the_eve(row, change.first_date))
    new = [WeeklyHours(*hours, valid_from=change.first_date) for hours in wanted]
    return Roster(weekly=(*kept, *new), dated=roster.dated)


def weekly_on(roster: Roster, date: dt.date) -> dict[int, list[Stretch]]:
    """Return the weekly hours that hold on a date, by ISO weekday, in order."""
    found: dict[int, list[Stretch]] = {}
    for row in sorted(roster.weekly, key=lambda row: row.starts):
        if row.is_valid_on(date):
            found.setdefault(row.weekday, []).append((row.starts, row.ends))
    return found


def turns_after(roster: Roster, date: dt.date) -> list[dt.date]:
    """Return the dates after `date` on which other weekly hours begin, in order."""
    begins = {row.valid_from for row in roster.weekly}
    begins |= {row.valid_to + ONE_DAY for row in roster.weekly if row.valid_to is not None}
    return sorted(day for day in begins if day > date)


def first_clash(
    working: Mapping[Place, Sequence[Interval]],
) -> tuple[Place, Place, Interval] | None:
    """Return the first instants at which somebody would work at two places at once, or None.

    Each place's stretches are in order and apart, as `stretches` lists them.
    """
    rows = sorted((span, number) for number, spans in enumerate(working.values()) for span in spans)
    places = list(working)
    reaching: tuple[Interval, int] | None = None
    for span, number in rows:
        if reaching is not None and number != reaching[1] and span.starts_at < reaching[0].ends_at:
            both = Interval(span.starts_at, min(span.ends_at, reaching[0].ends_at))
            return places[reaching[1]], places[number], both
        if reaching is None or span.ends_at > reaching[0].ends_at:
            reaching = (span, number)
    return None


def _with_date(roster: Roster, change: HoursOn) -> Roster:
    dated = [row for row in roster.dated if row.date != change.date]
    if change.hours is not None:
        hours = change.hours or ((None, None),)
        dated += [DatedHours(change.date, starts, ends) for starts, ends in hours]
    return Roster(weekly=roster.weekly, dated=tuple(dated))


def _goes_on(row: WeeklyHours, wanted: list[tuple[int, dt.time, dt.time]]) -> WeeklyHours | None:
    hours = (row.weekday, row.starts, row.ends)
    if row.valid_to is not None or hours not in wanted:
        return None
    wanted.remove(hours)
    return row


def _until_the_eve(row: WeeklyHours, first_date: dt.date) -> WeeklyHours:
    return replace(row, valid_to=first_date - ONE_DAY)
