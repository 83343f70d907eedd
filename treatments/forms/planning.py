"""What is chosen and wished for while a course is planned. Forms validate, no more."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bookings.forms.booking import FURTHEST, InstantField
from clinic.forms.base import HouseForm
from treatments.domain.wishes import Hours, Wishes
from treatments.forms.desk import DayField

ANYBODY = "any"
ANY_TIME = "any"
SPAN = "span"
ONLY, RATHER = "only", "rather"

PARTS_OF_DAY = {
    "morning": Hours(0, 12 * 60),
    "midday": Hours(12 * 60, 16 * 60),
    "evening": Hours(16 * 60, 24 * 60),
}
"""Local minutes of the day in which a visit starts."""

WEEKDAYS = (
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
)
STRICTNESS = (
    (RATHER, pgettext_lazy("a wish", "Rather: bend it where the course needs it")),
    (ONLY, pgettext_lazy("a wish", "Only: nothing else")),
)


class StartForm(HouseForm):
    """Which course, and where."""

    protocol = forms.ChoiceField(
        label=_("Which course?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a course."),
            "invalid_choice": _("Choose one of the courses shown."),
        },
    )
    location = forms.ChoiceField(
        label=_("Where?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose where you would like to come."),
            "invalid_choice": _("Choose one of the places shown."),
        },
    )

    def __init__(
        self,
        *args: Any,
        protocols: Sequence[tuple[str, str]],
        locations: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["protocol"].choices = protocols  # type: ignore[attr-defined]
        self.fields["location"].choices = locations  # type: ignore[attr-defined]


class WishesForm(HouseForm):
    """Days, time of day, with whom; how strictly; from when; the date of an event."""

    days = forms.TypedMultipleChoiceField(
        label=_("Which days suit you?"),
        choices=WEEKDAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    hours = forms.ChoiceField(
        label=_("What time of day?"),
        choices=[(name, name) for name in (ANY_TIME, *PARTS_OF_DAY, SPAN)],
        widget=forms.RadioSelect,
        required=False,
        initial=ANY_TIME,
    )
    from_time = forms.TimeField(
        label=_("From"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Enter a time such as 17:00.")},
    )
    to_time = forms.TimeField(
        label=_("To"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Enter a time such as 19:30.")},
    )
    who = forms.ChoiceField(
        label=_("With whom?"), widget=forms.RadioSelect, required=False, initial=ANYBODY
    )
    days_how = forms.ChoiceField(
        label=_("The days"),
        choices=STRICTNESS,
        widget=forms.RadioSelect,
        required=False,
        initial=RATHER,
    )
    hours_how = forms.ChoiceField(
        label=_("The time of day"),
        choices=STRICTNESS,
        widget=forms.RadioSelect,
        required=False,
        initial=RATHER,
    )
    who_how = forms.ChoiceField(
        label=_("The person"),
        choices=STRICTNESS,
        widget=forms.RadioSelect,
        required=False,
        initial=RATHER,
    )
    not_before = DayField(label=_("Not before"), required=False)
    event_date = DayField(label=_("Date of your event"), required=False)

    def __init__(
        self,
        *args: Any,
        people: Sequence[tuple[str, str, int]],
        today: dt.date,
        last_date: dt.date,
        margin_days: int,
        **kwargs: Any,
    ) -> None:
        """Take `people` as (slug, name, id), and the last date that can be booked."""
        super().__init__(*args, **kwargs)
        self._ids = {slug: person_id for slug, _name, person_id in people}
        self._today, self._last_date, self._margin_days = today, last_date, margin_days
        self.fields["who"].choices = [  # type: ignore[attr-defined]
            (ANYBODY, ""),
            *((slug, name) for slug, name, _id in people),
        ]

    def clean_not_before(self) -> dt.date | None:
        date: dt.date | None = self.cleaned_data["not_before"]
        if date is not None and date > self._last_date:
            raise ValidationError(_("We do not take bookings that far ahead yet."))
        return date

    def clean_event_date(self) -> dt.date | None:
        date: dt.date | None = self.cleaned_data["event_date"]
        if date is None:
            return None
        if date - dt.timedelta(days=self._margin_days) < self._today:
            raise ValidationError(
                _("That is too soon: your last session would be %(days)s days before it."),
                params={"days": self._margin_days},
            )
        if date > self._last_date + dt.timedelta(days=self._margin_days):
            raise ValidationError(_("We do not take bookings that far ahead yet."))
        return date

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("hours") == SPAN and not self.errors:
            for name, words in (
                ("from_time", _("Enter from when.")),
                ("to_time", _("Enter until when.")),
            ):
                if said.get(name) is None:
                    self.add_error(name, words)
            if not self.errors and said["from_time"] >= said["to_time"]:
                self.add_error("to_time", _("The end comes after the beginning."))
        return said

    def wishes(self) -> Wishes:
        """Return the answers as the planner takes them."""
        said = self.cleaned_data
        days, hours = frozenset(said["days"]), self._hours()
        who = self._ids.get(said["who"])
        not_before, event = said["not_before"], said["event_date"]
        return Wishes(
            only_weekdays=days if said["days_how"] == ONLY else frozenset(),
            rather_weekdays=days if said["days_how"] != ONLY else frozenset(),
            only_hours=hours if said["hours_how"] == ONLY else None,
            rather_hours=hours if said["hours_how"] != ONLY else None,
            only_practitioner_id=who if said["who_how"] == ONLY else None,
            rather_practitioner_id=who if said["who_how"] != ONLY else None,
            not_before=not_before if not_before and not_before > self._today else None,
            ready_by=event - dt.timedelta(days=self._margin_days) if event else None,
        )

    def _hours(self) -> Hours | None:
        said = self.cleaned_data
        if said["hours"] == SPAN:
            return Hours(_minute(said["from_time"]), _minute(said["to_time"]))
        return PARTS_OF_DAY.get(said["hours"])


class SwapForm(HouseForm):
    """Another start for one session, and what becomes of the others."""

    KEEP, AROUND = "keep", "around"

    slot = forms.CharField(
        label=_("Time"),
        max_length=200,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a time.")},
    )
    others = forms.ChoiceField(choices=[(KEEP, KEEP), (AROUND, AROUND)], required=False)

    def __init__(self, *args: Any, people: dict[str, int], now: dt.datetime, **kwargs: Any) -> None:
        """Take `people` as ids by slug."""
        super().__init__(*args, **kwargs)
        self._people, self._now = people, now

    def clean_slot(self) -> tuple[dt.datetime, int]:
        """Return the start and the practitioner's id of "2027-06-07T15:00:00Z with chen"."""
        text, _with, slug = self.cleaned_data["slot"].partition(" with ")
        starts_at = InstantField().clean(text)
        if slug not in self._people or abs(starts_at - self._now) >= FURTHEST:
            raise ValidationError(_("Choose one of the times shown."))
        return starts_at, self._people[slug]


