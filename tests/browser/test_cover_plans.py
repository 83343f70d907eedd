"""The wizard of cover in real Chromium: from a practitioner's week to a client's yes by link."""

import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import time_machine
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Appointment
from clinic.models import Message
from tests.factories.clinic import NOW, SmallClinic, at, make_client, make_small_clinic
from tests.support.axe import faults
from tests.support.covering import NEXT_TUESDAY, booked_with_chen
from tests.support.telling import send_all, written
from treatments.models import CoverOffer, CoverPlan
from treatments.services.cover_planning import work_out_wanted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def clinic(live_server: LiveServer) -> Iterator[SmallClinic]:
    """Give a clinic where Dora can take one of two visits that Chen has at 10 and 10:20."""
    with time_machine.travel(NOW, tick=True):
        clinic = make_small_clinic()
        clinic.dora.services.add(clinic.follow_up)
        booked_with_chen(clinic)
        booked_with_chen(clinic, at(NEXT_TUESDAY, 10, 20), clinic.bea)
        send_all()
        yield clinic


@pytest.fixture
def rosa(open_as: Callable[..., Page], clinic: SmallClinic) -> Callable[..., Page]:
    """Open pages with reception signed in."""
    return partial(open_as, clinic.rosa)


def ask_for_chen(page: Page) -> None:
    page.goto("/cover/")
    page.get_by_role("link", name="Cover several at once").click()
    page.get_by_label("For whom or what").select_option("Chen Li")
    page.get_by_label("Time off").check()
    page.get_by_label("Dates").check()
    page.get_by_label("From").fill(NEXT_TUESDAY.isoformat())
    page.get_by_label("To, the last day").fill(NEXT_TUESDAY.isoformat())
    page.get_by_role("button", name="Show the visits").click()


def test_whole_wizard_with_the_clients_yes_by_link(
    rosa: Callable[..., Page], open_as: Callable[..., Page], clinic: SmallClinic
) -> None:
    page = rosa(reduced_motion="reduce")
    found = []

    ask_for_chen(page)
    expect(page.get_by_role("heading", name="2 visits need cover")).to_be_visible()
    found += faults(page)
    page.get_by_role("button", name="Propose cover").click()
    expect(page.get_by_role("heading", name="We work out a proposal")).to_be_visible()
    found += faults(page)
    work_out_wanted(NOW)
    expect(page.get_by_text("1 keeps its time")).to_be_visible()
    page.get_by_text("What the client will read").first.click()
    found += faults(page)
    page.get_by_role("link", name=re.compile("^Change")).first.click()
    expect(page.get_by_role("radio").first).to_be_visible()
    found += faults(page)
    page.get_by_role("link", name="Back to the proposal").click()
    page.get_by_role("button", name="Apply and tell 2 clients").click()
    expect(page.get_by_text("Applied by Rosa Reed.")).to_be_visible()
    found += faults(page)
    page.get_by_role("link", name="Offers that wait").click()
    expect(page.get_by_role("button", name="Book it for the client")).to_be_visible()
    found += faults(page)

    mail = written(Message.objects.get(kind="cover_offered"))
    link = re.search(r"http://testserver(/v/\S+/)", mail.text).group(1)
    offer = CoverOffer.objects.get()
    client = open_as(None, reduced_motion="reduce")
    client.goto(link)
    found += faults(client)
    client.get_by_role("button", name="Yes, book it").click()
    expect(client.get_by_role("heading", name="It is booked")).to_be_visible()

    visit = Appointment.objects.get(pk=offer.appointment_id)
    assert visit.starts_at == offer.hold.starts_at
    assert found == [], "\n".join(found)


def test_wizard_works_without_script(rosa: Callable[..., Page], clinic: SmallClinic) -> None:
    page = rosa(java_script_enabled=False)

    ask_for_chen(page)
    page.get_by_role("button", name="Propose cover").click()
    expect(page.get_by_role("link", name="Look again")).to_be_visible()
    work_out_wanted(NOW)
    page.get_by_role("link", name="Look again").click()
    page.get_by_role("link", name=re.compile("^Change")).first.click()
    page.get_by_label("Call list").check()
    page.get_by_role("button", name="Take this one").click()
    expect(page.get_by_text("Chosen by hand")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Apply")).click()

    expect(page.get_by_text("Stands on the call list")).to_be_visible()
    assert CoverPlan.objects.get().state == "applied"


def test_clients_own_page_of_an_offer_is_clean(
    rosa: Callable[..., Page], open_as: Callable[..., Page], clinic: SmallClinic
) -> None:
    desk = rosa()
    ask_for_chen(desk)
    desk.get_by_role("button", name="Propose cover").click()
    expect(desk.get_by_role("heading", name="We work out a proposal")).to_be_visible()
    work_out_wanted(NOW)
    desk.get_by_role("button", name="Apply and tell 2 clients").click()
    expect(desk.get_by_text("Applied by Rosa Reed.")).to_be_visible()
    client = CoverOffer.objects.get().appointment.client
    page = open_as(client.user, reduced_motion="reduce")

    page.goto("/me/")
    page.get_by_role("link", name="See and answer").click()
    expect(page.get_by_role("button", name="No, please call me")).to_be_visible()
    found = faults(page)
    page.get_by_role("button", name="No, please call me").click()

    expect(page.get_by_text("Thank you. We call you")).to_be_visible()
    found += faults(page)
    assert found == [], "\n".join(found)


def test_page_of_several_with_nobody_to_cover_is_clean(
    rosa: Callable[..., Page], clinic: SmallClinic
) -> None:
    booked_with_chen(clinic, at(NOW.date(), 15), make_client("Cleo Today"))
    page = rosa(reduced_motion="reduce")

    page.goto("/cover/new/")
    expect(page.get_by_role("link", name=re.compile("Chen Li, ill today"))).to_be_visible()
    found = faults(page)
    page.goto("/cover/plans/")
    found += faults(page)

    assert found == [], "\n".join(found)
