"""Plan, swap and book a course in a real browser: by mouse, without script, by keyboard."""

import re
from datetime import date

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_booking import press_to
from tests.factories.clinic import NOW, SmallClinic, make_small_clinic
from tests.factories.courses import make_protocol
from tests.support.axe import faults
from tests.support.walking import sent_code
from treatments.models import Course
from treatments.selectors.courses import view_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def clinic(live_server) -> SmallClinic:
    clinic = make_small_clinic()
    make_protocol(clinic, name="Facial course")
    for hours in clinic.chen.roster_hours.all():
        hours.ends = hours.ends.replace(hour=20)
        hours.save()
    return clinic


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=True):
        yield


def walk(page: Page, base: str, *, check=lambda page: None) -> None:
    """From the front page to "Your course is booked", checking each page on the way."""
    page.goto(base + reverse("home"))
    page.get_by_role("link", name="Plan a course").first.click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Tuesday").check()
    page.get_by_label("Thursday").check()
    page.get_by_label("Evening").check()
    page.get_by_text("More: how strictly").click()
    page.get_by_label("Date of your event").fill("2027-09-30")
    check(page)
    page.get_by_role("button", name="Show me a plan").click()
    expect(page.get_by_role("heading", name="Your plan, done by")).to_be_visible()
    check(page)
    page.get_by_role("link", name=re.compile("Swap session 4")).click()
    page.get_by_role("link", name="Thursday 1 July").click()
    expect(page.get_by_role("heading", name="Times on Thursday 1 July")).to_be_visible()
    page.get_by_label("5pm", exact=True).check()
    check(page)
    page.get_by_role("button", name="Take it, keep the others").click()
    expect(page.get_by_text("Session 4 is set. The others stay as they were.")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Continue with this plan").click()
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
    expect(page.get_by_role("heading", name="Check your course")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Book these 10 sessions").click()
    expect(page.get_by_role("heading", name="Your course is booked")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Plan to print").click()
    expect(page.get_by_role("heading", name="Appointments at")).to_be_visible()
    check(page)


def the_course() -> tuple[str, int, date | None]:
    view = view_of(Course.objects.get())
    booked = [item for item in view.sessions if item.is_booked]
    return view.course.client.name, len(booked), view.sessions[3].date


BOOKED = ("Ella Ember", 10, date(2027, 7, 1))


def test_course_is_booked_by_mouse_and_every_page_is_accessible(page, base, clinic):
    found: list[str] = []

    walk(page, base, check=lambda page: found.extend(faults(page)))

    assert the_course() == BOOKED
    assert found == []


def test_booked_course_has_session_3_moved_and_no_other(page, base, clinic):
    walk(page, base)
    before = [item.date for item in view_of(Course.objects.get()).sessions]
    page.get_by_role("link", name="Back").click()
    page.get_by_role("link", name="Move session 3").click()
    page.get_by_role("link", name="Wednesday 23 June 2027, moves nothing else").click()
    expect(page.get_by_role("heading", name="Times on Wednesday 23 June")).to_be_visible()
    page.get_by_role("button", name="5pm", exact=True).click()
    expect(page.get_by_text("Only session 3 moves.")).to_be_visible()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Done: 1 date changed.")).to_be_visible()

    after = [item.date for item in view_of(Course.objects.get()).sessions]
    assert after == [*before[:2], date(2027, 6, 23), *before[3:]]


def test_course_is_booked_without_javascript(browser: Browser, base, clinic):
    context = browser.new_context(java_script_enabled=False)

    walk(context.new_page(), base)

    context.close()
    assert the_course() == BOOKED


def test_plan_is_made_and_swapped_by_keyboard_alone(page, base, clinic):
    page.goto(base + reverse("course-plan"))
    press_to(page, "Continue")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="When suits you?")).to_be_visible()
    press_to(page, "Tuesday")
    page.keyboard.press("Space")
    press_to(page, "Show me a plan")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your plan, done by")).to_be_visible()
    press_to(page, "Swap session 4")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Another time for session 4")).to_be_visible()
    press_to(page, "Wed 30 Jun")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Times on Wednesday 30 June")).to_be_visible()
    press_to(page, "9am")
    page.keyboard.press("Space")
    press_to(page, "Take it, keep the others")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Session 4 is set. The others stay as they were.")).to_be_visible()
    expect(page.locator(".is-changed")).to_contain_text("Wednesday 30 June, 9am")


def test_impossible_wish_is_mended_by_one_click(page, base, clinic):
    page.goto(base + reverse("course-plan"))
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Saturday").check()
    page.get_by_text("More: how strictly").click()
    page.get_by_role("group", name="The days").get_by_label("Only: nothing else").check()
    page.get_by_role("button", name="Show me a plan").click()
    expect(page.get_by_role("heading", name="No plan fits all of your wishes")).to_be_visible()
    found = faults(page)

    page.get_by_role("button", name="On other days too").click()

    expect(page.get_by_role("heading", name="Your plan, done by")).to_be_visible()
    assert found == []


def test_times_between_are_asked_only_when_they_count(page, base, clinic):
    page.goto(base + reverse("course-plan"))
    page.get_by_role("button", name="Continue").click()

    expect(page.locator("#id_from_time")).to_be_hidden()
    page.get_by_label("Between two times").check()
    expect(page.locator("#id_from_time")).to_be_visible()


def test_plan_prints_on_one_page(page, base, clinic):
    walk(page, base)
    page.emulate_media(media="print")

    pdf = page.pdf(format="A4", prefer_css_page_size=True)

    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
