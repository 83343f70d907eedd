"""What the planning pages cost, and how they answer on the edges."""

from datetime import date

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_practitioner, make_small_clinic
from tests.factories.courses import make_course, make_protocol, verify_email
from tests.support.planning import begin_plan, book, page, plan
from tests.support.walking import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    cache.clear()
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def clinic():
    clinic = make_small_clinic()
    make_protocol(clinic, name="Facial course")
    return clinic


def queries(browser: Browser, url: str) -> int:
    browser.get(url)
    with CaptureQueriesContext(connection) as made:
        answer = browser.get(url)
    assert answer.status_code == 200
    return len([row for row in made if "django_session" not in row["sql"]])


def costs(clinic) -> dict[str, int]:
    visitor = Browser()
    draft = plan(visitor)
    guest = {
        name: queries(visitor, url)
        for name, url in {
            "start": reverse("course-plan"),
            "wishes": page("wishes", draft),
            "proposal": page("proposal", draft),
            "swap": page("swap", draft, 2),
            "details": page("details", draft),
        }.items()
    }
    visitor.force_login(clinic.alice.user)
    own = plan(visitor)
    visitor.get(page("proposal", own))
    return {**guest, "check": queries(visitor, page("check", own))}


def test_pages_cost_the_same_whatever_the_number_of_people_and_sessions(clinic):
    with_one = costs(clinic)
    make_protocol(clinic, "long-course", sessions=20)
    for name in ("Elif Ergin", "Fay Foss"):
        make_practitioner(
            name, services=[clinic.first_visit, clinic.follow_up], location=clinic.location
        )

    with_more = costs(clinic)

    assert with_one == with_more
    assert with_one == {
        "start": 4,
        "wishes": 4,
        "proposal": 5,
        "swap": 7,
        "details": 4,
        "check": 7,
    }


@pytest.mark.parametrize("name", ["course-booked", "course-print", "course-calendar"])
def test_pages_of_a_booked_course_cost_the_same_for_any_length(name, clinic):
    visitor = Browser()
    found = []
    for client, length in ((clinic.alice, 2), (clinic.bea, 6)):
        course = make_course(clinic, client=client, length=length)
        visitor.force_login(client.user)
        found.append(queries(visitor, reverse(name, args=[course.public_id])))

    assert found[0] == found[1]


def test_planning_for_a_client_costs_the_same_for_any_number_of_first_visits(clinic):
    desk = Browser()
    desk.force_login(clinic.rosa)
    start = reverse("client-plan", args=[clinic.alice.public_id])
    found = []
    for days in ([8], [9, 10]):
        for day in days:
            at_nine = at(date(2027, 6, day), 9)
            book_visit(clinic.alice, clinic.first_visit, clinic.location, at_nine)
        draft = begin_plan(desk, start)
        found.append((queries(desk, start), queries(desk, page("wishes", draft))))

    assert found[0] == found[1]


def test_planning_too_often_is_refused_in_words(clinic, settings):
    settings.PAGE_LIMITS = {"plan": 2}
    visitor = Browser()
    draft = begin_plan(visitor)
    answers = [visitor.get(page("wishes", draft)) for _count in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_place_that_does_not_offer_a_course_is_told_at_the_field(clinic):
    answer = Browser().post(
        reverse("course-plan"), {"protocol": "facial-course", "location": "nowhere"}
    )

    # With one place there is nothing to choose, so what the form says does not matter.
    assert answer.status_code == 302


def test_course_not_offered_is_told_at_the_field(clinic):
    make_protocol(clinic, "second-course")

    answer = Browser().post(reverse("course-plan"), {"protocol": "third-course"})

    assert answer.status_code == 422
    assert "Choose one of the courses shown." in text_of(answer)


def test_service_and_front_page_lead_to_planning(clinic):
    visitor = Browser()

    home = visitor.get(reverse("home")).content.decode()
    service = visitor.get(reverse("service", args=["follow-up"])).content.decode()

    assert f'href="{reverse("course-plan")}"' in home
    assert f'href="{reverse("course-plan")}?protocol=facial-course"' in service


def test_booked_draft_leads_to_the_course_from_every_step(clinic):
    visitor = Browser()
    visitor.force_login(verify_email(clinic.alice).user)
    draft = plan(visitor)
    visitor.get(page("proposal", draft))
    booked = book(visitor, draft)

    for step in ("proposal", "wishes", "details", "code", "check"):
        assert visitor.get(page(step, draft)).url == booked.url


def test_plan_names_a_lone_practitioner_and_the_lengths_once(clinic):
    visitor = Browser()

    words = text_of(visitor.get(page("proposal", plan(visitor))))

    assert words.count(clinic.chen.name) == 1
    assert f"All with {clinic.chen.name}" in words
    assert "Length 60 minutes each" in words or "the first time, then 60 minutes" in words


def test_bar_of_a_course_marks_the_session_that_comes_next(clinic):
    course = make_course(clinic, length=3)
    visitor = Browser()
    visitor.force_login(clinic.alice.user)

    answer = visitor.get(reverse("my-course", args=[course.public_id]))

    assert list(answer.context["card"].marks) == ["is-now", "", ""]
    assert reverse("course-print", args=[course.public_id]) in answer.content.decode()
    assert reverse("course-calendar", args=[course.public_id]) in answer.content.decode()


def test_visits_after_the_next_stand_in_rows(clinic):
    make_course(clinic, length=3)
    visitor = Browser()
    visitor.force_login(clinic.alice.user)

    shown = visitor.get(reverse("me")).content.decode()

    assert (shown.count("visit-next"), shown.count('class="visit-row"')) == (1, 2)
