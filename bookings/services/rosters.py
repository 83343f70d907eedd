"""Change working hours: look at what it breaks, then save just that. Visits stay booked."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment
from bookings.selectors.breaking import Hours, broken_by_hours
from bookings.services.previews import PreviewChanged, mark_of
from clinic.domain.intervals import Interval
from clinic.domain.roster import ONE_DAY, Roster, stretches
from clinic.domain.roster_changes import Change, HoursOn, changed, first_clash
from clinic.models import Lane, Location, Practitioner, RosterException, RosterHours, User
from clinic.permissions import EDIT_HOURS, require
from clinic.refusals import Refusal
from clinic.selectors.rosters import rosters_of
from clinic.services.locking import lock_resources
from clinic.services.transactions import in_one_transaction

A_YEAR = timedelta(days=371)
"""Whole weeks that hold every clock change of a year."""


class HoursInThePast(Refusal):
    """Hours of dates that are over stay as they were."""

    message = _("Choose today or a later day. Hours of past days stay as they were.")


class WorksElsewhere(Refusal):
    """The practitioner would work at two locations at once; `during` is when, first."""

    message = _("These hours overlap those at another location.")

    def __init__(self, other: Location, during: Interval) -> None:
        super().__init__()
        self.other = other
        self.during = during


@dataclass(frozen=True, slots=True)
class RosterPreview:
    """What a change makes of one roster, and which booked visits would lie outside it.

    `seen` is the mark of all that, which saving asks for.
    """

    before: Roster
    after: Roster
    broken: tuple[Appointment, ...]
    seen: str


def preview_roster(
    *, practitioner: Practitioner, location: Location, change: Change, by: User, now: datetime
) -> RosterPreview:
    """Say what a change of hours would break. Nothing is changed.

    Raises `HoursInThePast` or `WorksElsewhere`. A fixed number of queries.
    """
    require(by, EDIT_HOURS, practitioner)
    first = _first_date(change)
    if first < now.astimezone(ZoneInfo(location.zone)).date():
        raise HoursInThePast
    rosters = rosters_of(practitioner.pk)
    before = rosters.get(location.pk, Roster())
    after = changed(before, change)
    others = {pk: roster for pk, roster in rosters.items() if pk != location.pk}
    _refuse_two_places(after, location, others, change)
    broken = broken_by_hours(
        _hours(practitioner, location, before), _hours(practitioner, location, after), now
    )
    mark = mark_of(practitioner.pk, location.pk, change, before, visits=broken)
    return RosterPreview(before, after, tuple(broken), mark)


@in_one_transaction
def change_roster(
    *,
    practitioner: Practitioner,
    location: Location,
    change: Change,
    seen: str,
    by: User,
    now: datetime,
) -> RosterPreview:
    """Save a change of hours just as it was looked at; a second time it changes nothing.

    The hands are locked, so a booking comes wholly before (and is in the preview), or wholly
    after, and finds the new hours. Raises `PreviewChanged` if it would break something else
    than was seen, and what `preview_roster` raises.
    """
    require(by, EDIT_HOURS, practitioner)
    lock_resources([practitioner.resource_id])
    preview = preview_roster(
        practitioner=practitioner, location=location, change=change, by=by, now=now
    )
    if preview.after == preview.before:
        return preview
    if preview.seen != seen:
        raise PreviewChanged
    _write(practitioner, location, preview.after)
    return preview


@in_one_transaction
def lock_hours(*, practitioner: Practitioner, by: User) -> None:
    """Lock hands and lanes, so that hours can be written as one form shows them.

    For a caller whose own transaction writes them: a booking comes wholly before, and
    `outside_hours` names it, or wholly after, and finds the new hours. Raises `Busy`.
    """
    require(by, EDIT_HOURS, practitioner)
    lanes = Lane.objects.filter(practitioner=practitioner)
    lock_resources([practitioner.resource_id, *lanes.values_list("resource_id", flat=True)])


def _first_date(change: Change) -> date:
    return change.date if isinstance(change, HoursOn) else change.first_date


def _hours(practitioner: Practitioner, location: Location, roster: Roster) -> Hours:
    return Hours(practitioner.pk, location.pk, ZoneInfo(location.zone), roster)


def _refuse_two_places(
    roster: Roster, location: Location, others: dict[int, Roster], change: Change
) -> None:
    first = _first_date(change)
    end = first + (ONE_DAY if isinstance(change, HoursOn) else A_YEAR)
    mine = stretches(roster, ZoneInfo(location.zone), first, end)
    for other in Location.objects.filter(pk__in=others).order_by("pk"):
        # Another zone's day may begin on the day before.
        theirs = stretches(others[other.pk], ZoneInfo(other.zone), first - ONE_DAY, end + ONE_DAY)
        clash = first_clash({location.pk: mine, other.pk: theirs})
        if clash is not None:
            raise WorksElsewhere(other, clash[2])


def _write(practitioner: Practitioner, location: Location, roster: Roster) -> None:
    of_both = {"practitioner": practitioner, "location": location}
    weekly, dated = Counter(roster.weekly), Counter(roster.dated)
    _delete_others(RosterHours.objects.filter(**of_both), weekly)
    _delete_others(RosterException.objects.filter(**of_both), dated)
    RosterHours.objects.bulk_create(
        RosterHours(
            **of_both,
            weekday=hours.weekday,
            starts=hours.starts,
            ends=hours.ends,
            valid_from=hours.valid_from,
            valid_to=hours.valid_to,
        )
        for hours in weekly.elements()
    )
    RosterException.objects.bulk_create(
        RosterException(**of_both, date=hours.date, starts=hours.starts, ends=hours.ends)
        for hours in dated.elements()
    )


def _delete_others(rows: Any, wanted: Counter[Any]) -> None:
    """Delete the rows that are not wanted, and take those that stay off the count."""
    gone = []
    for row in rows.order_by("pk"):
        if wanted[row.hours]:
            wanted[row.hours] -= 1
        else:
            gone.append(row.pk)
    rows.filter(pk__in=gone).delete()
