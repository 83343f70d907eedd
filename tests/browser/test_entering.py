"""A manager enters papers in real Chromium: by keyboard, without script, nothing for axe."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
import time_machine
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from clinic.models import Credential
from tests.factories.clinic import NOW, SmallClinic, make_small_clinic
from tests.factories.credentials import make_type
from tests.support.axe import faults

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PAPER = "/verification/enter/?holder=practitioner.chen&type=insurance"


@pytest.fixture
def clinic(live_server: LiveServer) -> Iterator[SmallClinic]:
    """Give the small clinic, whose visits require two papers of whoever gives them."""
    with time_machine.travel(NOW, tick=True):
        clinic = make_small_clinic()
        make_type("insurance", issuer="", must_cover_cosmetic=True, required_by=[clinic.follow_up])
        make_type("licence", required_by=[clinic.follow_up])
        clinic.dora.services.add(clinic.follow_up)
        yield clinic


@pytest.fixture
def open_as_mia(open_as: Callable[..., Page], clinic: SmallClinic) -> Callable[..., Page]:
    """Open pages with the manager signed in."""
    return partial(open_as, clinic.mia)


def papers() -> list[tuple[str, str, str, str]]:
    rows = Credential.objects.order_by("pk")
    return list(rows.values_list("practitioner__name", "type__slug", "number", "issuer"))


def test_three_papers_in_a_row_without_script(open_as_mia: Callable[..., Page]) -> None:
    page = open_as_mia(java_script_enabled=False)
    page.goto("/verification/enter/")
    page.get_by_label("Whose paper").select_option("Chen Li")
    page.get_by_label("Which paper").select_option("Insurance (US-NY)")
    page.get_by_role("button", name="Choose").click()

    page.get_by_label("Number").fill("HH-1")
    page.get_by_label("Issuer").fill("Harbor Mutual")
    page.get_by_label("Last valid day").fill("2028-01-31")
    page.get_by_label("Yes, it says so").check()
    page.get_by_role("button", name="Save and enter the next").click()
    expect(page.get_by_text("Saved: Insurance of Chen Li.")).to_be_visible()
    page.get_by_role("link", name="Dora Novak").click()
    expect(page.get_by_role("button", name="Save, then: Licence")).to_be_visible()
    page.get_by_label("Number").fill("HH-2")
    page.get_by_label("Last valid day").fill("2028-01-31")
    page.get_by_label("Yes, it says so").check()
    page.get_by_role("button", name="Save, then: Licence").click()
    expect(page.get_by_text("Saved: Insurance of Dora Novak.")).to_be_visible()
    page.get_by_label("Number").fill("NY-2")
    page.get_by_label("Last valid day").fill("2028-01-31")
    page.get_by_role("button", name="Save and enter the next").click()
    expect(page.get_by_text("Saved: Licence of Dora Novak.")).to_be_visible()

    assert papers() == [
        ("Chen Li", "insurance", "HH-1", "Harbor Mutual"),
        ("Dora Novak", "insurance", "HH-2", "Harbor Mutual"),
        ("Dora Novak", "licence", "NY-2", "New York State Board"),
    ]


def test_next_paper_by_keyboard_begins_at_its_number(open_as_mia: Callable[..., Page]) -> None:
    page = open_as_mia()
    page.goto(PAPER.replace("insurance", "licence"))

    expect(page.get_by_label("Number")).to_be_focused()
    page.keyboard.type("NY-1")
    page.get_by_label("Last valid day").fill("2028-01-31")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved: Licence of Chen Li.")).to_be_visible()

    expect(page.get_by_label("Number")).to_be_focused()
    assert papers() == [("Chen Li", "licence", "NY-1", "New York State Board")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(open_as_mia: Callable[..., Page], width: int, scheme: str) -> None:
    page = open_as_mia(viewport={"width": width, "height": 900}, color_scheme=scheme)

    found = []
    for path in ("/verification/enter/", PAPER):
        page.goto(path)
        found += faults(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Save and enter the next").click()
    expect(page.get_by_text("There is a problem")).to_be_visible()

    assert found + faults(page) == []
