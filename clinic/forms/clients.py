"""What the desk knows of a client."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from clinic.forms.base import HouseForm
from clinic.models import Client
from clinic.services.clients import ClientDetails, Marks

FIRST_YEAR, LAST_YEAR = 2000, 2100


class SearchForm(HouseForm):
    """Words to find a client by."""

    q = forms.CharField(
        label=_("Name, e-mail or phone"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )


class ClientForm(HouseForm):
    """A client with the staff-only marks, which carry no reason."""

    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter the client's name.")},
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        required=False,
        help_text=_("With an address the client can see and change visits online."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": _("Enter an e-mail address such as name@example.com.")},
    )
    phone = PhoneNumberField(
        label=_("Phone"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel", "type": "tel"}),
        error_messages={
            "invalid": _("Enter a phone number such as (212) 555-0100, or +44 20 7946 0000.")
        },
    )
    needs_step_free = forms.BooleanField(label=_("Needs a step-free room"), required=False)
    never_overlap = forms.BooleanField(
        label=_("Never overlap"),
        required=False,
        help_text=_("The practitioner has nobody else in treatment meanwhile."),
    )
    no_needling_before = forms.DateField(
        label=_("No needling before"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Enter a date, such as 2027-06-30.")},
    )
    no_needling_until_cleared = forms.BooleanField(
        label=_("No needling until cleared"),
        required=False,
        help_text=_("Visits with needles can't be booked until this is taken off."),
    )

    def __init__(self, *args: Any, has_login: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_login:
            self.fields["email"].disabled = True
            self.fields["email"].help_text = _("The client signs in with it, and changes it.")

    def clean_name(self) -> str:
        """Keep one space between names."""
        return " ".join(self.cleaned_data["name"].split())

    def clean_no_needling_before(self) -> Any:
        """Take dates of this century only."""
        date = self.cleaned_data["no_needling_before"]
        if date is not None and not FIRST_YEAR <= date.year <= LAST_YEAR:
            raise forms.ValidationError(_("Enter a date, such as 2027-06-30."))
        return date

    def details(self) -> ClientDetails:
        """Return who the client is."""
        answers = self.cleaned_data
        return ClientDetails(
            name=answers["name"], email=answers["email"], phone=str(answers["phone"] or "")
        )

    def marks(self) -> Marks:
        """Return the marks."""
        answers = self.cleaned_data
        return Marks(
            needs_step_free=answers["needs_step_free"],
            never_overlap=answers["never_overlap"],
            no_needling_before=answers["no_needling_before"],
            no_needling_until_cleared=answers["no_needling_until_cleared"],
        )


def initial_of(client: Client) -> dict[str, Any]:
    """Return what a client's form starts with."""
    return {name: getattr(client, name) for name in ClientForm.base_fields}
