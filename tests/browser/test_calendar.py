"""The calendar in real Chromium: drags, refusals, two people at once, the keyboard."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime

import pytest
import time_machine
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Appointment
from bookings.services.moving import move_appointment
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import book_visit
from tests.factories.clinic import (
    NOW,
    SmallClinic,
    at,
    make_practitioner,
    make_small_clinic,
)
from tests.support.axe import faults

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TUESDAY = date(2027, 6, 8)
DAY = "/calendar/?date=2027-06-08"
AN_HOUR = 104
"""How many pixels an hour is high."""
TALL = {"width": 1280, "height": 1500}
Open = Callable[..., Page]


@pytest.fixture
def clinic(live_server: LiveServer) -> Iterator[SmallClinic]:
    """Give the small clinic with Alice at nine and Bea at two on Tuesday, both with Chen."""
    with time_machine.travel(NOW, tick=True):
        clinic = make_small_clinic()
        for client, hour in ((clinic.alice, 9), (clinic.bea, 14)):
            book_visit(
                client,
                clinic.follow_up,
                clinic.location,
                at(TUESDAY, hour),
                practitioner=clinic.chen,
            )
        yield clinic


def visit_of(name: str) -> Appointment:
    return Appointment.objects.with_people().get(client__name__startswith=name)


def open_day(page: Page, url: str = DAY) -> Page:
    """Open a day by practitioner and wait for its cards; complaints of the console fail."""
    page.on("console", lambda line: fail(line.text) if "Policy" in line.text else None)
    page.on("pageerror", lambda error: fail(str(error)))
    page.goto(url)
    page.get_by_role("button", name="Day", exact=True).click()
    expect_drawn(page, "Tuesday 8 June 2027")
    return page


def expect_drawn(page: Page, title: str) -> None:
    """Wait until the grid of that title is drawn: before, the cards may be the last grid's."""
    expect(page.locator("#week-title")).to_have_text(title)
    expect(page.locator("#week-grid")).to_have_attribute("aria-busy", "false")


def fail(text: str) -> None:
    raise AssertionError(text)


def card(page: Page, name: str) -> Locator:
    return page.locator(".ec-event.card-visit:not(.ec-preview):not(.ec-ghost)", has_text=name)


def drag(page: Page, name: str, *, hours: float, columns: float = 0) -> None:
    """Drag a card down by hours and to the right by columns, as a hand does."""
    moved = card(page, name)
    moved.hover(trial=True)  # once it stands still
    box = moved.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + 12
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 3, y + 8, steps=3)
    page.mouse.move(x + columns * box["width"], y + hours * AN_HOUR, steps=12)
    page.mouse.up()


def expect_at(page: Page, name: str, time: str) -> None:
    expect(card(page, name)).to_contain_text(re.compile(rf"^\s*{time} "))


def test_drag_that_collides_says_with_what_and_goes_back(
    open_as: Open, clinic: SmallClinic
) -> None:
    page = open_day(open_as(clinic.rosa, viewport=TALL))
    card(page, "Alice").hover(trial=True)
    before = card(page, "Alice").bounding_box()

    drag(page, "Alice", hours=5)

    says = "Chen Li is busy from 2pm to 2:20pm (Bea Brook)."
    expect(page.locator("#week-toasts")).to_contain_text(says)
    expect(page.locator("#week-said")).to_contain_text(says)
    expect(page.locator("#week-said")).to_contain_text("Nothing was changed.")
    expect_at(page, "Alice", "9am")
    card(page, "Alice").hover(trial=True)
    assert card(page, "Alice").bounding_box() == before
    page.wait_for_timeout(1500)
    expect(page.locator("#week-toasts .alert")).to_be_visible()
    assert (visit_of("Alice").starts_at, visit_of("Alice").version) == (at(TUESDAY, 9), 0)


def test_drag_asks_first_moves_and_is_undone(open_as: Open, clinic: SmallClinic) -> None:
    page = open_day(open_as(clinic.rosa, viewport=TALL))

    drag(page, "Alice", hours=2)
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Move Alice Arden from Tue 8 Jun, 9am to Tue 8 Jun, 11am")
    expect(question).to_contain_text("The client is told.")
    assert visit_of("Alice").version == 0
    question.get_by_role("button", name="Move").click()

    expect(page.locator("#week-toasts")).to_contain_text(
        "Alice Arden moved to Tuesday 8 June, 11am"
    )
    expect_at(page, "Alice", "11am")
    assert visit_of("Alice").starts_at == at(TUESDAY, 11)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#week-toasts")).to_contain_text("moved to Tuesday 8 June, 9am")
    expect_at(page, "Alice", "9am")
    assert visit_of("Alice").starts_at == at(TUESDAY, 9)


