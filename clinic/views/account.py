"""What a person keeps about themselves: name, phone, ways to sign in."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.forms.account import DetailsForm
from clinic.models import Client, User
from clinic.services.clients import change_own_details
from clinic.views.access import SignedInRequest, signed_in
from clinic.views.components import Row


@signed_in
def my_details(request: SignedInRequest) -> HttpResponse:
    """Show and change a person's own name and phone, with the ways to everything else."""
    client = Client.objects.filter(user=request.user).first()
    form = DetailsForm(
        request.POST or None,
        initial={"name": client.name if client else request.user.name, "phone": _phone(client)},
        has_record=client is not None,
    )
    if request.method == "POST" and form.is_valid():
        return _change(request, form)
    context = {"form": form, "rows": _rows(request.user)}
    return render(request, "clinic/my_details.html", context, status=422 if form.errors else 200)


def _change(request: SignedInRequest, form: DetailsForm) -> HttpResponse:
    typed = form.cleaned_data
    change_own_details(user=request.user, name=typed["name"], phone=typed.get("phone"))
    messages.success(request, _("Your details are saved."))
    return redirect("my-details")


def _phone(client: Client | None) -> str:
    return client.phone.as_international if client and client.phone else ""


def _rows(user: User) -> list[Row]:
    has_password = user.has_usable_password()
    password_page = "account_change_password" if has_password else "account_set_password"
    return [
        Row(_("E-mail"), user.email, change_url=reverse("account_email")),
        Row(
            _("Password"),
            _("Set") if has_password else _("None"),
            "" if has_password else _("You sign in with a code by mail."),
            reverse(password_page),
        ),
        Row(_("Passkeys and second step"), _factors(user), change_url=reverse("mfa_index")),
        Row(
            _("Where you are signed in"),
            _("Devices and browsers"),
            change_url=reverse("usersessions_list"),
        ),
    ]


def _factors(user: User) -> str:
    kinds = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    passkeys = kinds.count(Authenticator.Type.WEBAUTHN)
    words = []
    if passkeys:
        words.append(
            ngettext("%(count)s passkey", "%(count)s passkeys", passkeys) % {"count": passkeys}
        )
    if Authenticator.Type.TOTP in kinds:
        words.append(_("authenticator app"))
    return ", ".join(words) or _("None")
