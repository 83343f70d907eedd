"""Open the staff pages with Django's test client."""

import re
from collections.abc import Iterable
from datetime import datetime
from html import unescape
from typing import Any
from uuid import uuid4

from django.test import Client as Browser
from django.urls import reverse

from bookings.models import Appointment
from clinic.models import User

OF_THE_DIARY = r"bookings_|clinic_client|clinic_catalogue|clinic_desknote"
PASSWORD_LOGIN = "django.contrib.auth.backends.ModelBackend"


def signed_in(user: User) -> Browser:
    """Return a browser in which somebody is signed in."""
    browser = Browser()
    browser.force_login(user, backend=PASSWORD_LOGIN)
    return browser


def words(answer: Any) -> str:
    """Return a page's words without tags, blanks squeezed."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def tap(browser: Browser, visit: Appointment, to_state: str, **more: str) -> Any:
    """Tap a step of a visit and follow to the page that answers."""
    url = reverse("visit-status", args=[visit.public_id])
    return browser.post(url, {"to_state": to_state, **more}, follow=True)


def begin(browser: Browser, visit: Appointment, **more: str) -> Any:
    """Start a visit with its tick and follow to the page that answers."""
    url = reverse("visit-start", args=[visit.public_id])
    return browser.post(url, {"history_seen": "on", **more}, follow=True)


def count(browser: Browser, visit: Appointment, act: str, number: str = "", **more: str) -> Any:
    """Send a step of the needles and follow to the page that answers."""
    url = reverse("visit-needles", args=[visit.public_id])
    return browser.post(url, {"act": act, "count": number, **more}, follow=True)


def undo(browser: Browser, visit: Appointment, **more: str) -> Any:
    """Tap Undo at a visit and follow to the page that answers."""
    return browser.post(reverse("visit-undo", args=[visit.public_id]), more, follow=True)


def state_of(visit: Appointment) -> str:
    """Return the state that a visit has now."""
    return Appointment.objects.values_list("state", flat=True).get(pk=visit.pk)


def book_url(**query: object) -> str:
    """Return the page that books for a client, with answers in its address."""
    return reverse("day-book") + "?" + "&".join(f"{k}={v}" for k, v in query.items())


def start(at: datetime, **more: str) -> dict[str, str]:
    """Return what the form with the times sends."""
    return {"starts_at": at.isoformat(), "reason": "", "request_id": str(uuid4()), **more}


def diary_queries(queries: Iterable[dict[str, str]]) -> list[str]:
    """Return the statements about clients, visits and the catalogue: not those of the login."""
    return [row["sql"] for row in queries if re.search(OF_THE_DIARY, row["sql"])]
