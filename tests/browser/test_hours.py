"""Hours and time off in real Chromium: two taps without script, nothing for axe to find."""

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
import time_machine
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Appointment, TimeOff
from clinic.models import RosterHours
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_small_clinic
from tests.support.axe import faults

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TUESDAY = date(2027, 6, 8)


@pytest.fixture
def clinic(live_server: LiveServer) -> Iterator[SmallClinic]:
    """Give the small clinic; Alice comes to Chen on Tuesday at 9."""
    with time_machine.travel(NOW, tick=True):
        clinic = make_small_clinic()
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
        yield clinic


def test_tomorrow_off_is_two_taps_and_leads_to_cover_without_script(
    open_as: Callable[..., Page], clinic: SmallClinic
) -> None:
    page = open_as(clinic.chen.user, java_script_enabled=False)
    page.goto("/hours/")

    page.get_by_role("link", name="Off tomorrow").click()
    expect(page.get_by_role("heading", name="1 booked visit is in the way")).to_be_visible()
    page.get_by_role("button", name="Save and cover these visits").click()

    expect(page).to_have_url(re.compile(r"/cover/new/\?"))
    expect(page.get_by_text("Alice Arden").first).to_be_visible()
    assert TimeOff.objects.get().starts_at == at(TUESDAY, 0)
    assert Appointment.objects.get().state == "booked"


def test_week_is_changed_and_a_mistake_is_told_at_its_field(
    open_as: Callable[..., Page], clinic: SmallClinic
) -> None:
    page = open_as(clinic.chen.user, java_script_enabled=False)
    page.goto("/hours/")
    page.get_by_role("link", name="Change the week : New York").click()

    page.get_by_label("Monday, from (1)").fill("18:00")
    page.get_by_role("button", name="See what this changes").click()
    expect(page.locator("#id_on1_0_to_error")).to_contain_text("Hours end after they start")
    page.get_by_label("Monday, from (1)").fill("10:00")
    page.get_by_role("button", name="See what this changes").click()
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("heading", name="My hours")).to_be_visible()
    assert RosterHours.objects.filter(weekday=1, practitioner=clinic.chen).count() == 2


def test_axe_finds_nothing_on_any_page_of_hours(
    open_as: Callable[..., Page], clinic: SmallClinic
) -> None:
    page = open_as(clinic.mia, reduced_motion="reduce")
    own = f"/hours/{clinic.chen.public_id}/"
    off = f"{own}off/?kind=away&first=2027-06-08&clock=new-york"
    TimeOff.objects.create(
        kind="away", practitioner=clinic.chen, starts_at=at(TUESDAY, 9), ends_at=at(TUESDAY, 12)
    )
    change = f"{own}off/{TimeOff.objects.get().pk}/"
    bad_week = f"{own}week/new-york/?first=&on1_0_from=18:00"

    found = []
    pages = ("/hours/", own, f"{own}off/", off, change, f"{own}date/", f"{own}week/new-york/")
    for url in (*pages, bad_week):
        page.goto(url)
        found += faults(page)

    assert found == [], "\n".join(found)