def initial_of(wishes: Wishes, event_date: dt.date | None, slugs: dict[int, str]) -> dict[str, Any]:
    """Return what the form shows of wishes; `slugs` of the practitioners by id."""
    days = wishes.only_weekdays or wishes.rather_weekdays
    hours = wishes.only_hours or wishes.rather_hours
    who = wishes.only_practitioner_id or wishes.rather_practitioner_id
    part = next((name for name, span in PARTS_OF_DAY.items() if span == hours), SPAN)
    return {
        "days": sorted(days),
        "hours": part if hours else ANY_TIME,
        "from_time": _time(hours.from_minute) if hours and part == SPAN else None,
        "to_time": _time(hours.to_minute) if hours and part == SPAN else None,
        "who": slugs.get(who, ANYBODY) if who else ANYBODY,
        "days_how": ONLY if wishes.only_weekdays else RATHER,
        "hours_how": ONLY if wishes.only_hours else RATHER,
        "who_how": ONLY if wishes.only_practitioner_id else RATHER,
        "not_before": wishes.not_before,
        "event_date": event_date,
    }


def _minute(at: dt.time) -> int:
    return at.hour * 60 + at.minute


def _time(minute: int) -> dt.time:
    return dt.time(*divmod(min(minute, 24 * 60 - 1), 60))
