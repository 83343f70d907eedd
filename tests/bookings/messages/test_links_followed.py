"""Programs follow every link of every message about a visit, and nothing changes."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.apps import apps
from django.core.cache import cache
from django.test import Client as Browser

from bookings.messages.kinds import KINDS
from bookings.messages.writing import VisitNow
from bookings.models import Appointment
from clinic.messaging.registry import Mail, kind_named
from clinic.models import Message
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 15)
LINK = re.compile(r"http://testserver(/[^\s\"'<>]*)")
NAMES = [kind.name for kind in KINDS]


@pytest.fixture(autouse=True)
def stopped_clock() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def visit():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.first_visit, clinic.location, at(TUESDAY, 12, 30))
    return Appointment.objects.with_people().get(pk=visit.pk)


def links_in(visit, kind: str) -> set[str]:
    found = kind_named(kind)
    assert found is not None
    words = ""
    for channel in ("email", "sms"):
        row = Message(
            kind=kind,
            channel=channel,
            client=visit.client,
            location=visit.location,
            about="visit",
            about_id=visit.pk,
            about_version=visit.version,
        )
        content = found.render(row, VisitNow(visit, NOW))
        words += f"{content.text} {content.html}" if isinstance(content, Mail) else content.body
    return set(LINK.findall(words))


def everything() -> dict[str, list[object]]:
    """All rows of all our tables."""
    models = [
        model
        for label in ("clinic", "bookings", "treatments")
        for model in apps.get_app_config(label).get_models()
    ]
    return {
        model.__name__: list(model._base_manager.order_by("pk").values_list()) for model in models
    }


@pytest.mark.parametrize("kind", NAMES)
def test_five_looks_at_every_link_change_nothing(kind, visit) -> None:
    links = links_in(visit, kind)
    before = everything()
    assert links

    for path in links:
        for _ in range(5):
            assert Browser().get(path).status_code < 400, path
            assert Browser().head(path).status_code < 400, path

    assert everything() == before


def test_reminder_has_a_link_for_each_answer(visit) -> None:
    signed = {path for path in links_in(visit, "visit_last") if path.startswith("/v/")}

    assert len(signed) >= 3
