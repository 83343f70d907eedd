"""The pages of a proposed repair: its client's, and the list of the desk."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.services.cancelling import cancel_appointment
from clinic.models import Service
from tests.factories.clinic import NOW
from tests.support.aftercare import (
    complete,
    make_weekly,
    miss,
    missed_and_planned,
    other_clients,
    visit_in,
)
from tests.support.desk import diary_queries, signed_in, words
from treatments.models import Course, Repair


def page_of(repair: Repair) -> str:
    return reverse("my-repair", args=[repair.public_id])


@pytest.fixture
def course(clinic):
    return make_weekly(clinic)


@pytest.fixture
def proposed(clinic, course):
    """Give a proposal that waits, and stop the clock half an hour after the loss."""
    repair, now = missed_and_planned(course, clinic)
    with time_machine.travel(now, tick=True):
        yield repair


def fresh(repair: Repair) -> Repair:
    return Repair.objects.get(pk=repair.pk)


def test_client_sees_what_happened_the_new_date_and_how_many_change(proposed, clinic):
    said = words(signed_in(clinic.alice.user).get(page_of(proposed)))

    assert "Session 2 on Monday 14 June, 10am did not take place." in said
    assert "No other date changes." in said
    assert "Wednesday 16 June, 10am with Chen Li 9 days after session 1" in said
    assert "We keep the new date of session 2 for you until Tuesday 15 June, 10am." in said
    assert "(212) 555-0100" in said


def test_client_accepts_and_sees_the_course_whole(proposed, clinic, course):
    answer = signed_in(clinic.alice.user).post(page_of(proposed), {"answer": "accept"}, follow=True)

    assert answer.redirect_chain == [(reverse("my-course", args=[course.public_id]), 302)]
    assert "Your new date is booked." in words(answer)
    assert visit_in(course, 2).state == "booked"
    assert fresh(proposed).answered_by == clinic.alice.user


def test_accepting_twice_books_once(proposed, clinic):
    browser = signed_in(clinic.alice.user)

    answers = [browser.post(page_of(proposed), {"answer": "accept"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Appointment.objects.filter(client=clinic.alice, state="booked").count() == 4


def test_client_chooses_alone_and_the_kept_time_is_free(proposed, clinic, course):
    alice = signed_in(clinic.alice.user)

    answer = alice.post(page_of(proposed), {"answer": "release"})
    page = alice.get(answer.url)
    time = re.findall(r'name="time" value="([^"]+)"', page.content.decode())[-1]
    looked = alice.get(answer.url, {"time": time})
    token = re.findall(r'name="token" value="([^"]+)"', looked.content.decode())[0]
    alice.post(answer.url, {"token": token})

    assert answer.url == reverse("my-course-move", args=[course.public_id, 2])
    assert fresh(proposed).state == "released"
    assert "Choose a date for session 2 of 5" in words(page)
    assert visit_in(course, 2).state == "booked"
    assert visit_in(course, 2).starts_at.isoformat() == time.replace("Z", "+00:00")


def test_nonsense_changes_nothing_and_says_so(proposed, clinic):
    answer = signed_in(clinic.alice.user).post(page_of(proposed), {"answer": "perhaps"})

    assert answer.status_code == 422
    assert "Nothing was changed." in words(answer)
    assert fresh(proposed).state == "open"


def test_run_out_proposal_offers_a_fresh_one_on_one_click(proposed, clinic):
    browser = signed_in(clinic.alice.user)

    with time_machine.travel(proposed.expires_at + timedelta(minutes=1), tick=True):
        said = words(browser.get(page_of(proposed)))
        answer = browser.post(page_of(proposed), {"answer": "again"}, follow=True)

    assert "We keep this date no longer" in said
    assert "We suggest" in words(answer)
    assert Repair.objects.latest("pk").state == "open"
    assert Repair.objects.latest("pk").pk != proposed.pk


def test_accepting_too_late_leads_to_a_fresh_proposal(proposed, clinic):
    browser = signed_in(clinic.alice.user)

    with time_machine.travel(proposed.expires_at + timedelta(minutes=1), tick=True):
        answer = browser.post(page_of(proposed), {"answer": "accept"}, follow=True)

    assert "We suggest" in words(answer)
    assert Appointment.objects.filter(client=clinic.alice, state="booked").count() == 3


def test_wanted_repair_is_planned_when_its_page_is_opened(course, clinic):
    complete(course, 1)
    repair, now = miss(course, 2, clinic)

    with time_machine.travel(now, tick=True):
        said = words(signed_in(clinic.alice.user).get(page_of(repair)))

    assert "Wednesday 16 June, 10am with Chen Li" in said
    assert fresh(repair).state == "open"


def test_no_plan_tells_the_client_to_call(course, clinic):
    complete(course, 1)
    repair, now = miss(course, 2, clinic)
    Service.objects.update(is_active=False)

    with time_machine.travel(now, tick=True):
        said = words(signed_in(clinic.alice.user).get(page_of(repair)))

    assert "We found no date that fits by itself" in said
    assert fresh(repair).state == "failed"


def test_course_changed_meanwhile_is_settled(proposed, clinic, course):
    Course.objects.filter(pk=course.pk).update(ending="stopped", ended_at=NOW)
    Repair.objects.update(state="obsolete")

    assert "This is settled" in words(signed_in(clinic.alice.user).get(page_of(proposed)))


@pytest.mark.parametrize("person", ["bea", "chen", "rosa", "mia"])
def test_stranger_finds_no_proposal_and_answers_none(person, proposed, clinic):
    somebody = getattr(clinic, person)
    browser = signed_in(getattr(somebody, "user", somebody))

    answers = [
        browser.get(page_of(proposed)),
        browser.post(page_of(proposed), {"answer": "accept"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert fresh(proposed).state == "open"


def test_my_visits_and_the_course_lead_to_the_proposal(proposed, clinic, course):
    browser = signed_in(clinic.alice.user)

    for page in (reverse("me"), reverse("my-course", args=[course.public_id])):
        assert page_of(proposed) in browser.get(page).content.decode()


def test_clinics_cancellation_is_told_without_a_reason(course, clinic):
    complete(course, 1)
    visit = visit_in(course, 3)
    now = NOW + timedelta(days=1)
    cancel_appointment(appointment=visit, by=clinic.rosa, now=now, reason="practitioner ill")
    repair = Repair.objects.get()

    with time_machine.travel(now, tick=True):
        said = words(signed_in(clinic.alice.user).get(page_of(repair)))

    assert "We had to cancel session 3 on Monday 21 June, 10am. We are sorry." in said
    assert "ill" not in said.split()


def test_desk_sees_the_proposal_and_accepts_it_for_the_client(proposed, clinic, course):
    browser = signed_in(clinic.rosa)
    said = words(browser.get(reverse("repairs")))

    answer = browser.post(
        reverse("repairs"), {"repair": proposed.public_id, "answer": "accept"}, follow=True
    )

    assert "Alice Arden Facial course Session 2 of 5: did not come" in said
    assert "Wednesday 16 June, 10am with Chen Li" in said
    assert "kept until Tuesday 15 June, 10am" in said
    assert "Booked for Alice Arden." in words(answer)
    assert (visit_in(course, 2).state, fresh(proposed).answered_by) == ("booked", clinic.rosa)


def test_desk_lets_a_proposal_go(proposed, clinic):
    answer = signed_in(clinic.rosa).post(
        reverse("repairs"), {"repair": proposed.public_id, "answer": "release"}, follow=True
    )

    assert "The lost session of Alice Arden has no date yet." in words(answer)
    assert "No proposal waits" in words(answer)
    assert fresh(proposed).state == "released"


def test_desk_hears_why_a_proposal_can_not_be_booked(proposed, clinic):
    Repair.objects.update(state="obsolete")

    answer = signed_in(clinic.rosa).post(
        reverse("repairs"), {"repair": proposed.public_id, "answer": "accept"}, follow=True
    )

    assert "Alice Arden: " in words(answer)
    assert Appointment.objects.filter(state=State.BOOKED).count() == 3


@pytest.mark.parametrize("sent", [{}, {"repair": str(uuid4()), "answer": "accept"}])
def test_desk_answers_only_what_is_there(sent, proposed, clinic):
    assert signed_in(clinic.rosa).post(reverse("repairs"), sent).status_code == 404


def test_list_costs_the_same_for_one_and_three(proposed, clinic):
    browser = signed_in(clinic.rosa)
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("repairs"))
    with time_machine.travel(NOW):
        courses = [make_weekly(clinic, client) for client in other_clients(clinic, 2)]
    for course in courses:
        missed_and_planned(course, clinic)
    with CaptureQueriesContext(connection) as three:
        answer = browser.get(reverse("repairs"))

    assert words(answer).count("kept until") == 3
    assert len(diary_queries(one)) == len(diary_queries(three))
    assert len(one) == len(three)
