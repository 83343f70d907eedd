"""The drift list: who is on it, why, and the one action that mends each row."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.models import Appointment
from bookings.services.moving import move_appointment
from clinic.selectors.catalogue import catalogue
from tests.factories.clinic import at
from tests.support.aftercare import (
    complete,
    make_weekly,
    miss,
    missed_and_planned,
    other_clients,
    visit_in,
)
from tests.support.desk import signed_in, words
from treatments.models import Course, CoursePause, Repair
from treatments.selectors.courses import view_of
from treatments.services.ending import override_gap
from treatments.services.repairs import release_repair

LATER = at(date(2027, 6, 12), 9)


@pytest.fixture
def course(clinic):
    return make_weekly(clinic)


def drop(course, *numbers):
    """Cancel sessions as the client does, so that no repair is asked for."""
    for number in numbers:
        Appointment.objects.filter(pk=visit_in(course, number).pk).update(
            state="cancelled", cancelled_by_client=True
        )


def drift_page(user, now=LATER):
    with time_machine.travel(now, tick=True):
        return signed_in(user).get(reverse("drifting"))


def action_of(answer) -> tuple[str, str]:
    """Return label and address of the first row's action; no address for what is sent."""
    acts = answer.content.decode().partition('<div class="acts">')[2].partition("</div>")[0]
    [label] = re.findall(r"btn-due[^>]*>([^<]+)<", acts)
    return label, "".join(re.findall(r'<a [^>]*href="([^"]+)"', acts))


def test_course_on_its_way_is_not_on_the_list(course, clinic):
    assert "No course drifts" in words(drift_page(clinic.rosa))


def test_no_next_session_is_mended_by_booking_what_is_missing(course, clinic):
    complete(course, 1)
    drop(course, 2, 3, 4, 5)

    answer = drift_page(clinic.rosa)

    assert "Alice Arden" in words(answer)
    assert "No next session booked" in words(answer)
    assert "Last session: Monday 7 June Next: none booked" in words(answer)
    missing = reverse("course-missing", args=[course.public_id])
    assert action_of(answer) == ("Book what is missing", missing)


def test_paused_course_misses_nothing(course, clinic):
    complete(course, 1)
    drop(course, 2, 3, 4, 5)
    CoursePause.objects.create(
        course=course, first_date=date(2027, 6, 10), end_date=date(2027, 6, 30)
    )

    assert "No course drifts" in words(drift_page(clinic.rosa))


def test_gap_ahead_is_mended_by_moving_the_session_after_it(course, clinic):
    complete(course, 1)
    visit = visit_in(course, 2)
    Appointment.objects.filter(pk=visit.pk).update(
        starts_at=visit.starts_at - timedelta(days=2), ends_at=visit.ends_at - timedelta(days=2)
    )
    third = visit_in(course, 3)
    Appointment.objects.filter(pk=third.pk).update(
        starts_at=third.starts_at + timedelta(days=6), ends_at=third.ends_at + timedelta(days=6)
    )

    answer = drift_page(clinic.rosa, at(date(2027, 6, 8), 9))

    assert "A gap ahead is longer than recommended" in words(answer)
    move = reverse("course-move", args=[course.public_id, 3])
    assert action_of(answer) == ("Move session 3", move)


def test_gap_that_staff_let_be_is_off_the_list(course, clinic):
    complete(course, 1)
    third = visit_in(course, 3)
    now = at(date(2027, 6, 8), 9)
    for number in (4, 5, 3):
        visit = visit_in(course, number)
        move_appointment(
            appointment=visit,
            starts_at=visit.starts_at + timedelta(days=14),
            practitioner_id=None,
            catalogue=catalogue(),
            by=clinic.rosa,
            now=now,
            override_reason="Away",
        )
    assert "A gap ahead is longer than recommended" in words(drift_page(clinic.rosa, now))

    view = view_of(Course.objects.with_people().get(pk=course.pk))
    override_gap(view=view, number=3, reason="She is away", by=clinic.rosa, now=now)

    assert visit_in(course, 3).starts_at > third.starts_at
    assert "No course drifts" in words(drift_page(clinic.rosa, now))


def test_proposal_that_waits_is_what_mends(course, clinic):
    repair, now = missed_and_planned(course, clinic)
    drop(course, 3, 4, 5)

    answer = drift_page(clinic.rosa, now)

    there = f"{reverse('repairs')}#repair-{repair.public_id}"
    assert action_of(answer) == ("See the proposal", there)


def test_lost_session_without_a_proposal_gets_one_by_a_click(course, clinic):
    repair, now = missed_and_planned(course, clinic)
    drop(course, 3, 4, 5)
    release_repair(repair=repair, by=clinic.rosa, now=now)
    assert action_of(drift_page(clinic.rosa, now)) == ("Propose a date", "")

    with time_machine.travel(now, tick=True):
        answer = signed_in(clinic.chen.user).post(
            reverse("drifting"), {"course": course.public_id}, follow=True
        )

    assert "We look for a date for Alice Arden." in words(answer)
    assert Repair.objects.latest("pk").state == "wanted"


def test_failed_proposal_and_two_misses_are_mended_by_a_call(course, clinic):
    complete(course, 1)
    repair, _now = miss(course, 2, clinic)
    _repair, now = miss(course, 3, clinic)
    assert repair.state == "wanted"

    answer = drift_page(clinic.rosa, now)

    assert "Missed twice in a row" in words(answer)
    assert action_of(answer) == ("Call the client", "tel:+12125550111")


def test_practitioners_see_the_courses_they_treat_and_no_link_to_the_client(course, clinic):
    complete(course, 1)
    drop(course, 2, 3, 4, 5)

    own, others = drift_page(clinic.chen.user), drift_page(clinic.dora.user)

    assert "Alice Arden" in words(own)
    assert reverse("client", args=[clinic.alice.public_id]) not in own.content.decode()
    assert "No course drifts" in words(others)


def test_who_does_not_treat_proposes_nothing(course, clinic):
    _repair, _now = missed_and_planned(course, clinic)

    answers = [
        signed_in(user).post(reverse("drifting"), {"course": course.public_id})
        for user in (clinic.dora.user, clinic.alice.user, clinic.bea.user)
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert Repair.objects.count() == 1


def test_page_that_is_not_there_is_a_404(course, clinic):
    answers = [
        signed_in(clinic.rosa).get(reverse("drifting"), {"page": page}) for page in ("2", "x")
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_list_costs_the_same_for_one_and_three(course, clinic):
    others = [make_weekly(clinic, client) for client in other_clients(clinic, 2)]
    complete(course, 1)
    drop(course, 2, 3, 4, 5)
    with CaptureQueriesContext(connection) as one:
        drift_page(clinic.rosa)
    for other in others:
        complete(other, 1)
        drop(other, 2, 3, 4, 5)
    with CaptureQueriesContext(connection) as three:
        answer = drift_page(clinic.rosa)

    assert words(answer).count("No next session booked") == 3
    assert len(one) == len(three)
