"""The strip of alarms in real Chromium: it sounds on whatever page staff are."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Appointment, Needling
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_small_clinic

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

COUNT_TONES = """
window.tones = 0;
const make = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () {
  window.tones += 1;
  return make.call(this);
};
"""


@pytest.fixture
def overdue(live_server: LiveServer) -> SmallClinic:
    """Have Alice's needles in Room 1 overdue for four minutes."""
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(NOW.date(), 9))
    in_at = timezone.now() - timedelta(minutes=29)
    Appointment.objects.filter(pk=visit.pk).update(
        state="in_session", starts_at=in_at, ends_at=in_at + timedelta(hours=1)
    )
    Needling.objects.create(appointment=visit, in_count=12, in_at=in_at)
    return clinic


def test_desk_hears_overdue_needles_on_another_page_until_silenced(
    overdue: SmallClinic, open_as: Callable[..., Page]
) -> None:
    page = open_as(overdue.rosa)
    page.add_init_script(COUNT_TONES)
    page.add_init_script("localStorage.setItem('meridian-sound', 'on')")
    page.goto("/clients/")
    page.locator("h1").click()
    strip = page.locator("#alarms [data-strip]")
    expect(strip).to_contain_text("needles 4 minutes overdue, Chen Li")

    expect(strip).to_have_attribute("data-sounding", "yes")
    page.wait_for_timeout(500)
    assert page.evaluate("() => window.tones") >= 6

    page.get_by_role("button", name="Silence for a minute").click()
    page.goto("/calendar/")
    page.locator("h1").click()
    expect(strip).to_have_attribute("data-sounding", "no")
    expect(strip).to_contain_text("Chen Li")
    assert page.evaluate("() => window.tones") == 0
