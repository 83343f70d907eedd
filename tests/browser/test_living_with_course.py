"""Move, cancel, pause and stop in a real browser: by mouse, without script, by keyboard."""

import re
from datetime import date

import pytest
import time_machine
from django.test import Client as DjangoBrowser
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.test_booking import press_to
from tests.factories.clinic import NOW, SmallClinic, make_small_clinic
from tests.factories.courses import make_course
from tests.support.axe import faults
from treatments.models import Course
from treatments.selectors.courses import view_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# Ten Mondays from 7 June 2027, at 9; session 3 is on 21 June.


@pytest.fixture
def clinic(live_server) -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def course(clinic) -> Course:
    return make_course(clinic)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=True):
        yield


def sign_in(context: BrowserContext, base: str, user) -> None:
    """Give a browser the session of somebody, as signing in does."""
    session = DjangoBrowser()
    session.force_login(user)
    context.add_cookies(
        [{"name": "sessionid", "value": session.cookies["sessionid"].value, "url": base}]
    )


def dates(course) -> list[date | None]:
    return [item.date for item in view_of(course).sessions]


def move_session_3(page: Page, base: str, *, check=lambda page: None) -> None:
    """From "My visits" to the confirmed smallest repair, checking each page on the way."""
    page.goto(base + reverse("me"))
    check(page)
    page.get_by_role("link", name="Facial course").click()
    expect(page.get_by_role("link", name="Move session 3")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Move session 3").click()
    friday = page.get_by_role("link", name=re.compile("Friday 25 June 2027, moves 1 other"))
    expect(friday).to_be_visible()
    check(page)
    friday.click()
    expect(page.get_by_role("heading", name="Times on Friday 25 June")).to_be_visible()
    page.get_by_role("button", name="9am", exact=True).click()
    expect(
        page.get_by_role("heading", name="Session 3 moves, and 1 other date with it.")
    ).to_be_visible()
    page.get_by_text("Other ways").click()
    expect(page.locator("details", has_text="Other ways")).to_have_attribute("open", "")
    check(page)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Done: 2 dates changed.")).to_be_visible()


def test_session_is_moved_by_mouse_and_every_page_is_accessible(page, base, clinic, course):
    sign_in(page.context, base, clinic.alice.user)
    before, found = dates(course), []

    move_session_3(page, base, check=lambda page: found.extend(faults(page)))

    after = dates(course)
    assert after[:2] == before[:2]
    assert after[2] == date(2027, 6, 25)
    assert after[3] != before[3]
    assert after[4:] == before[4:]
    assert found == []


def test_session_is_moved_without_javascript(browser: Browser, base, clinic, course):
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, base, clinic.alice.user)

    move_session_3(context.new_page(), base)

    context.close()
    assert dates(course)[2] == date(2027, 6, 25)


def test_session_is_moved_by_keyboard_alone(page, base, clinic, course):
    sign_in(page.context, base, clinic.alice.user)
    page.goto(base + reverse("my-course-move", args=[course.public_id, 3]))
    press_to(page, "Tue 22 Jun")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Times on Tuesday 22 June")).to_be_visible()
    press_to(page, "9am")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Only session 3 moves.")).to_be_visible()
    press_to(page, "Confirm")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Done: 1 date changed.")).to_be_visible()
    assert dates(course)[2] == date(2027, 6, 22)


def test_cancel_pause_and_stop_are_accessible_and_work(page, base, clinic, course):
    sign_in(page.context, base, clinic.alice.user)
    home = base + reverse("my-course", args=[course.public_id])
    found: list[str] = []

    page.goto(home)
    page.get_by_role("link", name="Cancel session 3").click()
    expect(page.get_by_role("button", name="Only cancel")).to_be_visible()
    found += faults(page)
    page.get_by_role("button", name="Only cancel").click()
    expect(page.get_by_role("link", name="Choose a date for session 3")).to_be_visible()
    found += faults(page)
    page.get_by_role("link", name="Choose a date for session 3").click()
    expect(page.locator("button[name=time]").first).to_be_visible()
    found += faults(page)
    page.locator("button[name=time]").first.click()
    expect(page.get_by_role("heading", name="No other date changes.")).to_be_visible()
    found += faults(page)
    page.goto(home)
    page.get_by_role("link", name="Suggest dates").click()
    expect(page.get_by_role("button", name="Book these dates")).to_be_visible()
    found += faults(page)
    page.get_by_role("button", name="Book these dates").click()
    expect(page.get_by_text("All sessions have a date now.")).to_be_visible()
    page.get_by_role("link", name="Pause for a holiday").click()
    page.get_by_label("First day away").fill("2027-06-21")
    page.get_by_label("Last day away").fill("2027-06-10")
    page.get_by_role("button", name="Show the new dates").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose the same day or a later one.")
    found += faults(page)
    page.get_by_label("Last day away").fill("2027-07-11")
    page.get_by_role("button", name="Show the new dates").click()
    expect(page.get_by_role("button", name="Pause the course")).to_be_visible()
    found += faults(page)
    page.get_by_role("button", name="Pause the course").click()
    expect(page.get_by_text("The course is paused for that time.")).to_be_visible()
    assert not any(date(2027, 6, 21) <= on <= date(2027, 7, 11) for on in dates(course))
    page.get_by_role("link", name="Stop the course").click()
    expect(page.get_by_role("button", name="Stop the course")).to_be_visible()
    found += faults(page)
    page.get_by_role("button", name="Stop the course").click()
    expect(page.get_by_text("Stopped after 0 of 10 sessions")).to_be_visible()
    found += faults(page)

    assert found == []


def test_pages_of_staff_are_accessible(page, base, clinic, course):
    sign_in(page.context, base, clinic.rosa)
    home = base + reverse("course", args=[course.public_id])
    found: list[str] = []

    for name in ("", "sessions/3/move/", "sessions/3/gap/", "length/", "finish/", "stop/"):
        page.goto(home + name)
        found += faults(page)
    page.goto(home + "length/")
    page.get_by_label("Number of sessions").fill("12")
    page.get_by_role("button", name="Change").click()
    expect(page.locator(".error-summary")).to_be_visible()
    found += faults(page)
    page.get_by_label("Reason").fill("Two more")
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_text("2 sessions have no date yet.")).to_be_visible()
    page.goto(base + reverse("client", args=[clinic.alice.public_id]))
    found += faults(page)

    assert found == []
