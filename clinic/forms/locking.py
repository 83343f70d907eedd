"""Forms of the lock: a PIN to open, a new PIN, a device to enrol."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.domain.pins import PIN_DIGITS
from clinic.forms.base import HouseForm
from clinic.models import Location


def pin_field(label: Any, *, name_for_programs: str, **options: Any) -> forms.CharField:
    """Return a field for a PIN: digits on the keypad, dots on the screen."""
    field = forms.CharField(label=label, max_length=PIN_DIGITS, strip=True, **options)
    field.widget = forms.PasswordInput(
        attrs={
            "inputmode": "numeric",
            "pattern": "[0-9]*",
            "maxlength": PIN_DIGITS,
            "autocomplete": name_for_programs,
            "class": "pin",
        }
    )
    return field


class OpeningForm(HouseForm):
    """The PIN that opens a locked screen."""

    pin = pin_field(_("Your PIN"), name_for_programs="off")


class PinForm(HouseForm):
    """A PIN for oneself, typed twice."""

    pin = pin_field(
        _("Six digits"),
        name_for_programs="new-password",
        help_text=_("Not in a row, and not one, two or three digits over and over."),
    )
    again = pin_field(_("The same six digits again"), name_for_programs="new-password")

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        if {"pin", "again"} <= typed.keys() and typed["pin"] != typed["again"]:
            self.add_error("again", _("These are not the same six digits."))
        return typed


class DeviceForm(HouseForm):
    """What a device of the clinic is called, and where it stands."""

    name = forms.CharField(
        label=_("Name of this device"),
        max_length=60,
        help_text=_("As you call it: “Tablet on the trolley”."),
    )
    location = forms.ModelChoiceField(
        label=_("Where it stands"), queryset=Location.objects.none(), empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["location"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Location.objects.filter(is_active=True).order_by("name", "pk")
