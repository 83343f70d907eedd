"""How long a sign-in lasts."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from clinic.models import User

CLIENT_SESSION = timedelta(days=14)
STAFF_SESSION = timedelta(hours=12)


def end_session_in_time(request: HttpRequest, user: User) -> None:
    """Let a sign-in end for good: staff after a working day, clients after two weeks."""
    life = STAFF_SESSION if user.is_clinic_staff or user.is_superuser else CLIENT_SESSION
    request.session.set_expiry(timezone.now() + life)
