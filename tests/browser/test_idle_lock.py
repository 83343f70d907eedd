"""The lock in real Chromium: pages empty themselves, timers go on and sound, a PIN opens."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.conf import settings as site
from django.utils import timezone
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Appointment, Needling
from clinic.models import DeskNote, User
from clinic.services.devices import enrol_device
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_small_clinic
from tests.support.axe import faults
from tests.support.locking import PIN, WRONG_PIN, device_cookie, give_pin
from tests.support.sounding import COUNT_TONES, SOUND_WAS_TURNED_ON, tones, wait_for_tones

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

IDLE = timedelta(seconds=10)
PATIENCE_MS = 25_000


@pytest.fixture
def clock(live_server: LiveServer) -> Iterator[time_machine.Traveller]:
    """Let it be ten in the morning at the clinic."""
    with time_machine.travel(at(TODAY, 10), tick=True) as traveller:
        yield traveller


@pytest.fixture
def clinic(clock: time_machine.Traveller, settings) -> SmallClinic:
    """Chen's tablet: Alice rests in Room 1, Bea is treated in Room 2."""
    settings.IDLE_LOCK = IDLE
    clinic = make_small_clinic()
    give_pin(clinic.chen.user)
    for number, client in enumerate((clinic.alice, clinic.bea)):
        visit = book_visit(client, clinic.follow_up, clinic.location, at(TODAY, 9 + number))
        began = timezone.now() - timedelta(minutes=30)
        Appointment.objects.filter(pk=visit.pk).update(
            state="in_session",
            room=clinic.rooms[number],
            starts_at=began,
            ends_at=began + timedelta(hours=1),
        )
    return clinic


def rest(clinic: SmallClinic, *, seconds: int) -> None:
    """Let the needles of Room 1 be due in some seconds."""
    visit = Appointment.objects.get(room=clinic.rooms[0])
    due_at = timezone.now() + timedelta(seconds=seconds)
    in_at = due_at - timedelta(minutes=25)
    Needling.objects.create(appointment=visit, in_count=12, in_at=in_at)


@pytest.fixture
def tablet(open_as: Callable[..., Page], clinic: SmallClinic, base: str) -> Callable[..., Page]:
    """Open an enrolled tablet with somebody signed in."""

    def open_tablet(user: User | None = clinic.chen.user, **options: object) -> Page:
        page = open_as(user, viewport={"width": 1024, "height": 768}, **options)
        _device, secret = enrol_device(
            name="Trolley", location=clinic.location, replaces=None, by=clinic.mia, now=NOW
        )
        cookie = {"name": site.DEVICE_COOKIE_NAME, "value": device_cookie(secret), "url": base}
        page.context.add_cookies([cookie])
        return page

    return open_tablet


def wait_for_lock(page: Page) -> None:
    page.wait_for_url("**/locked/**", timeout=PATIENCE_MS)
    expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()


def shown_names(page: Page, clinic: SmallClinic) -> list[str]:
    """Return which names of clients, or last names of staff, stand anywhere in the page."""
    names = ["Alice", "Arden", "Bea", "Brook", clinic.chen.name.split(" ")[1] + "<"]
    return [name for name in names if name in page.content() + page.title()]


def open_by_pin(page: Page, pin: str) -> None:
    page.get_by_label("Your PIN").fill(pin)
    page.get_by_role("button", name="Open", exact=True).click()


def test_tablet_locks_shows_timers_and_no_name_and_opens(tablet, clinic) -> None:
    rest(clinic, seconds=600)
    page = tablet()
    page.goto("/calendar/")
    page.goto("/day/")
    expect(page.locator("body")).to_contain_text("Alice Arden")

    wait_for_lock(page)
    room = page.locator(".lock-room", has_text="Room 1")
    expect(room).to_contain_text("Resting, Chen")
    expect(room.locator(".retention-time")).to_have_text(re.compile(r"^9:\d\d$"))
    assert shown_names(page, clinic) == []

    page.go_back()
    expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()
    assert shown_names(page, clinic) == []

    page.goto("/locked/?next=/day/")
    open_by_pin(page, WRONG_PIN)
    expect(page.locator(".field-error, .invalid-feedback").first).to_contain_text(
        "4 tries are left"
    )
    open_by_pin(page, PIN)
    page.wait_for_url("**/day/")
    expect(page.locator("body")).to_contain_text("Alice Arden")


def test_alarm_that_comes_due_while_locked_shows_and_sounds(tablet, clinic) -> None:
    page = tablet()
    page.add_init_script(COUNT_TONES)
    page.add_init_script(SOUND_WAS_TURNED_ON)
    page.goto("/day/")
    page.get_by_role("button", name="Lock this screen").click()
    wait_for_lock(page)
    expect(page.locator("[data-sound]")).to_contain_text("Sound is on")
    assert tones(page) == 0

    rest(clinic, seconds=18)  # after the next look at the rooms

    expect(page.locator("[data-alarms]")).to_contain_text("Time is over: Room 1", timeout=30_000)
    expect(page.locator(".retention")).to_have_class(re.compile("is-over"))
    wait_for_tones(page)
    assert shown_names(page, clinic) == []


