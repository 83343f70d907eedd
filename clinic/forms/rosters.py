"""Validation of working hours: the admin's rows, and what other forms of hours share."""

from collections import defaultdict
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from clinic.domain.roster import (
    ONE_DAY,
    DatedHours,
    Roster,
    WeeklyHours,
    overlapping_weekly,
    stretches,
)
from clinic.domain.roster_changes import first_clash
from clinic.forms.admin import FIRST_YEAR, LAST_YEAR, live_forms
from clinic.models import RosterException, RosterHours, Weekday

HOURS_BACKWARD = _("Hours end after they start, on the same day. 00:00 means midnight.")
A_YEAR = timedelta(days=371)
"""Whole weeks that hold every clock change of a year."""


class RosterHoursForm(forms.ModelForm):
    """One row of weekly hours."""

    class Meta:
        model = RosterHours
        fields = ("location", "weekday", "starts", "ends", "valid_from", "valid_to")

    def clean_valid_from(self) -> date:
        """Take dates of this century only."""
        return sensible(self.cleaned_data["valid_from"])

    def clean_valid_to(self) -> date | None:
        """Take dates of this century only."""
        day: date | None = self.cleaned_data["valid_to"]
        return None if day is None else sensible(day)

    def clean(self) -> dict[str, Any]:
        """Check that the hours and their validity run forward."""
        cleaned = super().clean() or self.cleaned_data
        if runs_backward(cleaned.get("starts"), cleaned.get("ends")):
            self.add_error("ends", HOURS_BACKWARD)
        first, last = cleaned.get("valid_from"), cleaned.get("valid_to")
        if first and last and last < first:
            self.add_error("valid_to", _("The last valid day is not before the first."))
        return cleaned

    def hours(self) -> WeeklyHours:
        """Return the row as a value of the domain; it is valid."""
        cleaned = self.cleaned_data
        return WeeklyHours(
            weekday=cleaned["weekday"],
            starts=cleaned["starts"],
            ends=cleaned["ends"],
            valid_from=cleaned["valid_from"],
            valid_to=cleaned["valid_to"],
        )


class AllRowsFormSet(BaseInlineFormSet):
    """The whole of a practitioner's hours: rows that somebody else added meanwhile are missed."""

    def clean(self) -> None:
        """Refuse to judge the rows that were sent as if there were no others."""
        super().clean()
        sent = {form.instance.pk for form in self.initial_forms}
        if any(row.pk not in sent for row in self.get_queryset()):
            raise forms.ValidationError(
                _("Somebody added hours here a moment ago. Open this page again.")
            )


class RosterHoursFormSet(AllRowsFormSet):
    """A practitioner's weekly hours at all locations."""

    def clean(self) -> None:
        """Refuse hours in which the practitioner would work twice at once."""
        super().clean()
        rows = [form for form in live_forms(self) if not form.errors]
        for number, form in enumerate(rows):
            for earlier in rows[:number]:
                if _weekly_at_once(earlier, form):
                    form.add_error(None, _overlap_words(earlier.hours()))
                    break


class RosterExceptionForm(forms.ModelForm):
    """The hours of one date: both times, or neither for a day off."""

    class Meta:
        model = RosterException
        fields = ("location", "date", "starts", "ends")

    def clean_date(self) -> date:
        """Take dates of this century only."""
        return sensible(self.cleaned_data["date"])

    def clean(self) -> dict[str, Any]:
        """Refuse half of the hours, and hours that run backward."""
        cleaned = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        for name, here, there in (("starts", starts, ends), ("ends", ends, starts)):
            if here is None and there is not None and name not in self.errors:
                self.add_error(name, _("Enter both times, or leave both empty for a day off."))
        if runs_backward(starts, ends):
            self.add_error("ends", HOURS_BACKWARD)
        return cleaned

    def hours(self) -> DatedHours:
        """Return the row as a value of the domain; it is valid."""
        cleaned = self.cleaned_data
        return DatedHours(cleaned["date"], cleaned["starts"], cleaned["ends"])


class RosterExceptionFormSet(AllRowsFormSet):
    """A practitioner's dated hours at all locations."""

    def clean(self) -> None:
        """Refuse hours of one date that overlap, and a day off with hours beside it."""
        super().clean()
        by_date: dict[date, list[Any]] = defaultdict(list)
        for form in live_forms(self):
            if not form.errors:
                by_date[form.cleaned_data["date"]].append(form)
        for rows in by_date.values():
            self._check_date(rows)

    def _check_date(self, rows: list[Any]) -> None:
        for number, form in enumerate(rows):
            for other in rows[:number]:
                same_place = form.cleaned_data["location"] == other.cleaned_data["location"]
                if same_place and (form.hours().starts is None or other.hours().starts is None):
                    form.add_error(None, _("This date is a day off in another row."))
                elif _dated_at_once(form, other):
                    form.add_error(None, _("These hours overlap those of another row."))


def sensible(day: date) -> date:
    """Return a date of this century; an error for any other."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise forms.ValidationError(_("Enter a date between 2000 and 2100."))
    return day


def runs_backward(starts: time | None, ends: time | None) -> bool:
    """Tell whether hours end before they begin; 00:00 is midnight at the end of the day."""
    return starts is not None and ends is not None and ends != time(0) and ends <= starts


def _weekly_at_once(one: Any, other: Any) -> bool:
    rows = [one.hours(), other.hours()]
    if one.cleaned_data["location"] == other.cleaned_data["location"]:
        return overlapping_weekly(rows) is not None
    first = max(row.valid_from for row in rows)
    last = min(first + A_YEAR, *(row.valid_to or date.max for row in rows))
    return _at_once(one, other, [Roster(weekly=(row,)) for row in rows], first, last)


def _dated_at_once(one: Any, other: Any) -> bool:
    day = one.cleaned_data["date"]
    rosters = [Roster(dated=(form.hours(),)) for form in (one, other)]
    return _at_once(one, other, rosters, day, day)


def _at_once(one: Any, other: Any, rosters: list[Roster], first: date, last: date) -> bool:
    """Tell whether two rows share instants, each in its location's zone."""
    working = {
        number: stretches(
            roster, ZoneInfo(form.cleaned_data["location"].zone), first, last + ONE_DAY
        )
        for number, (form, roster) in enumerate(zip((one, other), rosters, strict=True))
    }
    return first_clash(working) is not None


def _overlap_words(clash: WeeklyHours) -> str:
    return _(
        "These hours overlap those of %(weekday)s, %(starts)s to %(ends)s, in another row."
    ) % {
        "weekday": Weekday(clash.weekday).label,
        "starts": f"{clash.starts:%H:%M}",
        "ends": f"{clash.ends:%H:%M}",
    }
