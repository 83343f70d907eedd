"""Forms of the account pages."""

from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm, LoginForm, RequestLoginCodeForm
from allauth.core import context
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from clinic.accounts.sessions import end_session_in_time
from clinic.forms.base import HouseForm
from clinic.models import User
from clinic.services.sign_in import (
    TooManyCodes,
    allow_code,
    count_try,
    login_of_address,
)


class PasswordForm(LoginForm):
    """Signs in with a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail")
        self.fields.pop("remember", None)

    def _setup_password_field(self) -> None:
        """Keep the password field, which allauth drops where signing up needs no password."""

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Sign in; allauth would let every session last as long as a client's."""
        response: HttpResponse = super().login(request, redirect_url)
        if isinstance(request.user, User):
            end_session_in_time(request, request.user)
        return response


class RequestCodeForm(RequestLoginCodeForm):
    """Asks where the code goes. An address that nobody has begins a login."""

    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def clean_email(self) -> str:
        address = self.cleaned_data["email"].strip().lower()
        if allow_code(context.request, address) is None:
            raise forms.ValidationError(TooManyCodes.message, code=TooManyCodes.code)
        self._user = login_of_address(address)
        return address


class EnterCodeForm(ConfirmLoginCodeForm):
    """Takes the six digits; tries are counted beyond the session."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = code_field()

    def clean_code(self) -> str:
        if not count_try(context.request, self.expected_code):
            raise forms.ValidationError(_("That code no longer works. Ask for a new one."))
        return super().clean_code()


class CodeForm(HouseForm):
    """The six digits, for pages of ours; `clinic.services.sign_in` says whether they fit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = code_field()


class DetailsForm(HouseForm):
    """What a person may change of themselves."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = PhoneNumberField(
        label=_("Phone"),
        help_text=_("We only use it for your visits."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )

    def __init__(self, *args: Any, has_record: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_record:
            # The phone belongs to the client record, which the first booking makes.
            del self.fields["phone"]


def code_field() -> forms.CharField:
    """Return the field for a six-digit code: digits keyboard, filled in from mail or text."""
    return forms.CharField(
        label=_("Your code"),
        help_text=_("Six digits, from the mail we just sent."),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code-input"}
        ),
    )
