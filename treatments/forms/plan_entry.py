"""How a planned course begins, and how long it is. Forms validate, no more."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms.base import HouseForm
from treatments.forms.desk import DayField

LONGEST = 30
"""Sessions that a course can have at most."""


class EntryForm(HouseForm):
    """How a course begins: anew, with a first visit that is there, or half-way."""

    first_visit = forms.ChoiceField(
        label=_("First session"), required=False, widget=forms.RadioSelect
    )
    length = forms.IntegerField(
        label=_("Number of sessions"),
        min_value=1,
        max_value=LONGEST,
        required=False,
        widget=forms.NumberInput(attrs={"class": "w-short", "inputmode": "numeric"}),
        error_messages={
            "invalid": _("Enter a number of sessions, 1 to 30."),
            "min_value": _("Enter a number of sessions, 1 to 30."),
            "max_value": _("Enter a number of sessions, 1 to 30."),
        },
    )
    done_before = forms.IntegerField(
        label=_("Sessions done already"),
        min_value=0,
        max_value=LONGEST,
        required=False,
        widget=forms.NumberInput(attrs={"class": "w-short", "inputmode": "numeric"}),
        help_text=_("For somebody who begins here in the middle of a course."),
        error_messages={
            "invalid": _("Enter how many sessions were done, such as 4."),
            "min_value": _("Enter how many sessions were done, such as 4."),
            "max_value": _("Enter how many sessions were done, such as 4."),
        },
    )
    last_done_date = DayField(label=_("The last of them on"), required=False)

    def __init__(
        self,
        *args: Any,
        first_visits: Sequence[tuple[str, str]],
        usual_length: int,
        today: dt.date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._usual_length, self._today = usual_length, today
        self.fields["first_visit"].choices = [("", ""), *first_visits]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if self.errors:
            return said
        done, last = said["done_before"] or 0, said["last_done_date"]
        said["length"] = said["length"] or self._usual_length
        if said["first_visit"] and said["length"] < 2:
            self.add_error("length", _("Nothing is left to plan. Enter a larger number."))
        if done and said["first_visit"]:
            self.add_error("done_before", _("Choose one: the first visit, or sessions done."))
        elif done and done >= said["length"]:
            self.add_error("done_before", _("Fewer than the number of sessions can be done."))
        elif done and last is None:
            self.add_error("last_done_date", _("Enter when the last one was."))
        elif last is not None and not done:
            self.add_error("done_before", _("Enter how many sessions were done, such as 4."))
        elif last is not None and last > self._today:
            self.add_error("last_done_date", _("The last one was today or earlier."))
        return said
