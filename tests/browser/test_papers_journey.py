"""A paper in real Chromium, from handing in to its revocation and the cover list."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_small_clinic
from tests.factories.credentials import make_type
from tests.factories.documents import pdf

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TIMES = "/book/times/?service=follow-up&location=new-york&practitioner=dora"


@pytest.fixture
def clinic(live_server: LiveServer, settings: Any, tmp_path: Path) -> Iterator[SmallClinic]:
    """Give a clinic whose two practitioners lack the licence that follow-ups require."""
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    with time_machine.travel(NOW, tick=True):
        clinic = make_small_clinic()
        clinic.dora.services.set([clinic.follow_up])
        clinic.chen.services.set([clinic.first_visit])
        make_type("state-licence", required_by=[clinic.follow_up])
        yield clinic


def decide(page: Page, what: str, **answers: str) -> None:
    """Open Dora's paper in the queue and decide on it."""
    page.goto("/verification/?show=all")
    page.locator("table").get_by_role("link", name="Dora Novak").click()
    page.get_by_role("radio", name=what).check()
    for label, text in answers.items():
        page.get_by_label(label.replace("_", " ")).first.fill(text)


def test_paper_goes_its_whole_way(
    open_as: Callable[..., Page], clinic: SmallClinic, tmp_path: Path
) -> None:
    (tmp_path / "licence.pdf").write_bytes(pdf(pages=1))
    visitor, dora, mia = open_as(), open_as(clinic.dora.user), open_as(clinic.mia)

    # Before anybody has checked her licence, clients do not find Dora.
    visitor.goto("/practitioners/")
    expect(visitor.get_by_text("Dora Novak")).to_have_count(0)
    assert visitor.goto(TIMES).status == 404

    dora.goto("/credentials/")
    dora.get_by_role("link", name="Hand in").nth(1).click()
    dora.get_by_label("Name as shown on it").fill("Dora Novak")
    dora.get_by_label("Number").fill("004711")
    for label, day in (("Valid from", date(2027, 1, 1)), ("Last valid day", date(2028, 5, 31))):
        dora.get_by_label(label).fill(day.isoformat())
    dora.locator("input[type=file]").set_input_files(tmp_path / "licence.pdf")
    dora.get_by_role("button", name="Hand in").click()
    expect(dora.get_by_text("Waits for our check").first).to_be_visible()

    decide(mia, "Verify it", What_the_issuer_said="Entry 004711, active")
    expect(mia.locator("img").first).to_be_visible()
    mia.get_by_label("Checked with").select_option("register")
    mia.get_by_role("button", name="Record the decision").click()
    expect(mia.locator("#messages")).to_contain_text("Verified")

    # She appears at once, with what was checked, and her times with her.
    visitor.goto("/practitioners/dora/")
    expect(visitor.get_by_text("7 June 2027").first).to_be_visible()
    visitor.goto(TIMES)
    expect(visitor.get_by_role("radio").first).to_be_attached()
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 10), 10))

    decide(mia, "Revoke it", Reason="The board withdrew it")
    mia.get_by_label("I have read what happens, and mean it").check()
    mia.get_by_role("button", name="Record the decision").click()
    expect(mia.locator("#messages")).to_contain_text("Revoked")

    visitor.goto("/practitioners/")
    expect(visitor.get_by_text("Dora Novak")).to_have_count(0)
    assert visitor.goto("/practitioners/dora/").status == 404
    assert visitor.goto(TIMES).status == 404
    rosa = open_as(clinic.rosa)
    rosa.goto("/cover/")
    expect(rosa.get_by_text("Alice Arden").first).to_be_visible()
    expect(rosa.get_by_text("Papers not valid on that day")).to_be_visible()
