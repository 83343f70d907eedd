"""The desk in real Chromium: taps in place, no script, nothing for axe to find."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Appointment
from bookings.services.requests import ask_to_move
from clinic.models import CallEntry, Message
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_client, make_small_clinic
from tests.support.axe import faults

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def clinic(live_server: LiveServer) -> Iterator[SmallClinic]:
    """Give the small clinic with a visit left open, one now, one that asks to move."""
    with time_machine.travel(at(TODAY, 10, 20), tick=True):
        clinic = make_small_clinic()
        early = NOW - timedelta(days=3)
        book_visit(
            clinic.bea,
            clinic.follow_up,
            clinic.location,
            at(TODAY, 9) - timedelta(days=3),
            now=early,
        )
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10), now=early)
        later = book_visit(clinic.bea, clinic.first_visit, clinic.location, at(TODAY, 14))
        ask_to_move(appointment=later, wish="After 4pm", by=clinic.rosa, now=NOW)
        make_client("Alicia Arden", login=False, email="alice@example.com")
        trouble_with(later)
        yield clinic


def trouble_with(visit: Appointment) -> None:
    """Let a visit's confirmation fail, and ask reception to call."""
    Message.objects.filter(about="visit", about_id=visit.pk).update(
        state="failed", last_error="HTTP 503", tries=6
    )
    assert visit.client is not None
    CallEntry.objects.create(
        dedupe_key="undelivered",
        client=visit.client,
        location=visit.location,
        reason=CallEntry.Reason.UNDELIVERED,
        about="visit",
        about_id=visit.pk,
        created_at=NOW,
    )


@pytest.fixture
def open_desk(open_as: Callable[..., Page], clinic: SmallClinic) -> Callable[..., Page]:
    """Open pages with the manager signed in, who sees all of the desk."""
    return partial(open_as, clinic.mia)


def button(page: Page, label: str, name: str) -> Locator:
    """Return a button of a visit's line; its name ends with the client's."""
    return page.get_by_role("button", name=re.compile(rf"{label}\s*: {name}"))


def test_tap_and_undo_stay_on_the_page(open_desk: Callable[..., Page]) -> None:
    page = open_desk()
    page.goto("/day/")
    page.evaluate("window.stayed = true")

    button(page, "Arrived", "Alice Arden").click()

    expect(button(page, "Not treated", "Alice Arden")).to_be_visible()
    expect(page.locator("#messages")).to_contain_text("Alice Arden: Arrived.")
    expect(page.locator(".day-list > li:focus")).to_contain_text("Alice Arden")
    button(page, "Undo", "Alice Arden").click()
    expect(button(page, "Arrived", "Alice Arden")).to_be_visible()
    assert page.evaluate("window.stayed")


def test_desk_books_and_moves_without_script(open_desk: Callable[..., Page]) -> None:
    page = open_desk(java_script_enabled=False)
    page.goto("/day/")
    page.locator(".gap-list a").first.click()
    page.get_by_label("Name, e-mail or phone").fill("alice")
    page.get_by_role("button", name="Find").click()
    page.locator(".found a").first.click()
    page.get_by_label("Service").select_option("Follow up")
    page.get_by_role("button", name="Show times").click()
    page.get_by_role("radio", name="11:45am").check()
    page.get_by_role("button", name="Book for Alice Arden").click()
    expect(page.locator("#messages")).to_contain_text("Booked for Alice Arden")

    page.get_by_role("link", name="Move").click()
    page.locator(".date-links a").nth(1).click()
    page.get_by_role("radio", name="3pm", exact=True).check()
    page.get_by_role("button", name="Move this visit").click()

    expect(page.locator("#messages")).to_contain_text("Moved to Tuesday 8 June, 3pm.")


def test_desk_ticks_a_call_and_retries_without_script(open_desk: Callable[..., Page]) -> None:
    page = open_desk(java_script_enabled=False)
    page.goto("/calls/")
    page.get_by_label("Note").fill("Will come")
    button(page, "Spoken to", "Bea Brook").click()
    expect(page.locator("#messages")).to_contain_text("Bea Brook is spoken to.")
    expect(page.locator("main")).to_contain_text("“Will come”")

    page.get_by_role("link", name=re.compile("Messages")).first.click()
    page.get_by_role("button", name=re.compile("Try again")).click()

    expect(page.locator("#messages")).to_contain_text("is tried again now")
    expect(page.get_by_role("heading", name="Failed")).to_have_count(0)


def test_axe_finds_nothing_at_the_desk(open_desk: Callable[..., Page], clinic: SmallClinic) -> None:
    page = open_desk(reduced_motion="reduce")

    found = []
    for url in addresses(clinic):
        page.goto(url)
        found += faults(page)

    assert found == [], "\n".join(found)


def addresses(clinic: SmallClinic) -> list[str]:
    """Return every page of the desk, with something on it."""
    visit = Appointment.objects.get(client=clinic.alice)
    later = Appointment.objects.get(service=clinic.first_visit)
    client = clinic.alice.public_id
    other = clinic.alice.__class__.objects.get(name="Alicia Arden").public_id
    book = f"/day/book/?service=follow-up&date=2027-06-08&client={client}"
    return [
        "/day/",
        "/day/?date=2027-12-25",
        "/day/book/?q=a",
        book,
        f"/day/visits/{visit.public_id}/",
        f"/day/visits/{later.public_id}/move/",
        f"/day/visits/{later.public_id}/cancel/",
        "/to-answer/",
        "/calls/",
        "/messages/",
        "/messages/?show=failed",
        "/messages/?show=nonsense",
        "/left-open/",
        "/clients/",
        "/clients/?q=nobody",
        "/clients/new/",
        f"/clients/{client}/",
        f"/clients/{client}/edit/",
        f"/clients/{client}/merge/",
        f"/clients/{client}/merge/?other={other}",
    ]
