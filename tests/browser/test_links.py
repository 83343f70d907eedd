"""Links from messages in real Chromium: on a phone and a desk, with and without script."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from bookings.domain.lifecycle import State
from bookings.links import visit_links
from bookings.models import Appointment
from bookings.services.status import record_status
from clinic.messaging.links import Act, link_url, stop_url
from clinic.models import Consent, DeadAddress, Message, Purpose
from clinic.services.consent import record_choices
from clinic.services.feeds import renew_feed
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_small_clinic
from tests.factories.courses import make_course
from tests.support.axe import faults
from treatments.models import Maintenance, Repair
from treatments.services.maintenance import start_maintenance
from treatments.services.repairing import plan_repair
from treatments.services.repairs import want_repair

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

THURSDAY = date(2027, 6, 10)
RECALL = (Purpose.RECALL, Message.Channel.EMAIL)


@pytest.fixture
def clinic(live_server: LiveServer) -> Iterator[SmallClinic]:
    with time_machine.travel(NOW, tick=True):
        yield make_small_clinic()


@pytest.fixture
def visit(clinic: SmallClinic) -> Appointment:
    return book_visit(clinic.alice, clinic.follow_up, clinic.location, at(THURSDAY, 9))


def path(url: str) -> str:
    return url.removeprefix("http://testserver")


def wants_recall(clinic: SmallClinic) -> str:
    record_choices(
        client=clinic.alice,
        wanted={RECALL: True},
        source=Consent.Source.PREFERENCES,
        by=clinic.rosa,
        now=NOW,
    )
    return path(stop_url(clinic.alice.pk, *RECALL, NOW + timedelta(days=365)))


@pytest.mark.parametrize("script", [True, False])
def test_promise_with_one_press(script, visit, open_as):
    page = open_as(java_script_enabled=script)
    page.goto(path(visit_links(visit).promise))

    page.get_by_role("button", name="I’ll be there").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    visit.refresh_from_db()
    assert visit.is_promised


@pytest.mark.parametrize("script", [True, False])
def test_move_by_picking_another_date_and_time(script, visit, open_as):
    page = open_as(java_script_enabled=script)
    page.goto(path(visit_links(visit).move))

    page.get_by_role("link", name="Monday 14 June 2027").click()
    expect(page.get_by_role("heading", name="Times on Monday 14 June")).to_be_visible()
    page.locator('input[value="2027-06-14T14:00:00Z"]').check()
    page.get_by_role("button", name="Move to this time").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Your visit is moved")
    visit.refresh_from_db()
    assert visit.starts_at == at(date(2027, 6, 14), 10)


@pytest.mark.parametrize("script", [True, False])
def test_cancel_and_stop_with_one_press_each(script, clinic, visit, open_as):
    page = open_as(java_script_enabled=script)

    page.goto(path(visit_links(visit).cancel))
    page.get_by_role("button", name="Cancel this visit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your visit is cancelled")
    page.goto(wants_recall(clinic))
    page.get_by_role("button", name="Stop these messages").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("These messages are stopped")
    visit.refresh_from_db()
    assert visit.state == "cancelled"


@pytest.mark.parametrize("script", [True, False])
def test_choosing_what_is_sent(script, clinic, open_as):
    page = open_as(clinic.alice.user, java_script_enabled=script)
    page.goto(reverse("my-messages"))

    page.get_by_role("group", name="About your visits").get_by_text("By text message").click()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved.")).to_be_visible()
    assert Consent.objects.get().channel == "sms"


def test_axe_finds_nothing_on_pages_of_links(clinic, visit, open_as):
    page = open_as()
    links = visit_links(visit)
    found = []
    for url in (links.promise, links.move, links.cancel, wants_recall(clinic), "/v/none/"):
        page.goto(path(url))
        found += faults(page)
    page.goto(path(links.promise))
    page.get_by_role("button", name="I’ll be there").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    found += faults(page)

    assert found == []


def test_axe_finds_nothing_on_pages_of_choices_and_calendars(clinic, open_as):
    wants_recall(clinic)
    renew_feed(owner=clinic.alice, by=clinic.alice.user, now=NOW)
    DeadAddress.objects.create(
        channel="email", address="alice@example.com", reason="Messages came back", at=NOW
    )
    own, desk, person = (
        open_as(user) for user in (clinic.alice.user, clinic.rosa, clinic.chen.user)
    )
    found = []
    for page, url in (
        (own, reverse("my-messages")),
        (own, reverse("my-feed")),
        (desk, reverse("client-messages", args=[clinic.alice.public_id])),
        (person, reverse("day-feed")),
    ):
        page.goto(url)
        found += faults(page)

    assert found == []


def test_axe_finds_nothing_on_new_dates_and_next_visits(clinic, open_as):
    course = make_course(clinic, length=5)
    lost = Appointment.objects.with_people().earliest("starts_at")
    now = lost.starts_at + timedelta(minutes=30)
    due = link_url(Act.RECALL, _maintained(clinic).pk, 0, now + timedelta(days=9))
    page = open_as()
    with time_machine.travel(now, tick=True):
        record_status(appointment=lost, to_state=State.NO_SHOW, by=clinic.rosa, now=now)
        wanted = want_repair(course=course, number=1, cause=Repair.Cause.NO_SHOW, now=now)
        repair = plan_repair(repair=wanted, now=now)
        found = []
        for url in (
            link_url(Act.REPAIR, repair.pk, repair.course_version, now + timedelta(days=9)),
            due,
        ):
            page.goto(path(url))
            expect(page.get_by_text("Hello")).to_be_visible()
            found += faults(page)

    assert found == []


def _maintained(clinic: SmallClinic) -> Maintenance:
    """Let Bea have had a course that ended three months ago."""
    course = make_course(clinic, client=clinic.bea, length=5)
    Appointment.objects.filter(client=clinic.bea).update(state="cancelled")
    course.ending, course.ended_at = "completed", NOW
    course.save()
    start_maintenance(course=course, last_date=date(2027, 3, 15), by=None, now=NOW)
    return Maintenance.objects.get()
