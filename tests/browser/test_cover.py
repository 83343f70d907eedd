"""The cover list in real Chromium: one click without script, nothing for axe to find."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.conf import settings
from django.test import Client as Visitor
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Appointment
from clinic.domain.credentials import Result
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_small_clinic
from tests.factories.credentials import check, make_type, verified
from tests.support.axe import faults
from tests.support.walking import check_url, times_url, walk_to_check

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PATIENCE_MS = 8_000
TOMORROW = TODAY + timedelta(days=1)
PAST_EXPIRY = TODAY + timedelta(days=2)


@pytest.fixture
def clinic(live_server: LiveServer) -> Iterator[SmallClinic]:
    """Give the small clinic after a revocation: Chen has a visit that Dora could take.

    Dora's own visit lies past the end of her licence, and nobody else is free for it.
    """
    with time_machine.travel(NOW, tick=True):
        clinic = make_small_clinic()
        licence = make_type("licence", required_by=[clinic.follow_up], book_past_expiry_days=60)
        mine = verified(licence, clinic.chen, by=clinic.mia)
        clinic.dora.services.add(clinic.follow_up)
        verified(licence, clinic.dora, by=clinic.mia, expires=TOMORROW)
        for client, day, who in (
            (clinic.alice, TOMORROW, clinic.chen),
            (clinic.bea, PAST_EXPIRY, clinic.dora),
        ):
            book_visit(client, clinic.follow_up, clinic.location, at(day, 10), practitioner=who)
        check(mine, Result.REVOKED, by=clinic.mia)
        yield clinic


@pytest.fixture
def open_as_rosa(open_as: Callable[..., Page], clinic: SmallClinic) -> Callable[..., Page]:
    """Open pages with reception signed in."""
    return partial(open_as, clinic.rosa)


def test_visit_moves_to_whoever_is_qualified_with_one_click_and_no_script(
    open_as_rosa: Callable[..., Page], clinic: SmallClinic
) -> None:
    page = open_as_rosa(java_script_enabled=False)
    page.goto("/cover/")

    page.get_by_role("button", name="Move to Dora Novak at the same time : Alice Arden").click()

    expect(page.locator("#messages")).to_contain_text("Alice Arden comes to Dora Novak now")
    expect(page.get_by_role("button", name="Alice Arden")).to_have_count(0)
    moved = Appointment.objects.get(client=clinic.alice)
    assert (moved.practitioner, moved.starts_at) == (clinic.dora, at(TOMORROW, 10))


def test_axe_finds_nothing_where_papers_are_missing(
    open_as_rosa: Callable[..., Page], clinic: SmallClinic
) -> None:
    page = open_as_rosa(reduced_motion="reduce")

    page.goto("/cover/")
    expect(page.locator(".cover-list > li")).to_have_count(2)
    found = faults(page)
    page.goto(f"/day/?location=new-york&date={PAST_EXPIRY}")
    found += faults(page)

    assert found == [], "\n".join(found)


def test_axe_finds_nothing_where_a_time_awaits_a_renewal(
    browser: Browser, live_server: LiveServer, clinic: SmallClinic
) -> None:
    visitor = Visitor()
    hold = walk_to_check(visitor, clinic, at(PAST_EXPIRY, 14))
    context = browser.new_context(base_url=live_server.url, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    cookie = visitor.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page = context.new_page()

    found = []
    for url in (times_url(clinic, date=PAST_EXPIRY.isoformat()), check_url(hold)):
        page.goto(url)
        expect(page.get_by_text("renewal").first).to_be_visible()
        found += faults(page)
    page.get_by_role("button", name="Book").click()
    expect(
        page.get_by_text("We get in touch before your visit if it has not come.")
    ).to_be_visible()
    found += faults(page)
    context.close()

    assert found == [], "\n".join(found)


def test_empty_cover_list_is_said_and_clean(
    open_as_rosa: Callable[..., Page], clinic: SmallClinic
) -> None:
    Appointment.objects.update(state="cancelled")
    page = open_as_rosa(reduced_motion="reduce")

    page.goto("/cover/")

    expect(page.get_by_text("Nothing to cover")).to_be_visible()
    assert faults(page) == []
