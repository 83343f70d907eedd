"""Every reason to say no to a change of a course: words on a page, a code in the API.

The services are made to refuse, each in every way that there is; what the pages and the API
make of it is real.
"""

import re
from datetime import date

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from bookings import refusals as of_bookings
from bookings.refusals import SlotTaken
from bookings.services.series import SeriesTaken
from bookings.views.picker import value_of
from clinic import refusals as of_clinic
from clinic.refusals import Busy, Refusal
from clinic.wire import PROBLEM_WORDS
from tests.factories.api import Caller, refused
from tests.factories.clinic import NOW, at
from tests.factories.courses import make_course, make_protocol, verify_email
from tests.support.aftercare import make_weekly, missed_and_planned
from tests.support.planning import page as plan_page
from tests.support.planning import plan
from tests.support.walking import text_of
from treatments.services import courses as of_courses
from treatments.services import ending as of_ending
from treatments.services import planning as of_planning
from treatments.services import proposing as of_proposing
from treatments.services.courses import PlanLost
from treatments.services.planning import InfeasiblePlan
from treatments.views import course_changing, course_moving, course_staff, plan_check, repairs

pytestmark = pytest.mark.django_db

WEDNESDAY = date(2027, 6, 23)


def refusals_of(*modules):
    found = {
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Refusal) and thing is not Refusal
    }
    # Those that carry a new plan have tests of their own; "busy" is one of test_busy.
    return sorted(found - {PlanLost, InfeasiblePlan, SeriesTaken, Busy}, key=lambda no: no.__name__)


CHANGES = refusals_of(of_clinic, of_bookings, of_courses, of_ending, of_planning, of_proposing)

STAFF_ONLY = {of_ending.NotALength, of_ending.NothingDone, of_ending.ReasonMissing}
"""The API has no call that they could refuse."""


def saying_no(refusal):
    def refuse(*args, **kwargs):
        raise refusal

    return refuse


@pytest.fixture(autouse=True)
def _monday_morning():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def alice(clinic):
    browser = Browser()
    browser.force_login(clinic.alice.user)
    return browser


@pytest.fixture
def rosa(clinic):
    browser = Browser()
    browser.force_login(clinic.rosa)
    return browser


def token_in(answer):
    return re.search(r'name="token" value="([^"]+)"', answer.content.decode())[1]


def says(answer, refusal):
    assert answer.status_code < 500
    assert str(refusal.message) in text_of(answer)


@pytest.mark.parametrize("name", ["move", "cancel", "pause"])
def test_page_of_a_change_says_why_not(name, clinic, alice, monkeypatch) -> None:
    course = make_course(clinic)
    number = [] if name == "pause" else [3]
    query = {
        "move": {"time": value_of(at(WEDNESDAY, 9))},
        "cancel": {},
        "pause": {"first": "2027-06-21", "last": "2027-06-23"},
    }[name]
    url = reverse(f"my-course-{name}", args=[course.public_id, *number])
    token = token_in(alice.get(url, query))
    module = course_moving if name == "move" else course_changing
    for refusal in CHANGES:
        monkeypatch.setattr(module, "apply_change", saying_no(refusal))

        says(alice.post(url, {"token": token}, follow=True), refusal)


def test_page_of_stopping_says_why_not(clinic, alice, monkeypatch) -> None:
    course = make_course(clinic)
    url = reverse("my-course-stop", args=[course.public_id])
    for refusal in CHANGES:
        monkeypatch.setattr(course_changing, "stop_course", saying_no(refusal))

        says(alice.post(url, {"sure": "on"}, follow=True), refusal)


@pytest.mark.parametrize(
    ("name", "service", "more"),
    [
        ("length", "change_length", {"length": "9"}),
        ("finish", "finish_early", {}),
        ("gap", "override_gap", {}),
    ],
)
def test_page_for_staff_says_why_not(name, service, more, clinic, rosa, monkeypatch) -> None:
    course = make_course(clinic)
    number = [3] if name == "gap" else []
    url = reverse(f"course-{name}", args=[course.public_id, *number])
    for refusal in CHANGES:
        monkeypatch.setattr(course_staff, service, saying_no(refusal))

        says(rosa.post(url, {"reason": "asked", **more}, follow=True), refusal)


def test_page_of_a_repair_says_why_not(clinic, alice, monkeypatch) -> None:
    repair, now = missed_and_planned(make_weekly(clinic), clinic)
    url = reverse("my-repair", args=[repair.public_id])
    for refusal in CHANGES:
        monkeypatch.setattr(repairs, "accept_repair", saying_no(refusal))

        with time_machine.travel(now, tick=True):
            says(alice.post(url, {"answer": "accept"}, follow=True), refusal)


def test_plan_that_is_refused_is_kept_and_says_why(clinic, alice, monkeypatch) -> None:
    make_protocol(clinic)
    verify_email(clinic.alice)
    draft = plan(alice)
    alice.get(plan_page("proposal", draft))
    check = alice.get(plan_page("check", draft))
    request_id = check.context["draft"].request_id
    for refusal in CHANGES:
        monkeypatch.setattr(plan_check, "book_course", saying_no(refusal))

        answer = alice.post(plan_page("check", draft), {"request_id": request_id})

        assert answer.status_code == refusal.status
        says(answer, refusal)
        assert alice.get(plan_page("check", draft)).status_code == 200


@pytest.mark.parametrize("name", ["move", "cancel", "pause", "stop"])
def test_api_answers_a_change_with_the_code(name, clinic, monkeypatch) -> None:
    caller, course = Caller(clinic.alice.user), make_course(clinic)
    path = f"courses/{course.public_id}" + ("/sessions/3" if name in ("move", "cancel") else "")
    body = {
        "move": {"starts_at": at(WEDNESDAY, 9).isoformat()},
        "cancel": {},
        "pause": {"from": "2027-06-21", "to": "2027-06-24"},
        "stop": {},
    }[name]
    if name != "stop":
        body = {"apply": caller.send("POST", f"{path}/{name}", body).json()["token"]}
    service = "stop_course" if name == "stop" else "apply_change"
    for refusal in CHANGES:
        monkeypatch.setattr(f"treatments.api.{service}", saying_no(refusal))

        answer = caller.send("POST", f"{path}/{name}", body)

        assert refused(answer) == (refusal.status, refusal.code)


def test_api_answers_a_booking_with_the_code(clinic, monkeypatch) -> None:
    make_protocol(clinic)
    verify_email(clinic.alice)
    caller = Caller(clinic.alice.user)
    wish = {"protocol": "facial-course", "location": "new-york"}
    body = {"plan": caller.send("POST", "course-plans", wish).json()["plan"]}
    for refusal in CHANGES:
        monkeypatch.setattr("treatments.api.book_course", saying_no(refusal))

        answer = caller.send("POST", "courses", body, key="one")

        assert refused(answer) == (refusal.status, refusal.code)


def test_there_are_refusals_and_each_code_stands_in_the_description() -> None:
    assert len(CHANGES) > 15
    assert SlotTaken in CHANGES
    for refusal in set(CHANGES) - STAFF_ONLY:
        assert f"`{refusal.code}`" in PROBLEM_WORDS[refusal.status], refusal
