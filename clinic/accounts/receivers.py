"""What follows a sign-in: when it ends, and the claim of a record made at the desk."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_changed
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from clinic.accounts.screens import begin_activity
from clinic.accounts.sessions import end_session_in_time
from clinic.models import User
from clinic.services.clients import change_address, client_of_login
from clinic.services.pins import forgive_tries


@receiver(user_logged_in, dispatch_uid="clinic.set_session_end")
def set_session_end(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """See `end_session_in_time`."""
    end_session_in_time(request, user)


@receiver(user_logged_in, dispatch_uid="clinic.begin_staff_screen")
def begin_staff_screen(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Let the time to the lock begin for staff, and their PIN be tried again."""
    if user.is_clinic_staff or user.is_superuser:
        begin_activity(request.session, timezone.now())
        forgive_tries(user)


@receiver(user_logged_in, dispatch_uid="clinic.claim_client_record")
def claim_client_record(user: User, **kwargs: Any) -> None:
    """Link the record that reception entered, once the address on it was confirmed."""
    if has_confirmed_address(user):
        client_of_login(user=user, details=None, is_adult=False, now=timezone.now())


@receiver(email_changed, dispatch_uid="clinic.keep_address_of_record")
def keep_address_of_record(user: User, to_email_address: EmailAddress, **kwargs: Any) -> None:
    """Let the record of a client follow the address that they sign in with."""
    change_address(user=user, email=to_email_address.email)


def has_confirmed_address(user: User) -> bool:
    """Tell whether a login's own e-mail was confirmed by a code."""
    return bool(EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists())
