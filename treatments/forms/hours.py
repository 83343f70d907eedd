"""What practitioners and the desk enter about hours and time off. Services decide."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.models import TimeOff
from clinic.domain.intervals import Interval
from clinic.domain.roster import MIDNIGHT, ONE_DAY, local_instant
from clinic.domain.roster_changes import HoursOn, Stretch, WeekFrom
from clinic.forms.base import HouseForm
from clinic.forms.rosters import HOURS_BACKWARD, runs_backward
from clinic.models import Location, Weekday
from treatments.forms.desk import DayField

STRETCHES = 2
"""How many stretches of a day there are to fill in, at least: before and after a break."""

BOTH_TIMES = _("Enter both times, or leave both empty.")
OVERLAP = _("These hours overlap the others of this day.")
NO_TIME = _("Enter a time, such as 09:30.")
SKIPPED = _("The clocks go forward then: these times do not exist on that day.")


class ClockField(forms.TimeField):
    """A wall-clock time, to the minute."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            input_formats=["%H:%M"],
            widget=forms.TimeInput(
                attrs={"type": "time", "class": "form-control", "step": 300}, format="%H:%M"
            ),
            error_messages={"invalid": NO_TIME},
            **kwargs,
        )


class StretchesForm(HouseForm):
    """A form with wall-clock stretches: pairs of fields `<key>_<number>_from` and `_to`."""

    def add_stretches(self, key: str, name: str, stretches: Sequence[Stretch], most: int) -> None:
        """Add pairs of times, filled in with the stretches as they are."""
        for number in range(most):
            starts, ends = stretches[number] if number < len(stretches) else (None, None)
            words = {"name": name, "number": number + 1}
            self.fields[f"{key}_{number}_from"] = ClockField(
                label=_("%(name)s, from (%(number)s)") % words, initial=starts
            )
            self.fields[f"{key}_{number}_to"] = ClockField(
                label=_("%(name)s, to (%(number)s)") % words, initial=ends
            )

    def clean_stretches(self, key: str) -> list[Stretch]:
        """Return the stretches that were filled in, with messages at those that can't be."""
        found: list[Stretch] = []
        for number, starts, ends in self._typed(key):
            name = f"{key}_{number}_to"
            if starts is None or ends is None:
                self.add_error(name if ends is None else f"{key}_{number}_from", BOTH_TIMES)
            elif runs_backward(starts, ends):
                self.add_error(name, HOURS_BACKWARD)
            elif any(_share(other, (starts, ends)) for other in found):
                self.add_error(f"{key}_{number}_from", OVERLAP)
            else:
                found.append((starts, ends))
        return found

    def _typed(self, key: str) -> Iterator[tuple[int, time | None, time | None]]:
        number = 0
        while f"{key}_{number}_from" in self.fields:
            names = (f"{key}_{number}_from", f"{key}_{number}_to")
            starts, ends = (self.cleaned_data.get(name) for name in names)
            wrong = any(name in self.errors for name in names)
            if not wrong and (starts is not None or ends is not None):
                yield number, starts, ends
            number += 1


class WeekForm(StretchesForm):
    """The weekly hours at one location, from a date on."""

    first = DayField(label=_("From"))

    def __init__(
        self, *args: Any, week: Mapping[int, Sequence[Stretch]], today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, initial={"first": today}, **kwargs)
        self.most = max(STRETCHES, *(len(stretches) for stretches in week.values()), 0)
        for weekday in Weekday:
            stretches = week.get(weekday.value, ())
            self.add_stretches(f"on{weekday.value}", str(weekday.label), stretches, self.most)

    def clean(self) -> dict[str, Any]:
        """Put the week together."""
        cleaned = super().clean() or self.cleaned_data
        cleaned["week"] = tuple(
            (weekday.value, *stretch)
            for weekday in Weekday
            for stretch in self.clean_stretches(f"on{weekday.value}")
        )
        return cleaned

    def change(self) -> WeekFrom:
        """Return the change as a value of the domain; it is valid."""
        return WeekFrom(self.cleaned_data["first"], self.cleaned_data["week"])


