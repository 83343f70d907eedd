"""A practitioner's papers in real Chromium: hand in on a phone, with and without script."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from clinic.domain.credentials import Result
from clinic.models import Credential
from tests.factories.clinic import NOW, SmallClinic, make_small_clinic
from tests.factories.credentials import check, hand_in, make_type, verified
from tests.factories.documents import half_red, pdf
from tests.support.axe import faults

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def clinic(live_server: LiveServer, settings: Any, tmp_path: Path) -> Iterator[SmallClinic]:
    """Give the small clinic with requirements, and papers of Chen in several standings."""
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    with time_machine.travel(NOW, tick=True):
        clinic = make_small_clinic()
        visits = [clinic.follow_up, clinic.first_visit]
        licence = make_type("state-licence", required_by=visits, shows_number=True)
        verified(licence, clinic.chen, by=clinic.mia, expires=date(2027, 6, 26), number="004711")
        insurance = make_type(
            "liability-insurance", required_by=visits, issuer="Oak Mutual", must_cover_cosmetic=True
        )
        paper = hand_in(insurance, clinic.chen, by=clinic.chen.user)
        check(paper, Result.MORE_ASKED, by=clinic.mia, reason="Please add the endorsement page.")
        make_type(
            "facial-training",
            required_by=[clinic.first_visit],
            issuer="",
            expires=False,
            asks_training=True,
            proves="training",
        )
        yield clinic


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Write what is uploaded: a PDF of two pages, a photo, and a page that calls itself one."""
    made = {"licence.pdf": pdf(pages=2), "card.jpg": half_red(), "page.jpg": b"<html>no</html>"}
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in made}


@pytest.fixture
def open_as_chen(open_as: Callable[..., Page], clinic: SmallClinic) -> Callable[..., Page]:
    """Open pages with the practitioner signed in."""
    return partial(open_as, clinic.chen.user)


def fill_in(page: Page) -> None:
    page.get_by_label("Issuer").fill("Oak School")
    page.get_by_label("Who gave the training").fill("Oak School")
    page.get_by_label("Hours of training").fill("96")


@pytest.mark.parametrize("script", [True, False])
def test_paper_is_handed_in_on_a_phone(
    open_as_chen: Callable[..., Page], files: dict[str, Path], script: bool
) -> None:
    page = open_as_chen(viewport=PHONE, java_script_enabled=script)
    page.goto(reverse("credentials"))
    page.get_by_role("link", name="Facial training: Hand in").first.click()
    fill_in(page)

    page.get_by_label("Documents").set_input_files(files["page.jpg"])
    page.get_by_role("button", name="Hand in").click()
    expect(page.locator(".error-summary")).to_contain_text("Please hand in a PDF, JPEG or PNG.")
    expect(page.get_by_label("Hours of training")).to_have_value("96")
    page.get_by_label("Documents").set_input_files([files["licence.pdf"], files["card.jpg"]])
    page.get_by_role("button", name="Hand in").click()

    expect(page.locator("#messages")).to_contain_text("Handed in. We check it with the issuer.")
    expect(page.get_by_alt_text("Page 2 of licence.pdf")).to_be_visible()
    expect(page.get_by_alt_text("Page 1 of card.jpg")).to_be_visible()
    paper = Credential.objects.latest("pk")
    assert (paper.training_hours, paper.documents.count()) == (96, 2)


def test_pages_of_papers_have_no_faults(
    open_as_chen: Callable[..., Page], files: dict[str, Path], clinic: SmallClinic
) -> None:
    page = open_as_chen()
    asked = Credential.objects.get(type__slug="liability-insurance")
    page.goto(reverse("credential-add", args=[asked.public_id]))
    page.get_by_label("Documents").set_input_files([files["licence.pdf"], files["card.jpg"]])
    page.get_by_role("button", name="Add documents").click()
    expect(page.locator("#messages")).to_contain_text("Added.")
    found = faults(page)
    new = reverse("credential-new")

    for path in (
        reverse("credentials"),
        new,
        f"{new}?type=state-licence",
        f"{new}?type=liability-insurance",
        reverse("credential-edit", args=[asked.public_id]),
        reverse("credential-add", args=[asked.public_id]),
        reverse("practitioner", args=["chen"]),
    ):
        page.goto(path)
        found += faults(page)
    page.goto(f"{new}?type=facial-training")
    page.get_by_role("button", name="Hand in").click()
    expect(page.locator(".error-summary")).to_be_visible()

    assert found + faults(page) == []
