"""What a practitioner's day says: what comes next, how late, and what nobody entered."""

import re
from datetime import timedelta

import pytest
import time_machine

from bookings.domain.running import Expected
from tests.factories.clinic import SmallClinic, make_client
from tests.support.desk import begin, count, signed_in, state_of, tap, words
from tests.treatments.test_day_board import TEN, booked, under_needles
from treatments.views.rows import lateness


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (5, "about 5 minutes late"),
        (60, "about 1 hour late"),
        (70, "about 1 hour 10 minutes late"),
        (145, "about 2 hours late"),
        (255, "about 4 hours late"),
    ],
)
def test_long_lateness_is_said_in_hours(minutes: int, said: str) -> None:
    assert lateness(Expected(TEN, None, TEN, minutes), None, TEN) == said


def test_removal_that_nobody_entered_is_not_called_late(clinic: SmallClinic) -> None:
    under_needles(clinic)
    with time_machine.travel(TEN + timedelta(hours=4)):
        page = words(signed_in(clinic.chen.user).get("/day/"))

    assert "removal not entered" in page
    assert "hours late" not in page


def test_unequal_needles_are_the_first_task_and_lead_to_their_card(clinic: SmallClinic) -> None:
    visit = under_needles(clinic)
    waiting = booked(clinic, 10, 20, clinic.bea)
    with time_machine.travel(TEN + timedelta(minutes=40)):
        browser = signed_in(clinic.chen.user)
        count(browser, visit, "out", "39")
        tap(browser, waiting, "arrived")

        page = browser.get("/day/")

    said = "Next for your hands Search for needles in Room 1 now Start Bea Brook"
    assert said in words(page)
    assert f'href="#room-{visit.public_id}"' in page.content.decode()


def test_task_of_a_client_without_a_card_leads_to_the_line(clinic: SmallClinic) -> None:
    booked(clinic)
    booked(clinic, 10, 20, clinic.bea)
    booked(clinic, 11, 20, make_client("Cleo Cole"))
    with time_machine.travel(TEN - timedelta(hours=1)):
        page = signed_in(clinic.chen.user).get("/day/").content.decode()

    linked = set(re.findall(r'href="#((?:room|visit)-[^"]+)"', page))
    assert linked
    assert {f'id="{name}"' for name in linked} <= set(re.findall(r'id="[^"]+"', page))


def test_overdue_removal_warns_with_its_minutes(clinic: SmallClinic) -> None:
    under_needles(clinic)
    waiting = booked(clinic, 10, 20, clinic.bea)
    with time_machine.travel(TEN + timedelta(minutes=41)):
        tap(signed_in(clinic.rosa), waiting, "arrived")

        page = words(signed_in(clinic.chen.user).get("/day/"))

    assert "Removal in Room 1 is 6 minutes overdue, this insertion takes 20." in page


def test_start_asks_for_another_tap_while_a_room_is_not_searched(clinic: SmallClinic) -> None:
    visit = under_needles(clinic)
    waiting = booked(clinic, 10, 20, clinic.bea)
    with time_machine.travel(TEN + timedelta(minutes=40)):
        browser = signed_in(clinic.chen.user)
        count(browser, visit, "out", "39")
        tap(browser, waiting, "arrived")

        asked = begin(browser, waiting, back="day")

    assert asked.status_code == 422
    assert "Room 1 is not searched yet: 40 needles in, 39 removed." in words(asked)
    assert state_of(waiting) == "arrived"


def test_page_that_stands_since_yesterday_is_led_to_the_new_day(clinic: SmallClinic) -> None:
    with time_machine.travel(TEN + timedelta(days=1)):
        answer = signed_in(clinic.rosa).get("/day/board/?date=2027-06-07&stamp=old")

    assert answer["HX-Redirect"] == "/day/?location=new-york&date=2027-06-08"


def test_arrived_client_whose_time_is_over_is_not_said_to_wait(clinic: SmallClinic) -> None:
    visit = booked(clinic)
    with time_machine.travel(TEN) as clock:
        browser = signed_in(clinic.chen.user)
        tap(browser, visit, "arrived")
        clock.shift(timedelta(minutes=59))
        before = words(signed_in(clinic.chen.user).get("/day/"))
        clock.shift(timedelta(minutes=1))
        after = words(signed_in(clinic.chen.user).get("/day/"))

    assert "Here, waits for you" in before
    assert "Noted as arrived; the visit's time is over" in after
    assert "Here, waits for you" not in after
