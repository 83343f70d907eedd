"""A client's card in real Chromium: notes by hand and by a double click, nothing for axe."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Needling
from clinic.models import AccessLog, DeskNote
from clinic.services.access_log import record_look
from clinic.services.desk_notes import write_note
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_small_clinic
from tests.factories.courses import make_course
from tests.support.axe import faults

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

LONG_NOTE = "Comes by wheelchair taxi, which needs the bay in front of the door. " * 4


@pytest.fixture
def clinic(live_server: LiveServer) -> Iterator[SmallClinic]:
    """Let Alice have a course, a visit of last week, marks, notes and somebody who looked."""
    with time_machine.travel(at(TODAY, 10, 20), tick=True):
        clinic = make_small_clinic()
        early = NOW - timedelta(days=9)
        past = book_visit(
            clinic.alice,
            clinic.first_visit,
            clinic.location,
            at(TODAY, 10) - timedelta(days=7),
            now=early,
        )
        past.state = "completed"
        past.save()
        Needling.objects.create(
            appointment=past,
            in_count=14,
            in_at=past.starts_at,
            out_count=14,
            out_at=past.ends_at,
        )
        make_course(clinic)
        clinic.alice.needs_step_free = clinic.alice.never_overlap = True
        clinic.alice.save()
        for text in ("Likes the room by the garden", LONG_NOTE[:300]):
            write_note(client=clinic.alice, text=text, note_id=uuid4(), by=clinic.rosa, now=NOW)
        record_look(client=clinic.alice, kind=AccessLog.Kind.CARD, by=clinic.rosa, now=NOW)
        yield clinic


def card_url(clinic: SmallClinic) -> str:
    return f"/clients/{clinic.alice.public_id}/"


@pytest.mark.parametrize("scripted", [True, False])
def test_note_is_written_and_taken_down(
    open_as: Callable[..., Page], clinic: SmallClinic, scripted: bool
) -> None:
    page = open_as(clinic.chen.user, java_script_enabled=scripted)
    page.goto(card_url(clinic))

    page.get_by_label("New note").fill("Rings twice")
    page.get_by_role("button", name="Add the note").dblclick()

    expect(page.locator("#messages")).to_contain_text("The note is on the card.")
    expect(page.locator(".desk-notes li")).to_have_count(3)
    page.get_by_role("button", name=re.compile("Take down\\s*: Rings twice")).click()
    expect(page.locator("#messages")).to_contain_text("The note is taken down.")
    expect(page.locator(".desk-notes li")).to_have_count(2)
    assert DeskNote.objects.filter(text="Rings twice").count() == 1


def test_axe_finds_nothing_on_the_card(open_as: Callable[..., Page], clinic: SmallClinic) -> None:
    found = []
    for person in (clinic.mia, clinic.rosa, clinic.chen.user):
        page = open_as(person, reduced_motion="reduce")
        page.goto(card_url(clinic))
        for looks in page.locator(".looks > summary").all():
            looks.click()
        found += faults(page)
        page.get_by_role("button", name="Add the note").click()
        expect(page.locator(".error-summary")).to_contain_text("Write the note.")
        found += faults(page)
        page.goto("/clients/")
        found += faults(page)

    assert found == [], "\n".join(found)
