"""What people say about proposals and maintenance. Forms validate; services decide."""

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms.base import HouseForm
from treatments.domain.maintenance import MAX_INTERVAL_WEEKS, MIN_INTERVAL_WEEKS
from treatments.forms.desk import DayField

WEEKS_MESSAGE = _("Enter a number from 4 to 26.")


class AnswerForm(forms.Form):
    """What somebody says to a proposed repair."""

    answer = forms.ChoiceField(choices=[(name, name) for name in ("accept", "release", "again")])


class RepairAnswerForm(AnswerForm):
    """The same at the desk, where several proposals stand on one page."""

    repair = forms.UUIDField()


class ProposeForm(forms.Form):
    """The drifting course for which a date is to be proposed."""

    course = forms.UUIDField()


class ArrangeForm(forms.Form):
    """What is to be changed about maintenance."""

    do = forms.ChoiceField(
        choices=[(name, name) for name in ("interval", "pause", "resume", "end")]
    )


class IntervalForm(HouseForm):
    """How many weeks lie between two visits."""

    weeks = forms.IntegerField(
        label=_("Weeks from one visit to the next"),
        min_value=MIN_INTERVAL_WEEKS,
        max_value=MAX_INTERVAL_WEEKS,
        error_messages={
            "required": WEEKS_MESSAGE,
            "invalid": WEEKS_MESSAGE,
            "min_value": WEEKS_MESSAGE,
            "max_value": WEEKS_MESSAGE,
        },
    )


class RestForm(HouseForm):
    """Until when nothing is to be asked; the date itself counts again."""

    until = DayField(label=_("Pause until"))
