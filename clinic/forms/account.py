"""Forms of the account pages."""

from typing import Any, ClassVar

from allauth.account import forms as allauth_forms
from allauth.account.forms import (
    AddEmailForm,
    BaseConfirmCodeForm,
    ConfirmEmailVerificationCodeForm,
    ConfirmLoginCodeForm,
    ConfirmPasswordResetCodeForm,
    LoginForm,
    ReauthenticateForm,
    RequestLoginCodeForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
)
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
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


class HouseLabels(forms.BaseForm):
    """allauth's forms in the house's words: a label says it, no grey text inside the field."""

    labels: ClassVar[dict[str, Any]] = {
        "login": _("E-mail"),
        "email": _("E-mail"),
        "password": _("Password"),
        "oldpassword": _("The password you have now"),
        "password1": _("New password"),
        "password2": _("The new password again"),
        "code": _("Code"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.labels.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


class PasswordForm(HouseLabels, LoginForm):
    """Signs in with a password."""

    def _setup_password_field(self) -> None:
        """Keep the password field, which allauth drops where signing up needs no password."""

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Sign in; allauth would let every session last as long as a client's."""
        response: HttpResponse = super().login(request, redirect_url)
        if isinstance(request.user, User):
            end_session_in_time(request, request.user)
        return response


class AddressForm(HouseLabels, AddEmailForm):
    """Adds an address to a login."""


class ChangePasswordForm(HouseLabels, allauth_forms.ChangePasswordForm):
    """Changes a password, with the old one."""


class SetPasswordForm(HouseLabels, allauth_forms.SetPasswordForm):
    """Sets the first password."""


class ForgottenPasswordForm(HouseLabels, ResetPasswordForm):
    """Asks where the code for a new password goes."""


class NewPasswordForm(HouseLabels, ResetPasswordKeyForm):
    """Sets a new password after the code."""


class StillYouForm(HouseLabels, ReauthenticateForm):
    """Asks for the password once more before a change."""


class SecondStepForm(HouseLabels, AuthenticateForm):
    """Takes the code of an authenticator app, or a recovery code."""


class AuthenticatorAppForm(HouseLabels, ActivateTOTPForm):
    """Turns an authenticator app on."""


class PasskeyForm(AddWebAuthnForm):
    """Adds a passkey; unless told otherwise, one that signs in alone."""

    passwordless = forms.BooleanField(
        label=_("Sign in with it alone, without password or code"), required=False, initial=True
    )


class RequestCodeForm(RequestLoginCodeForm):
    """Asks where the code goes. An address that nobody has begins a login."""

    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def clean_email(self) -> str:
        address = self.cleaned_data["email"].strip().lower()
        if allow_code(context.request, address) is None:
            raise forms.ValidationError(str(TooManyCodes.message), code=TooManyCodes.code)
        self._user = login_of_address(address)
        return address


class CountedTries(BaseConfirmCodeForm):
    """A form for six digits; tries are counted beyond the session."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = code_field()

    def clean_code(self) -> str:
        if not count_try(context.request, self.expected_code):
            raise forms.ValidationError(_("That code no longer works. Ask for a new one."))
        code: str = super().clean_code()
        return code


class EnterCodeForm(CountedTries, ConfirmLoginCodeForm):
    """Takes the six digits that sign in."""


class EnterEmailCodeForm(CountedTries, ConfirmEmailVerificationCodeForm):
    """Takes the six digits that confirm an address."""


class EnterResetCodeForm(CountedTries, ConfirmPasswordResetCodeForm):
    """Takes the six digits that allow a new password."""


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
