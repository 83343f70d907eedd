"""The page on which a manager closes a visit for somebody else."""

import pytest
import time_machine

from bookings.models import Appointment
from tests.factories.bookings import begin_visit, book_visit
from tests.factories.clinic import TODAY, at
from tests.support.desk import signed_in, words

TEN = at(TODAY, 10)


@pytest.fixture
def visit(clinic) -> Appointment:
    return begin_visit(book_visit(clinic.alice, clinic.follow_up, clinic.location, TEN))


def page_of(visit: Appointment) -> str:
    return f"/day/visits/{visit.public_id}/close/"


@pytest.fixture
def at_six(visit):
    """Let the day be over, in the tests that look at the list of the evening."""
    with time_machine.travel(at(TODAY, 18), tick=False):
        yield


def test_manager_closes_it_from_the_page_of_the_visit(visit, clinic, at_six):
    browser = signed_in(clinic.mia)

    seen = words(browser.get(f"/day/visits/{visit.public_id}/"))
    listed = words(browser.get("/left-open/"))
    sent = {"went_in": "40", "came_out": "39", "searched": "on", "reason": "Had to leave"}
    after = words(browser.post(page_of(visit), sent, follow=True))

    assert "Close it for Chen Li" in seen
    assert "Chen Li enters the needles first; if they can’t, open the visit." in listed
    assert "Closed in place of Chen Li." in after
    assert "Closed in place of Chen Li: Had to leave" in after
    assert "Close it for" not in after


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"went_in": ""}, "Enter the number of needles."),
        ({"came_out": "many"}, "in figures"),
        ({"came_out": "39"}, "The numbers differ."),
        ({"reason": " "}, "Say why the practitioner can’t close it."),
        ({"reason": "x" * 201}, "keep it to 200 characters"),
    ],
)
def test_bad_answer_is_said_at_its_field_and_nothing_lost(changed, said, visit, clinic):
    sent = {"went_in": "40", "came_out": "40", "reason": "Had to leave", **changed}

    answer = signed_in(clinic.mia).post(page_of(visit), sent)

    visit.refresh_from_db()
    assert (answer.status_code, visit.state) == (422, "in_session")
    assert said in words(answer)
    assert "There is a problem" in words(answer)
    assert f'value="{sent["went_in"]}"' in answer.content.decode() or not sent["went_in"]


def test_reception_is_told_who_counts_and_offered_nothing(visit, clinic, at_six):
    browser = signed_in(clinic.rosa)

    listed = words(browser.get("/left-open/"))

    assert "Chen Li enters the needles first." in listed
    assert "if they can’t" not in listed
    assert "Close it for" not in words(browser.get(f"/day/visits/{visit.public_id}/"))
    answers = [browser.get(page_of(visit)), browser.post(page_of(visit), {"reason": "x"})]
    assert [answer.status_code for answer in answers] == [404, 404]
