"""What follows a sign-in: how long it lasts, and the claim of a record made at the desk."""

from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from clinic.models import User
from clinic.services.clients import client_of_login

CLIENT_SESSION = timedelta(days=14)
STAFF_SESSION = timedelta(hours=12)


@receiver(user_logged_in, dispatch_uid="clinic.end_session_in_time")
def end_session_in_time(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Let a sign-in end for good: staff after a working day, clients after two weeks."""
    life = STAFF_SESSION if user.is_clinic_staff or user.is_superuser else CLIENT_SESSION
    request.session.set_expiry(timezone.now() + life)


@receiver(user_logged_in, dispatch_uid="clinic.claim_client_record")
def claim_client_record(user: User, **kwargs: Any) -> None:
    """Link the record that reception entered, once the address on it was confirmed."""
    if has_confirmed_address(user):
        client_of_login(user=user, details=None, is_adult=False, now=timezone.now())


def has_confirmed_address(user: User) -> bool:
    """Tell whether a login's own e-mail was confirmed by a code."""
    return bool(EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists())
