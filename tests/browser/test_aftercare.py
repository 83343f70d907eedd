"""After a loss and after a course, in a real browser: answered, booked, nothing for axe to find."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from clinic.models import User
from tests.factories.clinic import NOW, SmallClinic, make_small_clinic
from tests.support.aftercare import (
    complete,
    keep,
    make_weekly,
    miss,
    missed_and_planned,
    visit_in,
)
from tests.support.axe import faults
from tests.support.desk import signed_in
from treatments.models import Repair
from treatments.services.repairs import release_repair

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def clinic(live_server) -> Iterator[SmallClinic]:
    with time_machine.travel(NOW, tick=True):
        yield make_small_clinic()


def enter(page: Page, base: str, user: User) -> Page:
    """Put somebody's session into the browser, as the sign-in pages do."""
    cookie = signed_in(user).cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": base}])
    return page


def accept(page: Page, base: str) -> None:
    """From "My visits" to the new date, booked."""
    page.goto(base + reverse("me"))
    page.get_by_role("link", name="See what we suggest").click()
    expect(
        page.get_by_text("Session 2 on Monday 14 June, 10am did not take place.")
    ).to_be_visible()
    page.get_by_role("button", name="Yes, book it").click()
    expect(page.get_by_text("Your new date is booked.")).to_be_visible()


def take_time(page: Page, base: str) -> None:
    """From "My visits" to a maintenance visit, booked."""
    page.goto(base + reverse("me"))
    page.get_by_role("link", name="Choose a time").click()
    expect(page).to_have_url(re.compile(reverse("my-maintenance")))
    page.locator(".offer").first.click()
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_role("heading", name="booked")).to_be_visible()


def test_client_accepts_a_proposal_and_its_page_is_accessible(page, base, clinic):
    course = make_weekly(clinic)
    repair, now = missed_and_planned(course, clinic)
    enter(page, base, clinic.alice.user)
    with time_machine.travel(now, tick=True):
        page.goto(base + reverse("my-repair", args=[repair.public_id]))
        found = faults(page)
        page.goto(base + reverse("me"))
        found += faults(page)

        accept(page, base)

    assert found == []
    assert visit_in(course, 2).state == "booked"


def test_proposal_is_accepted_without_javascript(browser: Browser, base, clinic):
    course = make_weekly(clinic)
    _repair, now = missed_and_planned(course, clinic)
    context = browser.new_context(java_script_enabled=False)
    with time_machine.travel(now, tick=True):
        accept(enter(context.new_page(), base, clinic.alice.user), base)

    context.close()
    assert visit_in(course, 2).state == "booked"


def test_other_states_of_a_proposal_are_accessible(page, base, clinic):
    course = make_weekly(clinic)
    repair, now = missed_and_planned(course, clinic)
    enter(page, base, clinic.alice.user)
    release_repair(repair=repair, by=clinic.alice.user, now=now)
    found = []
    with time_machine.travel(now, tick=True):
        for state in ("released", "failed", "accepted", "obsolete"):
            Repair.objects.update(state=state)
            page.goto(base + reverse("my-repair", args=[repair.public_id]))
            found += faults(page)

    assert found == []


def test_client_books_what_is_due_and_the_page_is_accessible(page, base, clinic):
    kept = keep(clinic)
    enter(page, base, clinic.alice.user)
    page.goto(base + reverse("my-maintenance"))
    found = faults(page)
    page.get_by_text("No more maintenance visits").click()
    page.get_by_label("Weeks from one visit to the next").fill("2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter a number from 4 to 26.")
    found += faults(page)

    take_time(page, base)

    assert found == []
    assert kept.client.appointments.filter(state="booked").count() == 1


def test_due_visit_is_booked_without_javascript(browser: Browser, base, clinic):
    kept = keep(clinic)
    context = browser.new_context(java_script_enabled=False)

    take_time(enter(context.new_page(), base, clinic.alice.user), base)

    context.close()
    assert kept.client.appointments.filter(state="booked").count() == 1


def test_lists_of_the_desk_are_accessible(page, base, clinic):
    course = make_weekly(clinic)
    keep(clinic, clinic.bea)
    complete(course, 1)
    miss(course, 2, clinic)
    repair, now = miss(course, 3, clinic)
    found = []
    with time_machine.travel(now + timedelta(hours=1), tick=True):
        enter(page, base, clinic.rosa)
        for name in ("drifting", "repairs", "maintenance"):
            page.goto(base + reverse(name))
            expect(page.get_by_role("heading", name="Courses")).to_be_visible()
            found += faults(page)
        page.get_by_role("link", name="Pause or change").click()
        expect(page.get_by_label("Weeks from one visit to the next")).to_be_visible()
        found += faults(page)
        Repair.objects.filter(pk=repair.pk).update(state="failed")
        page.goto(base + reverse("repairs"))
        expect(page.get_by_text("No date fits by itself")).to_be_visible()
        found += faults(page)

    assert found == []