def test_screen_of_somebody_who_types_stays_open(tablet, clinic) -> None:
    page = tablet(clinic.rosa)
    page.goto("/clients/new/")
    name = page.get_by_label("Name", exact=True)

    for letter in "Nora Northwood":
        name.press_sequentially(letter)
        page.wait_for_timeout(1000)

    assert page.url.endswith("/clients/new/")
    expect(name).to_have_value("Nora Northwood")


def test_note_half_typed_when_the_screen_locks_is_not_lost(tablet, clinic) -> None:
    page = tablet()
    page.goto(f"/clients/{clinic.alice.public_id}/")
    page.locator("main textarea").first.fill("Comes ten minutes early, likes tea.")

    wait_for_lock(page)
    assert "likes tea" not in page.content()
    assert not DeskNote.objects.exists()

    open_by_pin(page, PIN)
    expect(page.locator("main")).to_contain_text("Comes ten minutes early, likes tea.")
    page.get_by_role("button", name="Send it now").click()
    page.wait_for_url(f"**/clients/{clinic.alice.public_id}/**")
    assert DeskNote.objects.get().text == "Comes ten minutes early, likes tea."


def test_touching_one_tab_keeps_the_other_open(tablet, clinic) -> None:
    left = tablet()
    left.goto("/day/")
    right = left.context.new_page()
    right.goto("/day/")

    for _ in range(14):
        right.mouse.move(10, 10)
        right.mouse.move(30, 30)
        right.wait_for_timeout(1000)

    assert [page.url.split("/")[3] for page in (left, right)] == ["day", "day"]


def test_without_network_the_page_empties_itself_and_comes_back_locked(tablet, clinic) -> None:
    rest(clinic, seconds=600)
    page = tablet()
    page.goto("/day/")
    expect(page.locator("body")).to_contain_text("Alice Arden")
    page.context.set_offline(True)

    expect(page.locator(".lock-offline")).to_be_visible(timeout=PATIENCE_MS)
    assert shown_names(page, clinic) == []
    expect(page.locator(".retention-time").first).to_be_visible()

    page.context.set_offline(False)
    wait_for_lock(page)


def test_without_script_the_server_locks(tablet, clinic, clock) -> None:
    rest(clinic, seconds=600)
    page = tablet(java_script_enabled=False)
    page.goto("/day/")
    expect(page.locator("body")).to_contain_text("Alice Arden")

    clock.shift(IDLE + timedelta(seconds=1))
    page.reload()

    expect(page).to_have_url(re.compile("/locked/"))
    expect(page.locator(".lock-room", has_text="Room 1")).to_contain_text("Resting, Chen")
    expect(page.get_by_role("link", name="Look again")).to_be_visible()
    assert shown_names(page, clinic) == []
    open_by_pin(page, PIN)
    expect(page).to_have_url(re.compile("/day/$"))


def test_screen_elsewhere_names_who_opens_it_and_no_rooms(
    open_as: Callable[..., Page], clinic: SmallClinic
) -> None:
    page = open_as(clinic.rosa)
    page.goto("/clients/")
    page.get_by_role("button", name="Lock this screen").click()
    wait_for_lock(page)

    expect(page.locator("main")).to_contain_text("Rosa opens it")
    expect(page.locator("main")).not_to_contain_text("Room")
    page.get_by_role("link", name="Open with your password").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert shown_names(page, clinic) == []
    page.get_by_label("Password").fill("correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/clients/")


AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_passkey_opens_the_screen(
    open_as: Callable[..., Page], clinic: SmallClinic, settings
) -> None:
    settings.IDLE_LOCK = timedelta(minutes=15)
    EmailAddress.objects.create(user=clinic.rosa, email=clinic.rosa.email, verified=True)
    page = open_as(clinic.rosa)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill("correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/webauthn/add/")
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(re.compile("/accounts/2fa/(?!webauthn/add)"))

    page.goto("/clients/")
    page.get_by_role("button", name="Lock this screen").click()
    wait_for_lock(page)
    page.get_by_role("link", name="Open with your passkey").click()
    page.get_by_role("button", name="Use a passkey").click()

    page.wait_for_url("**/clients/")
    expect(page.get_by_role("heading", name="Clients")).to_be_visible()


def test_axe_finds_nothing_on_the_pages_of_the_lock(tablet, clinic, settings) -> None:
    settings.IDLE_LOCK = timedelta(minutes=15)
    rest(clinic, seconds=-90)
    page = tablet(clinic.mia)
    page.goto("/devices/")
    found = faults(page)
    page.get_by_role("button", name="Lock this screen").click()
    wait_for_lock(page)
    found += faults(page)
    nobody = tablet(None)
    nobody.goto("/locked/")
    found += faults(nobody)

    assert found == []


def test_failing_answer_of_the_server_leaves_no_page_open(tablet, clinic) -> None:
    page = tablet()
    page.goto("/day/")

    def broken(route: Route) -> None:
        route.fulfill(status=503, body="busy")

    page.route("**/lock/", broken)
    wait_for_lock(page)

    assert shown_names(page, clinic) == []
