"""A staggered morning in real Chromium: two rooms, three clients, one who does not come."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import time_machine
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Appointment
from bookings.services.needling import record_needles_in
from clinic.models import Client
from tests.factories.bookings import begin_visit, book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_client, make_small_clinic
from tests.support.axe import SIZES, TABLET, faults

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ON_THE_TROLLEY = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}
STARTS = ((9, 0), (9, 20), (10, 20), (10, 40))


@dataclass
class Morning:
    """The clinic, its clock, and the clients in the order in which they are booked."""

    clinic: SmallClinic
    clock: time_machine.Traveller
    clients: list[Client]

    def go_on(self, hour: int, minute: int, second: int = 0) -> None:
        """Move the clock of the server to a local time."""
        self.clock.move_to(at(TODAY, hour, minute) + timedelta(seconds=second))

    def visit(self, number: int) -> Appointment:
        return Appointment.objects.with_people().get(client=self.clients[number])


@pytest.fixture
def morning(live_server: LiveServer) -> Iterator[Morning]:
    """Give Chen two rooms and four clients, at nine o'clock."""
    with time_machine.travel(at(TODAY, 9), tick=True) as clock:
        clinic = make_small_clinic()
        more = [make_client(name) for name in ("Cleo Cole", "Dan Drew")]
        clients = [clinic.alice, clinic.bea, *more]
        for client, (hour, minute) in zip(clients, STARTS, strict=True):
            starts_at = at(TODAY, hour, minute)
            book_visit(
                client,
                clinic.follow_up,
                clinic.location,
                starts_at,
                practitioner=clinic.chen,
                by=clinic.rosa,
                now=NOW,
            )
        yield Morning(clinic, clock, clients)


@pytest.fixture
def tablet(open_as: Callable[..., Page], morning: Morning) -> Page:
    """Open Chen's day on the tablet on the trolley."""
    page = open_as(morning.clinic.chen.user, **ON_THE_TROLLEY)
    page.goto("/day/")
    return page


def card(page: Page, name: str) -> Locator:
    """Return the card in which a client is."""
    return page.locator(".room-card").filter(has=page.get_by_role("heading", name=name))


def tap(page: Page, name: str, label: str) -> None:
    """Tap the one step of a client's card."""
    card(page, name).get_by_role("button", name=re.compile(rf"^{label}\s*:")).click()


def start(page: Page, name: str) -> None:
    """Tick that the history was seen, and start."""
    card(page, name).get_by_role("checkbox").check()
    tap(page, name, "Start")
    expect(card(page, name)).to_contain_text("How many needles are in?")


def count(page: Page, name: str, label: str, number: str) -> None:
    """Type a number of needles and tap."""
    card(page, name).get_by_role("textbox").fill(number)
    tap(page, name, label)


def due_by(timer: Locator) -> tuple[float, float]:
    """Return between which moments of our clock a timer ends; it shows 12:34, rounded up."""
    expect(timer).to_have_text(re.compile(r"^\d+:\d\d$"))
    asked_at = time.monotonic()
    minutes, rest = timer.inner_text().split(":")
    left = int(minutes) * 60 + int(rest)
    return asked_at + left - 1, time.monotonic() + left


def under_needles(morning: Morning, number: int, *, due_in: timedelta) -> Appointment:
    """Have a client under needles that are due so long from now."""
    visit = begin_visit(morning.visit(number), now=datetime.now(NOW.tzinfo))
    in_at = datetime.now(NOW.tzinfo) - timedelta(minutes=25) + due_in
    record_needles_in(appointment=visit, count=40, by=morning.clinic.chen.user, now=in_at)
    return visit