class DateForm(StretchesForm):
    """Other hours on one date at one location."""

    OTHER, OFF, USUAL = "other", "off", "usual"

    place = forms.ChoiceField(label=_("Location"))
    day = DayField(label=_("Date"))
    what = forms.ChoiceField(
        label=_("On that day"),
        choices=[
            (OTHER, _("These hours instead")),
            (OFF, _("Not working there")),
            (USUAL, _("The usual hours of the week")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, places: Sequence[Location], today: date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"day": today, "what": self.OTHER}, **kwargs)
        self.places = {place.slug: place for place in places}
        _offer_places(self, "place", places)
        self.add_stretches("at", str(_("Hours")), (), STRETCHES)

    def clean(self) -> dict[str, Any]:
        """Ask for hours where there are to be other ones."""
        cleaned = super().clean() or self.cleaned_data
        stretches = self.clean_stretches("at") if cleaned.get("what") == self.OTHER else []
        if cleaned.get("what") == self.OTHER and not stretches and not self.errors:
            self.add_error("at_0_from", _("Enter the hours of that day."))
        cleaned["stretches"] = stretches
        return cleaned

    def change(self) -> HoursOn:
        """Return the change as a value of the domain; it is valid."""
        is_usual = self.cleaned_data["what"] == self.USUAL
        hours = None if is_usual else tuple(self.cleaned_data["stretches"])
        return HoursOn(self.cleaned_data["day"], hours)

    def location(self) -> Location:
        """Return the location; it is valid."""
        return self.places[self.cleaned_data["place"]]


class OffForm(HouseForm):
    """Time off or blocked time: whole days, or from a time to a time."""

    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=[
            (TimeOff.Kind.AWAY.value, _("Time off")),
            (TimeOff.Kind.BLOCKED.value, _("Blocked time, for other work here")),
        ],
        widget=forms.RadioSelect,
    )
    first = DayField(label=_("First day"))
    starts = ClockField(label=_("From"))
    last = DayField(label=_("Last day"), required=False)
    ends = ClockField(label=_("To"))
    clock = forms.ChoiceField(label=_("Times are those of"))

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {place.slug: place for place in places}
        _offer_places(self, "clock", _one_a_zone(places))

    def clean(self) -> dict[str, Any]:
        """Turn local days and times into instants, with a message at an end before its start."""
        cleaned = super().clean() or self.cleaned_data
        first = cleaned.get("first")
        if self.errors or first is None:
            return cleaned
        last = cleaned["last"] or first
        starts_at = local_instant(self.zone, first, cleaned["starts"] or MIDNIGHT)
        ends_at = _end_of(self.zone, last, cleaned["ends"])
        if ends_at > starts_at:
            cleaned["span"] = Interval(starts_at, ends_at)
        elif last < first:
            self.add_error("last", _("It ends after it begins."))
        elif (cleaned["ends"] or MIDNIGHT) > (cleaned["starts"] or MIDNIGHT):
            self.add_error("ends", SKIPPED)
        else:
            self.add_error("ends", _("It ends after it begins."))
        return cleaned

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the clock that was chosen; it is valid."""
        return ZoneInfo(self.places[self.cleaned_data["clock"]].zone)

    @property
    def is_whole_days(self) -> bool:
        """Whether no day is cut."""
        return not self.cleaned_data["starts"] and not self.cleaned_data["ends"]


def _offer_places(form: forms.Form, name: str, places: Sequence[Location]) -> None:
    """Offer locations to choose from; the only one goes without saying."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [(place.slug, _("%(place)s time") % {"place": place.name}) for place in places]
    if name == "place":
        field.choices = [(place.slug, place.name) for place in places]
    form.initial.setdefault(name, places[0].slug)
    if len(places) == 1:
        field.widget = forms.HiddenInput()


def _one_a_zone(places: Sequence[Location]) -> list[Location]:
    return list({place.zone: place for place in reversed(places)}.values())[::-1]


def _share(one: Stretch, other: Stretch) -> bool:
    one_goes_on = one[1] == MIDNIGHT or other[0] < one[1]
    other_goes_on = other[1] == MIDNIGHT or one[0] < other[1]
    return one_goes_on and other_goes_on


def _end_of(zone: ZoneInfo, day: date, at: time | None) -> datetime:
    if at is None or at == MIDNIGHT:
        return local_instant(zone, day + ONE_DAY, MIDNIGHT)
    return local_instant(zone, day, at)
