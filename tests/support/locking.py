"""Staff at a screen: signed in, on a device of the clinic or not, away for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import time_machine
from django.conf import settings
from django.core import signing
from django.test import Client as Browser
from django.urls import reverse

from clinic.accounts.devices import SALT
from clinic.models import ClinicDevice, Location, User
from clinic.services.devices import enrol_device
from clinic.services.pins import set_pin
from tests.factories.clinic import NOW
from tests.support.desk import signed_in

PIN = "482915"
WRONG_PIN = "135790"
PASSWORD = "correct horse battery"


@contextmanager
def after(minutes: float, seconds: float = 0) -> Iterator[None]:
    """Let it be so long after `NOW`."""
    with time_machine.travel(NOW + timedelta(minutes=minutes, seconds=seconds), tick=False):
        yield


def at_screen(user: User) -> Browser:
    """Return a browser in which somebody has signed in at `NOW`."""
    with after(0):
        return signed_in(user)


def enrol(browser: Browser, location: Location, by: User) -> ClinicDevice:
    """Make a browser one of the clinic's own."""
    device, secret = enrol_device(name="Trolley", location=location, replaces=None, by=by, now=NOW)
    browser.cookies[settings.DEVICE_COOKIE_NAME] = device_cookie(secret)
    return device


def device_cookie(secret: str) -> str:
    """Return what the cookie of a device holds."""
    return signing.get_cookie_signer(salt=settings.DEVICE_COOKIE_NAME + SALT).sign(secret)


def give_pin(user: User, pin: str = PIN) -> None:
    """Give somebody a PIN."""
    set_pin(user=user, pin=pin, now=NOW)


def open_with(browser: Browser, pin: str, next_path: str = "/day/") -> int:
    """Type a PIN into the locked page; return the status of the answer."""
    answer = browser.post(f"{reverse('locked')}?next={next_path}", {"pin": pin})
    return int(answer.status_code)


def is_locked(browser: Browser) -> bool:
    """Tell whether the day leads to the locked page."""
    answer = browser.get(reverse("day"))
    return answer.status_code == 302 and answer["Location"].startswith(reverse("locked"))
