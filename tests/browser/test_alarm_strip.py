"""The strip of alarms in real Chromium: it sounds on whatever page staff are."""

import re
from collections.abc import Callable, Iterator

import pytest
import time_machine
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Appointment, Needling
from tests.factories.bookings import book_visit
from tests.factories.clinic import TODAY, SmallClinic, at, make_small_clinic
from tests.support.sounding import COUNT_TONES, SOUND_WAS_TURNED_ON, wait_for_tones

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def overdue(live_server: LiveServer) -> Iterator[SmallClinic]:
    """Have Alice's needles in Room 1 overdue for four minutes, at half past nine."""
    in_at = at(TODAY, 9, 1)
    with time_machine.travel(at(TODAY, 9, 30), tick=True):
        clinic = make_small_clinic()
        visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 9))
        Appointment.objects.filter(pk=visit.pk).update(state="in_session")
        Needling.objects.create(appointment=visit, in_count=12, in_at=in_at)
        yield clinic


def test_desk_hears_overdue_needles_on_another_page_until_silenced(
    overdue: SmallClinic, open_as: Callable[..., Page]
) -> None:
    page = open_as(overdue.rosa)
    page.add_init_script(COUNT_TONES)
    page.add_init_script(SOUND_WAS_TURNED_ON)
    page.goto("/clients/")
    page.locator("h1").click()
    strip = page.locator("#alarms [data-strip]")
    expect(strip).to_contain_text(re.compile("needles [45] minutes overdue, Chen Li"))

    expect(strip).to_have_attribute("data-sounding", "yes")
    wait_for_tones(page)

    page.get_by_role("button", name="Silence for a minute").click()
    page.goto("/calendar/")
    page.locator("h1").click()
    expect(strip).to_have_attribute("data-sounding", "no")
    expect(strip).to_contain_text("Chen Li")
    assert page.evaluate("() => window.tones") == 0