def test_staggered_morning_from_first_arrival_to_the_figures(
    tablet: Page, morning: Morning, open_as: Callable[..., Page]
) -> None:
    desk = open_as(morning.clinic.rosa)
    desk.goto("/day/")
    desk.get_by_role("button", name=re.compile(r"Arrived\s*: Alice Arden")).click()

    expect(card(tablet, "Alice Arden")).to_contain_text("Here, waits for you")
    morning.go_on(9, 10)
    start(tablet, "Alice Arden")
    tap(tablet, "Bea Brook", "Arrived")
    expect(card(tablet, "Bea Brook")).to_contain_text("about 10 minutes late")

    morning.go_on(9, 24)
    count(tablet, "Alice Arden", "Needles in", "40")
    expect(card(tablet, "Alice Arden").locator(".retention-time")).to_contain_text("24:")
    start(tablet, "Bea Brook")
    morning.go_on(9, 37)
    count(tablet, "Bea Brook", "Needles in", "52")
    expect(tablet.locator(".tasks > li").first).to_contain_text("Removal in Room 1 in 12 minutes")

    morning.go_on(9, 50)
    expect(tablet.locator("[data-alarms]")).to_contain_text("Room 1: needles 1 minute overdue")
    expect(card(tablet, "Alice Arden").locator(".is-over")).to_contain_text("+1:")
    count(tablet, "Alice Arden", "Removed", "40")
    expect(tablet.locator("[data-alarms]")).to_be_hidden()
    tap(tablet, "Alice Arden", "Complete")
    expect(card(tablet, "Cleo Cole")).to_contain_text("Expected at 10:20am")

    morning.go_on(10, 3)
    count(tablet, "Bea Brook", "Removed", "50")
    expect(card(tablet, "Bea Brook")).to_contain_text("Needles: 52 in, 50 removed.")
    tap(tablet, "Bea Brook", "Searched, client told")
    tap(tablet, "Bea Brook", "Complete")
    expect(card(tablet, "Dan Drew")).to_contain_text("Expected at 10:40am")

    morning.go_on(10, 16)
    tap(tablet, "Cleo Cole", "Arrived")
    start(tablet, "Cleo Cole")
    morning.go_on(10, 30)
    count(tablet, "Cleo Cole", "Needles in", "30")
    expect(card(tablet, "Cleo Cole").locator(".retention-time")).to_contain_text("24:")
    morning.go_on(10, 44)
    card(tablet, "Dan Drew").get_by_text("More").click()
    card(tablet, "Dan Drew").get_by_role("button", name="Did not come").click()
    expect(card(tablet, "Dan Drew")).to_have_count(0)
    morning.go_on(10, 55)
    count(tablet, "Cleo Cole", "Removed", "30")
    tap(tablet, "Cleo Cole", "Complete")

    figures = "4 visits? 0 to come 0 here now 3 done 1 did not come 0 not treated 0 cancelled"
    expect(tablet.locator(".tally")).to_have_text(
        re.compile(figures.replace("4 visits?", "3 visits").replace(" ", r"\s*"))
    )
    expect(tablet.locator(".tally")).to_contain_text(re.compile(r"3\s+with needles, all counted"))


def test_two_devices_show_the_same_timer_and_a_reload_loses_none(
    tablet: Page, morning: Morning, open_as: Callable[..., Page]
) -> None:
    before = time.monotonic()
    under_needles(morning, 0, due_in=timedelta(minutes=12))
    after = time.monotonic()
    desk = open_as(morning.clinic.rosa)
    desk.goto("/day/")
    timer = card(tablet, "Alice Arden").locator(".retention-time")

    shown = [due_by(desk.locator(".retention-time").first), due_by(timer)]
    tablet.reload()
    shown.append(due_by(timer))

    for earliest, latest in shown:
        assert earliest - 2 <= after + 12 * 60
        assert latest + 2 >= before + 12 * 60


