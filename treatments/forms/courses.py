"""What people say when they change a course. Forms validate; they decide nothing."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bookings.forms.booking import FURTHEST, InstantField
from clinic.forms.base import HouseForm
from treatments.services.proposing import LONGEST_PAUSE, RepairWay


class MoveQuery(forms.Form):
    """Where the reader stands among the dates. What can't be read counts as not asked."""

    on = forms.DateField(required=False)
    page = forms.IntegerField(required=False, min_value=0, max_value=40)
    time = InstantField(required=False)
    repair = forms.ChoiceField(
        required=False, choices=[(way.value, way.value) for way in RepairWay]
    )

    def __init__(self, *args: Any, now: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now

    def clean_time(self) -> dt.datetime | None:
        at: dt.datetime | None = self.cleaned_data["time"]
        if at is not None and abs(at - self._now) >= FURTHEST:
            raise ValidationError(_("Choose one of the times shown."))
        return at

    def read(self, name: str) -> Any:
        """Return a value of the query, or None."""
        self.is_valid()
        return self.cleaned_data.get(name) or None


class TokenForm(forms.Form):
    """The change that was looked at."""

    token = forms.CharField(max_length=6000)


class PauseForm(HouseForm):
    """From when to when somebody is away: both days inclusive, as one says it."""

    first = forms.DateField(
        label=_("First day away"),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={
            "required": _("Enter the first day away."),
            "invalid": _("Enter a date such as 2027-06-30."),
        },
    )
    last = forms.DateField(
        label=_("Last day away"),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={
            "required": _("Enter the last day away."),
            "invalid": _("Enter a date such as 2027-06-30."),
        },
    )

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today

    def clean_first(self) -> dt.date:
        first: dt.date = self.cleaned_data["first"]
        if not self._today <= first <= self._today + FURTHEST:
            raise ValidationError(_("Choose a day from today on."))
        return first

    def clean_last(self) -> dt.date:
        last: dt.date = self.cleaned_data["last"]
        first = self.cleaned_data.get("first")
        if first is not None and last < first:
            raise ValidationError(_("Choose the same day or a later one."))
        if first is not None and last - first >= LONGEST_PAUSE:
            raise ValidationError(_("A pause is at most four months. Please call us."))
        return last


class ReasonForm(HouseForm):
    """Why staff go against the figures."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("Kept in the history of the course."),
        error_messages={"required": _("Say why."), "max_length": _("Please keep it shorter.")},
    )


class LengthForm(ReasonForm):
    """How many sessions a course has."""

    length = forms.IntegerField(
        label=_("Number of sessions"),
        min_value=1,
        max_value=30,
        error_messages={
            "required": _("Enter a number."),
            "invalid": _("Enter a number."),
            "min_value": _("Enter a number from 1 to 30."),
            "max_value": _("Enter a number from 1 to 30."),
        },
    )

    field_order = ["length", "reason"]