def test_cancelled_question_puts_the_card_back(open_as: Open, clinic: SmallClinic) -> None:
    page = open_day(open_as(clinic.rosa, viewport=TALL))

    drag(page, "Alice", hours=2)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")

    expect_at(page, "Alice", "9am")
    assert visit_of("Alice").version == 0


def test_drag_into_another_room_takes_it(open_as: Open, clinic: SmallClinic) -> None:
    page = open_day(open_as(clinic.rosa, viewport=TALL))
    page.get_by_role("button", name="Rooms").click()
    expect(page.locator("#ec b").get_by_text("Room 2", exact=True)).to_be_visible()
    room = visit_of("Alice").room
    columns = 1 if room == clinic.rooms[0] else -1

    drag(page, "Alice", hours=0, columns=columns)
    expect(page.get_by_role("dialog")).to_contain_text("Only the room changes")
    page.get_by_role("dialog").get_by_role("button", name="Move").click()

    expect(page.locator("#week-toasts")).to_contain_text("Alice Arden moved to")
    moved = visit_of("Alice")
    assert (moved.room != room, moved.starts_at, moved.version) == (True, at(TUESDAY, 9), 0)


def test_of_two_people_with_one_visit_one_wins_the_other_sees(
    open_as: Open, clinic: SmallClinic
) -> None:
    mia = open_day(open_as(clinic.mia, viewport=TALL))
    rosa = open_day(open_as(clinic.rosa, viewport=TALL))
    drag(mia, "Alice", hours=2)
    drag(rosa, "Alice", hours=3)
    expect(rosa.get_by_role("dialog")).to_contain_text("midday")

    mia.get_by_role("dialog").get_by_role("button", name="Move").click()
    expect(mia.locator("#week-toasts")).to_contain_text("Alice Arden moved to")
    rosa.get_by_role("dialog").get_by_role("button", name="Move").click()

    says = "Somebody moved this visit a moment ago. It is now Tuesday 8 June, 11am"
    expect(rosa.locator("#week-toasts")).to_contain_text(says)
    expect_at(rosa, "Alice", "11am")
    assert (visit_of("Alice").starts_at, visit_of("Alice").version) == (at(TUESDAY, 11), 1)


def test_practitioner_drags_own_visits_until_they_are_a_colleagues(
    open_as: Open, clinic: SmallClinic
) -> None:
    eve = make_practitioner("Eve Ek", services=[clinic.follow_up], location=clinic.location)
    page = open_day(open_as(clinic.chen.user, viewport=TALL))
    hand_over(visit_of("Alice"), eve.pk, at(TUESDAY, 9), clinic)

    drag(page, "Alice", hours=2)
    expect(page.locator("#week-toasts")).to_contain_text("This visit is not here any more.")
    expect(card(page, "Alice")).to_have_count(0)
    expect(page.locator("#week-grid")).to_have_attribute("aria-busy", "false")
    drag(page, "Bea", hours=1)
    page.get_by_role("dialog").get_by_role("button", name="Move").click()
    expect(page.locator("#week-toasts")).to_contain_text("Bea Brook moved to")
    expect_at(page, "Bea", "3pm")

    assert (visit_of("Alice").practitioner, visit_of("Alice").starts_at) == (eve, at(TUESDAY, 9))
    assert visit_of("Bea").starts_at == at(TUESDAY, 15)


def hand_over(
    visit: Appointment, practitioner_id: int, starts_at: datetime, clinic: SmallClinic
) -> None:
    move_appointment(
        appointment=visit,
        starts_at=starts_at,
        practitioner_id=practitioner_id,
        catalogue=catalogue(),
        by=clinic.rosa,
        now=NOW,
    )


def test_printed_list_follows_to_another_week(open_as: Open, clinic: SmallClinic) -> None:
    page = open_day(open_as(clinic.rosa, viewport=TALL), "/calendar/?date=2027-06-08")
    page.get_by_role("button", name="Week", exact=True).click()
    expect_drawn(page, "Week of 7 June 2027")

    page.locator("[data-go=next]").click()

    expect(page.locator("#week-title")).to_have_text("Week of 14 June 2027")
    expect(page.locator(".print-week")).to_contain_text("Week of 14 June 2027")
    expect(page.locator("#week-list")).not_to_contain_text("Alice Arden")