def test_timer_and_alarm_go_on_without_a_network(tablet: Page, morning: Morning) -> None:
    under_needles(morning, 0, due_in=timedelta(seconds=10))
    expect(card(tablet, "Alice Arden").locator(".retention-time")).to_contain_text("0:0")
    tablet.get_by_role("button", name="Turn sound on").click()
    expect(tablet.locator("[data-sound-words]")).to_have_text("Sound is on")

    tablet.context.set_offline(True)

    expect(tablet.locator("[data-connection]")).to_contain_text(
        re.compile(r"No connection since 9:0\d")
    )
    alarm = tablet.locator("[data-alarms]")
    expect(alarm).to_contain_text("Time is over: Room 1")
    expect(alarm).to_have_attribute("data-sounding", "yes")
    expect(card(tablet, "Alice Arden").locator(".retention")).to_have_class(re.compile("is-over"))
    tablet.get_by_role("button", name="Silence for a minute").click()
    expect(alarm).to_have_attribute("data-sounding", "no")
    tablet.context.set_offline(False)
    expect(tablet.locator("[data-connection]")).to_be_hidden()


def test_what_is_typed_outlives_the_news_of_others(
    tablet: Page, morning: Morning, open_as: Callable[..., Page]
) -> None:
    under_needles(morning, 0, due_in=timedelta(minutes=12))
    field = card(tablet, "Alice Arden").get_by_role("textbox")
    expect(field).to_be_visible()
    field.press_sequentially("4")
    desk = open_as(morning.clinic.rosa)
    desk.goto("/day/")
    desk.get_by_role("button", name=re.compile(r"Arrived\s*: Bea Brook")).click()
    tablet.wait_for_timeout(2500)

    expect(field).to_be_focused()
    field.press_sequentially("0")
    field.blur()

    expect(card(tablet, "Bea Brook")).to_contain_text("Here, waits for you")
    expect(field).to_have_value("40")


def test_two_taps_at_once_both_count_and_news_goes_on(tablet: Page, morning: Morning) -> None:
    for name in ("Alice Arden", "Bea Brook"):
        expect(card(tablet, name)).to_be_visible()
    tablet.evaluate(
        """() => document.querySelectorAll(".room-card .step .btn").forEach((one) => one.click())"""
    )
    for name in ("Alice Arden", "Bea Brook"):
        expect(card(tablet, name)).to_contain_text("Here, waits for you")

    begin_visit(morning.visit(2), now=at(TODAY, 9))

    expect(tablet.locator(".day-list > li", has_text="Cleo Cole")).to_contain_text("In session")


def test_morning_works_without_script(open_as: Callable[..., Page], morning: Morning) -> None:
    page = open_as(morning.clinic.chen.user, java_script_enabled=False)
    page.goto("/day/")
    tap(page, "Alice Arden", "Arrived")
    start(page, "Alice Arden")
    count(page, "Alice Arden", "Needles in", "forty")
    expect(card(page, "Alice Arden")).to_contain_text("in figures, such as 40")
    expect(card(page, "Alice Arden").get_by_role("textbox")).to_have_value("forty")
    count(page, "Alice Arden", "Needles in", "40")
    expect(card(page, "Alice Arden")).to_contain_text("25 min")
    count(page, "Alice Arden", "Removed", "40")
    tap(page, "Alice Arden", "Complete")

    expect(page.locator("#messages")).to_contain_text("Alice Arden: Completed.")


def test_axe_finds_nothing_in_the_morning(open_as: Callable[..., Page], morning: Morning) -> None:
    under_needles(morning, 0, due_in=-timedelta(minutes=5))
    begin_visit(morning.visit(1), now=at(TODAY, 9, 0))
    found = []
    for user in (morning.clinic.chen.user, morning.clinic.rosa):
        page = open_as(user, reduced_motion="reduce")
        page.goto("/day/")
        expect(page.get_by_text(re.compile(r"\d minutes overdue")).first).to_be_visible()
        for box in page.locator("details.more > summary").all():
            box.click()
        found += faults(page, (*SIZES, TABLET))

    assert found == [], "\n".join(found)
