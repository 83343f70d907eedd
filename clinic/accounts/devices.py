"""The cookie by which a browser is known as one of the clinic's own."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from clinic.models import ClinicDevice
from clinic.selectors.devices import device_of_secret

SALT = "clinic.accounts.devices"
COOKIE_LIFE = timedelta(days=365)


def device_of(request: HttpRequest) -> ClinicDevice | None:
    """Return the enrolled device that a request comes from, if it is one. At most one query."""
    secret = request.get_signed_cookie(settings.DEVICE_COOKIE_NAME, default=None, salt=SALT)
    return device_of_secret(secret) if secret else None


def remember_device(response: HttpResponseBase, secret: str) -> None:
    """Give a browser the secret of a device."""
    response.set_signed_cookie(
        settings.DEVICE_COOKIE_NAME,
        secret,
        salt=SALT,
        max_age=COOKIE_LIFE,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def forget_device(response: HttpResponseBase) -> None:
    """Take the secret of a device from a browser."""
    response.delete_cookie(settings.DEVICE_COOKIE_NAME, samesite="Lax")
