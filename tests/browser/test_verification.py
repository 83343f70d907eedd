"""The verifiers' pages in real Chromium: by keyboard, without script, nothing for axe to find."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from clinic.documents.storage import store
from clinic.models import Credential, ExpiryAlert
from clinic.services.papers import add_to_paper
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_small_clinic
from tests.factories.credentials import hand_in, make_type, verified
from tests.factories.documents import half_red, pdf, upload
from tests.support.axe import faults

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def clinic(live_server: LiveServer, settings, tmp_path) -> Iterator[SmallClinic]:
    """Give the small clinic with a paper to decide on, one that runs out, one past due."""
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    with time_machine.travel(NOW, tick=True):
        clinic = make_small_clinic()
        licence = make_type(
            "licence",
            required_by=[clinic.follow_up],
            recheck_days=90,
            must_cover_cosmetic=True,
            register_url="https://register.example.com/",
            issuer_former_names="Board of old",
        )
        ending = verified(licence, clinic.chen, by=clinic.mia, expires=TODAY + timedelta(days=9))
        ExpiryAlert.objects.create(credential=ending, days_before=14, raised_at=NOW)
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))
        permit = make_type("permit", holder="location")
        verified(permit, clinic.location, by=clinic.mia, expires=TODAY - timedelta(days=2))
        paper = hand_in(licence, clinic.chen, by=clinic.mia, number="4711", conditions="No moxa")
        documents = [store(upload(pdf(pages=2))), store(upload(half_red(), "back.jpg"))]
        add_to_paper(paper=paper, documents=documents, by=clinic.mia, now=NOW)
        yield clinic


@pytest.fixture
def open_as_mia(open_as: Callable[..., Page], clinic: SmallClinic) -> Callable[..., Page]:
    """Open pages with the manager signed in."""
    return partial(open_as, clinic.mia)


def waiting() -> Credential:
    return Credential.objects.get(number="4711")


def test_paper_is_decided_by_keyboard_alone(open_as_mia: Callable[..., Page]) -> None:
    page = open_as_mia()
    page.goto("/verification/")
    link = page.locator("table").get_by_role("link", name="Chen Li")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Decide")).to_be_visible()
    expect(page.get_by_label("What the issuer said")).to_be_hidden()

    page.get_by_role("radio", name="Verify it").focus()
    page.keyboard.press("Space")
    tab_to(page, "Checked with")
    page.keyboard.type("register")
    tab_to(page, "What the issuer said")
    page.keyboard.type("Entry 4711, active")
    tab_to(page, "Yes")
    page.keyboard.press("Space")
    tab_to(page, "Record the decision")
    page.keyboard.press("Enter")

    expect(page.locator("#messages")).to_contain_text("Chen Li: Licence: Verified.")
    check = waiting().checks.get()
    assert (check.result, check.method, check.covers_cosmetic) == ("verified", "register", True)


def tab_to(page: Page, label: str) -> None:
    """Press Tab until the control of that label has the focus."""
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == label:
            return
    pytest.fail(f"the keyboard does not come to “{label}”")


FOCUSED = """() => {
  const at = document.activeElement;
  const label = at.labels && at.labels[0];
  return ((label && label.firstChild && label.textContent) || at.textContent || "")
    .replace("(optional)", "").trim();
}"""


def test_paper_is_decided_without_script_with_a_file(
    open_as_mia: Callable[..., Page], tmp_path: Path
) -> None:
    proof = tmp_path / "register.pdf"
    proof.write_bytes(pdf())
    page = open_as_mia(java_script_enabled=False)
    page.goto(f"/verification/{waiting().public_id}/")

    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_text("There is a problem")).to_be_visible()
    page.get_by_role("radio", name="Verify it").check()
    page.get_by_label("Checked with").select_option("email")
    page.get_by_label("What the issuer said").fill("Ann answered on 7 June")
    page.get_by_label("Evidence as a file").set_input_files(proof)
    page.get_by_role("radio", name="Yes").check()
    page.get_by_role("button", name="Record the decision").click()

    expect(page.locator("#messages")).to_contain_text("Chen Li: Licence: Verified.")
    assert waiting().documents.filter(is_evidence=True).count() == 1


def test_suspending_shows_what_it_breaks_before_the_act(
    open_as_mia: Callable[..., Page], clinic: SmallClinic
) -> None:
    ending = Credential.objects.get(practitioner=clinic.chen, number="")
    page = open_as_mia()
    page.goto(f"/verification/{ending.public_id}/")
    expect(page.get_by_text("goes to the cover list")).to_be_hidden()

    page.get_by_role("radio", name="Suspend it").check()
    expect(page.get_by_text("1 booked visit goes to the cover list.")).to_be_visible()
    page.get_by_label("Reason").fill("The board says so")
    page.get_by_label("I have read what happens, and mean it").check()
    page.get_by_role("button", name="Record the decision").click()

    expect(page.locator("#messages")).to_contain_text("Chen Li: Licence: Suspended.")


def test_axe_finds_nothing_at_the_verifiers_pages(
    open_as_mia: Callable[..., Page], clinic: SmallClinic
) -> None:
    paper = f"/verification/{waiting().public_id}/"
    page = open_as_mia(reduced_motion="reduce")

    found = []
    for url in (
        "/verification/",
        "/verification/?show=asked",
        "/verification/expiring/",
        paper,
        f"{paper}visits/",
        f"{paper}visits/?after=2027-06-16",
    ):
        page.goto(url)
        found += faults(page)
    page.goto(paper)
    page.get_by_role("radio", name="Verify it").check()
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_text("There is a problem")).to_be_visible()
    found += faults(page)

    assert found == [], "\n".join(found)
