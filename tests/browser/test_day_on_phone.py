"""The day on a phone in real Chromium: a tap leaves the page where it is."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.domain.lifecycle import State
from bookings.services.status import record_status
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_client, make_small_clinic

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PHONE = {"viewport": {"width": 390, "height": 700}, "has_touch": True}


@pytest.fixture
def long_day(live_server: LiveServer) -> Iterator[SmallClinic]:
    """Give Chen six visits, of which the first has arrived, at nine o'clock."""
    with time_machine.travel(at(TODAY, 9), tick=True):
        clinic = make_small_clinic()
        chen, rosa = clinic.chen, clinic.rosa
        names = ("Cleo Cole", "Dan Drew", "Ema Eyre", "Finn Ford", "Gil Gray", "Hal Hume")
        for number, name in enumerate(names):
            visit = book_visit(
                make_client(name),
                clinic.follow_up,
                clinic.location,
                at(TODAY, 9 + number),
                practitioner=chen,
                by=rosa,
                now=NOW,
            )
            if number == 0:
                record_status(appointment=visit, to_state=State.ARRIVED, by=rosa, now=at(TODAY, 9))
        yield clinic


def test_refused_tap_leaves_the_card_in_sight(
    open_as: Callable[..., Page], long_day: SmallClinic
) -> None:
    page = open_as(long_day.chen.user, **PHONE)
    page.goto("/day/")
    start = page.locator(".room-card").get_by_role("button", name="Start").first
    start.scroll_into_view_if_needed()
    page.evaluate("scrollBy({ top: 150, behavior: 'instant' })")

    start.click()

    words = page.get_by_text("Tick first that you have seen")
    expect(words).to_be_visible()
    expect(words).to_be_in_viewport()