def test_calendar_brings_itself_up_to_date(open_as: Open, clinic: SmallClinic) -> None:
    page = open_as(clinic.rosa, viewport=TALL)
    page.clock.install()
    open_day(page)
    expect_at(page, "Alice", "9am")
    hand_over(visit_of("Alice"), clinic.chen.pk, at(TUESDAY, 11), clinic)

    page.clock.run_for(25_000)

    expect_at(page, "Alice", "11am")


def test_all_of_it_by_keyboard_through_the_form(open_as: Open, clinic: SmallClinic) -> None:
    page = open_day(open_as(clinic.rosa, viewport=TALL))
    card(page, "Alice").get_by_role("button").focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Alice Arden")
    expect(panel).to_contain_text("Tuesday 8 June, 9am to 10am")
    panel.get_by_role("link", name="Move…").press("Enter")

    typed(page, "14:05")
    error = page.locator(".field", has=page.get_by_label("Another time on this day"))
    expect(error).to_contain_text("Chen Li is busy from 2pm to 2:20pm (Bea Brook).")
    expect(page.get_by_label("Another time on this day")).to_have_value("14:05")
    page.locator("#id_date").fill("2027-06-09")
    page.locator("#id_room").select_option("Room 2")
    page.get_by_role("button", name="Show times").press("Enter")
    expect(page).to_have_url(re.compile("date=2027-06-09"))
    typed(page, "10:05")

    expect(page.locator("#messages")).to_contain_text("Moved to Wednesday 9 June, 10:05am.")
    expect(page.locator("#week-title")).to_contain_text("9 June 2027")
    moved = visit_of("Alice")
    assert (moved.starts_at, moved.room.name) == (at(date(2027, 6, 9), 10, 5), "Room 2")


def typed(page: Page, clock: str) -> None:
    page.get_by_label("Another time on this day").fill(clock)
    page.get_by_role("button", name="Move this visit").press("Enter")


def test_without_script_the_list_leads_to_the_form(open_as: Open, clinic: SmallClinic) -> None:
    page = open_as(clinic.rosa, java_script_enabled=False)
    page.goto(DAY)

    page.get_by_role("link", name=re.compile(r"Move\s*: Alice Arden")).click()
    typed(page, "11:05")

    expect(page.locator("#messages")).to_contain_text("Moved to Tuesday 8 June, 11:05am.")
    expect(page.locator(".listed")).to_contain_text("11:05am to 12:05pm")


def test_browser_in_another_zone_shows_the_locations_clock(
    open_as: Open, clinic: SmallClinic
) -> None:
    page = open_day(open_as(clinic.rosa, viewport=TALL, timezone_id="Asia/Tokyo"))
    expect_at(page, "Alice", "9am")

    drag(page, "Alice", hours=2)

    expect(page.get_by_role("dialog")).to_contain_text("to Tue 8 Jun, 11am with Chen Li")


def test_cards_of_the_week_are_high_enough_to_read(open_as: Open, clinic: SmallClinic) -> None:
    page = open_day(open_as(clinic.rosa, viewport=TALL))

    page.get_by_role("button", name="Week", exact=True).click()

    expect_drawn(page, "Week of 7 June 2027")
    card(page, "Alice").hover(trial=True)
    box = card(page, "Alice").bounding_box()
    assert box is not None
    assert box["height"] >= 56


def test_list_shown_on_a_phone_is_not_kept_for_a_wide_screen(
    open_as: Open, clinic: SmallClinic
) -> None:
    page = open_as(clinic.rosa, viewport={"width": 390, "height": 844})
    page.goto("/calendar/")
    expect(page.get_by_role("button", name="List", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )

    page.set_viewport_size(TALL)
    page.reload()

    expect(page.get_by_role("button", name="Week", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_calendar_has_nothing_for_axe_to_find(open_as: Open, clinic: SmallClinic) -> None:
    page = open_day(open_as(clinic.rosa))
    expect_at(page, "Alice", "9am")
    found = faults(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Week", exact=True).click()
    expect_drawn(page, "Week of 7 June 2027")
    found += faults(page)
    card(page, "Alice").get_by_role("button").focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Alice Arden")
    expect(panel).to_be_visible()
    found += faults(page)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.get_by_role("button", name="List", exact=True).click()
    page.get_by_text("Choose what is shown").click()
    expect(page.get_by_role("button", name="Show", exact=True)).to_be_visible()
    found += faults(page)
    page.goto(f"/day/visits/{visit_of('Alice').public_id}/move/?back=calendar")
    found += faults(page)

    assert found == []
