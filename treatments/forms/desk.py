"""What the desk types and taps. Forms validate; services decide."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import State
from bookings.forms.booking import InstantField
from clinic.forms.base import HouseForm

FIRST_YEAR, LAST_YEAR = 2000, 2100

NOT_TREATED_REASONS = (
    "",
    _("The client is not well today"),
    _("The client changed their mind"),
    _("The practitioner advised to wait"),
    _("The clinic could not treat"),
)
"""Plain reasons that say nothing about anybody's health."""


class DayField(forms.DateField):
    """A date of this century."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "error_messages",
            {
                "required": _("Enter a date."),
                "invalid": _("Enter a date, such as 2027-06-30."),
            },
        )
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is not None and not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")


class DayQuery(forms.Form):
    """Which day of which location; empty means today and the usual location."""

    location = forms.SlugField(required=False)
    date = DayField(required=False)


class StatusForm(forms.Form):
    """One tapped step."""

    to_state = forms.TypedChoiceField(
        choices=[
            (state.value, state.value)
            for state in (
                State.ARRIVED,
                State.COMPLETED,
                State.NO_SHOW,
                State.NOT_TREATED,
            )
        ],
        coerce=State,
    )
    reason = forms.TypedChoiceField(
        choices=[(str(number), reason) for number, reason in enumerate(NOT_TREATED_REASONS)],
        coerce=lambda number: str(NOT_TREATED_REASONS[int(number)]),
        empty_value="",
        required=False,
    )
    back = forms.ChoiceField(
        choices=[(name, name) for name in ("day", "visit", "left-open")], required=False
    )


class VisitQuery(HouseForm):
    """What is to be booked, and when about."""

    service = forms.ChoiceField(label=_("Service"), required=False)
    location = forms.ChoiceField(label=_("Location"), required=False)
    practitioner = forms.ChoiceField(label=_("Practitioner"), required=False)
    date = DayField(label=_("Date"), required=False)
    time = forms.TimeField(required=False, input_formats=["%H:%M"], widget=forms.HiddenInput())
    client = forms.UUIDField(required=False, widget=forms.HiddenInput())
    q = forms.CharField(max_length=120, required=False, widget=forms.HiddenInput())

    def __init__(
        self,
        *args: Any,
        services: Sequence[tuple[str, str]],
        locations: Sequence[tuple[str, str]],
        practitioners: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("service", [("", _("Choose a service")), *services]),
            ("location", locations),
            ("practitioner", [("", _("Any practitioner")), *practitioners]),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]


class StartForm(HouseForm):
    """The start that the desk chose, and why the usual notice does not hold."""

    starts_at = InstantField(
        label=_("Time"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a time.")},
    )
    reason = forms.CharField(
        label=_("Why outside the usual notice?"),
        max_length=300,
        required=False,
        help_text=_("Only for times marked “needs a reason”. It is kept with the visit."),
        error_messages={"max_length": _("Please keep it to %(limit_value)d characters.")},
    )


class BookForm(StartForm):
    """A start to book, sent once: the key tells a second copy from a second wish."""

    request_id = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid4)


class CoverForm(forms.Form):
    """Who treats a visit instead; `version` tells whether a colleague was quicker."""

    visit = forms.UUIDField()
    practitioner = forms.UUIDField()
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)


class CancelForm(HouseForm):
    """Why a visit is cancelled."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        required=False,
        help_text=_("Kept with the visit, for staff only. Nothing about health, please."),
        error_messages={"max_length": _("Please keep it to %(limit_value)d characters.")},
    )


class KeepForm(forms.Form):
    """A wish to move that leaves the visit as it is."""

    request = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class MergeForm(HouseForm):
    """The record that is to become part of this one."""

    other = forms.UUIDField(widget=forms.HiddenInput())
