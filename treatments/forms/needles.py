"""What is tapped and typed while a visit runs. Forms validate; services decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.domain.needling import MOST_NEEDLES, RETENTION_MINUTES
from bookings.models import NeedleChange

BACK = ("day", "visit", "left-open")
"""The pages from which a step is tapped, and to which it returns."""

IN, OUT, SEARCHED, UNDO = "in", "out", "searched", "undo"

NUMBER_WORDS = {
    "required": _("Enter the number of needles."),
    "invalid": _("Enter the number of needles in figures, such as 40."),
    "max_value": _("Enter %(limit_value)d needles at most."),
}


class BackForm(forms.Form):
    """From where a step was tapped."""

    back = forms.ChoiceField(choices=[(name, name) for name in BACK], required=False)


class BeginForm(BackForm):
    """The start of a visit: the tick is asked for when needles are used.

    `all_the_same` is the second tap, after the warning that needles elsewhere would be late.
    """

    history_seen = forms.BooleanField(required=False)
    all_the_same = forms.BooleanField(required=False)


class NeedlesForm(BackForm):
    """Which step of the needles was tapped; `last` is the entry that Undo was seen to take back."""

    act = forms.ChoiceField(choices=[(act, act) for act in (IN, OUT, SEARCHED, UNDO)])
    last = forms.TypedChoiceField(
        choices=[(kind.value, kind.label) for kind in NeedleChange.Kind],
        coerce=NeedleChange.Kind,
        empty_value=None,
        required=False,
    )


class CountForm(forms.Form):
    """A number of needles: at least one goes in, none may come out."""

    count = forms.IntegerField(max_value=MOST_NEEDLES, error_messages=NUMBER_WORDS)

    def __init__(self, *args: Any, least: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.least = least

    def clean_count(self) -> int:
        count = int(self.cleaned_data["count"])
        if count < self.least:
            raise forms.ValidationError(_("Enter %d or more.") % self.least)
        return count


class RetentionForm(BackForm):
    """How long this visit's needles stay in."""

    minutes = forms.TypedChoiceField(
        choices=[(str(minutes), minutes) for minutes in RETENTION_MINUTES],
        coerce=int,
        error_messages={
            "required": _("Choose how long the needles stay in."),
            "invalid_choice": _("Choose one of the lengths shown."),
        },
    )
