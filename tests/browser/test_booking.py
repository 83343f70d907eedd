"""Book, move and cancel in a real browser: by mouse, without script, by keyboard alone."""

import re
from datetime import date

import pytest
import time_machine
from django.test import Client as SignedIn
from django.urls import reverse
from playwright.sync_api import Browser, Page, Route, expect

from bookings.models import Appointment
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_small_clinic
from tests.support.axe import faults
from tests.support.walking import sent_code, times_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

THURSDAY = date(2027, 6, 10)


@pytest.fixture
def clinic(live_server) -> SmallClinic:
    clinic = make_small_clinic()
    clinic.follow_up.before_text = "Eat something first.\n\n- a clean face\n- time to rest"
    clinic.follow_up.after_text = "Take it slowly today."
    clinic.follow_up.save()
    return clinic


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=True):
        yield


def walk(page: Page, base: str, *, check=lambda page: None) -> None:
    """From the front page to "You are booked", checking each page on the way."""
    page.goto(base + reverse("home"))
    check(page)
    page.locator("main").get_by_role("link", name="Book a visit").click()
    page.get_by_label("Follow up").check()
    check(page)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Tuesday 8 June").click()
    expect(page.get_by_role("heading", name="Times on Tuesday 8 June")).to_be_visible()
    page.get_by_label("11:15am", exact=True).check()
    check(page)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Your name").fill("Ella Ember")
    page.get_by_label("E-mail").fill("ella@example.com")
    page.get_by_label("Phone").fill("212 555 0133")
    page.get_by_label("I am 18 or over").check()
    check(page)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Look in your mail")).to_be_visible()
    check(page)
    page.get_by_label("Code").fill(sent_code())
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    check(page)


def the_visit() -> tuple[object, str]:
    visit = Appointment.objects.get(state="booked")
    return visit.starts_at, visit.client.name


BOOKED = (at(date(2027, 6, 8), 11, 15), "Ella Ember")


def test_visit_is_booked_by_mouse_and_every_page_is_accessible(page, base, clinic):
    found: list[str] = []

    walk(page, base, check=lambda page: found.extend(faults(page)))

    assert the_visit() == BOOKED
    assert found == []


def test_visit_is_booked_without_javascript(browser: Browser, base, clinic):
    context = browser.new_context(java_script_enabled=False)

    walk(context.new_page(), base)

    context.close()
    assert the_visit() == BOOKED


def press_to(page: Page, name: str, *, limit: int = 60) -> None:
    """Press Tab until the focused thing has a name that begins so."""
    for _press in range(limit):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "() => { const e = document.activeElement;"
            " const name = (e.labels?.[0] ?? e).innerText.replace(/\\s+/g, ' ').trim();"
            " return name || e.name }"
        )
        if found.startswith(name):
            return
    raise AssertionError(f"{name!r} was not reached with the keyboard")


def test_visit_is_booked_by_keyboard_alone(page, base, clinic):
    page.goto(base + reverse("book"))
    press_to(page, "Follow up")
    page.keyboard.press("Space")
    press_to(page, "Continue")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="When would you like to come?")).to_be_visible()
    press_to(page, "Tue 8 Jun")
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", name="Times on Tuesday 8 June")
    expect(heading).to_be_focused()
    expect(page.locator("#slots-status")).to_contain_text("times on Tuesday 8 June")
    press_to(page, "9am")
    for _press in range(9):
        page.keyboard.press("ArrowRight")
    press_to(page, "Continue")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Who is coming?")).to_be_visible()
    for label, words in (
        ("Your name", "Ella Ember"),
        ("E-mail", "ella@example.com"),
        ("Phone", "212 555 0133"),
    ):
        press_to(page, label)
        page.keyboard.type(words)
    press_to(page, "I am 18 or over")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Look in your mail")).to_be_visible()
    press_to(page, "Code")
    page.keyboard.type(sent_code())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
    press_to(page, "Book this visit")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()

    assert the_visit() == BOOKED


def test_own_visit_is_moved_and_cancelled(page, base, clinic):
    found: list[str] = []
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(THURSDAY, 9))
    sign_in(page, base, clinic)

    page.goto(base + reverse("me"))
    found += faults(page)
    page.get_by_role("link", name="Thursday 10 June, 9am", exact=True).click()
    expect(page.get_by_role("link", name="Move", exact=True)).to_be_visible()
    found += faults(page)
    page.get_by_role("link", name="Move", exact=True).click()
    page.get_by_role("link", name="Friday 11 June").click()
    expect(page.get_by_role("heading", name="Times on Friday 11 June")).to_be_visible()
    page.get_by_label("2pm", exact=True).check()
    found += faults(page)
    page.get_by_role("button", name="Move to this time").click()
    expect(page.get_by_text("Your visit is moved to Friday 11 June, 2pm")).to_be_visible()
    visit.refresh_from_db()
    assert (visit.starts_at, visit.client_moves) == (at(date(2027, 6, 11), 14), 1)

    page.get_by_role("link", name="Cancel", exact=True).click()
    expect(page.get_by_role("button", name="Cancel this visit")).to_be_visible()
    found += faults(page)
    page.get_by_role("button", name="Cancel this visit").click()
    expect(page.get_by_text("Your visit is cancelled.")).to_be_visible()
    found += faults(page)

    visit.refresh_from_db()
    assert visit.state == "cancelled"
    assert found == []


def test_public_pages_and_errors_are_accessible(page, base, clinic):
    found: list[str] = []
    pages = [
        reverse("services"),
        reverse("service", args=["follow-up"]),
        reverse("service-before", args=["follow-up"]),
        reverse("practitioners"),
        reverse("practitioner", args=["chen"]),
        reverse("book") + "?go=1",
        reverse("book-times") + "?service=first-visit&location=new-york&near=2027-06-08T13:00:00Z",
    ]

    for address in pages:
        page.goto(base + address)
        found += faults(page)

    assert found == []


def test_double_click_and_back_leave_one_visit(page, base, clinic):
    walk_to_check(page, base, clinic)

    page.get_by_role("button", name="Book this visit").dblclick()
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()

    assert Appointment.objects.filter(state="booked").count() == 1


def walk_to_check(page: Page, base: str, clinic: SmallClinic) -> None:
    """Sign in as Alice and hold a time."""
    sign_in(page, base, clinic)
    page.goto(base + reverse("book-times") + "?service=follow-up&location=new-york")
    page.get_by_label("10:30am", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()


def sign_in(page: Page, base: str, clinic: SmallClinic) -> None:
    """Give the browser a session of Alice's."""
    client = SignedIn()
    client.force_login(clinic.alice.user)
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": base}])


def test_second_date_tapped_on_a_slow_network_is_the_one_shown(page, base, clinic):
    page.goto(base + times_url(clinic))
    held: list[Route] = []
    page.route("**/book/times/**", lambda route: held.append(route))
    page.get_by_role("link", name="Tuesday 8 June").click()
    page.get_by_role("link", name="Wednesday 9 June").click()
    page.wait_for_timeout(200)

    for route in held:
        route.continue_()

    expect(page).to_have_title(re.compile("Wednesday 9 June"))
    expect(page.locator("#times-title")).to_have_text("Times on Wednesday 9 June")
