"""Walk through the booking pages with Django's test client, as a visitor does."""

import re
from datetime import datetime
from html import unescape
from typing import Any

from django.core import mail
from django.test import Client as Browser
from django.urls import reverse

from bookings.models import Appointment
from bookings.views.picker import value_of
from tests.factories.clinic import SmallClinic

DETAILS = {
    "name": "Ella Ember",
    "email": "ella@example.com",
    "phone": "(212) 555-0133",
    "adult": "on",
}


def sent_code() -> str:
    """Return the six digits of the latest mail."""
    found = re.search(r"\b(\d{6})\b", mail.outbox[-1].body)
    assert found is not None
    return found.group(1)


def text_of(answer: Any) -> str:
    """Return a page's words without tags, blanks squeezed."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def times_url(clinic: SmallClinic, service: str = "follow-up", **query: str) -> str:
    """Return the page of times of the small clinic."""
    query = {"service": service, "location": "new-york", "practitioner": "any", **query}
    return reverse("book-times") + "?" + "&".join(f"{k}={v}" for k, v in query.items())


def hold_time(browser: Browser, clinic: SmallClinic, at: datetime) -> Appointment:
    """Hold a start and return the hold."""
    answer = browser.post(times_url(clinic), {"time": value_of(at)})
    assert answer.status_code == 302, text_of(answer)
    return Appointment.objects.latest("pk")


def say_who(browser: Browser, hold: Appointment, **other: str) -> Any:
    """Fill in who comes."""
    url = reverse("hold-details", args=[hold.public_id])
    return browser.post(url, {**DETAILS, **other})


def enter_code(browser: Browser, hold: Appointment) -> Any:
    """Enter the code of the latest mail."""
    return browser.post(reverse("hold-code", args=[hold.public_id]), {"code": sent_code()})


def check_url(hold: Appointment) -> str:
    """Return the page where the answers are checked."""
    return reverse("hold-check", args=[hold.public_id])


def walk_to_check(browser: Browser, clinic: SmallClinic, at: datetime, **other: str) -> Appointment:
    """Do all steps up to "check your answers"."""
    hold = hold_time(browser, clinic, at)
    say_who(browser, hold, **other)
    enter_code(browser, hold)
    return hold
