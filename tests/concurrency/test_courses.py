"""Forty clients book courses over the same six weeks at once; and the twin without a guard.

Who likes the same hour of the same person gets the same plan; whoever loses takes the new one
that the refusal brings, as the page does. The twin proves that the race is real.
"""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from unittest import mock

import pytest
from django.db.models import Count, F, Q

from bookings.models import Appointment
from bookings.services import reserving
from clinic.models import Client
from clinic.refusals import AlreadyChanged
from tests.concurrency.test_race import deadlocks, no_guard, overlaps, race
from tests.factories.clinic import (
    NOW,
    SmallClinic,
    make_client,
    make_practitioner,
    make_small_clinic,
)
from tests.factories.courses import (
    book_planned,
    course_question,
    make_course,
    make_protocol,
    proposal_of,
    verify_email,
)
from treatments.domain.wishes import Wishes
from treatments.models import Course
from treatments.selectors.courses import view_of
from treatments.services.changing import CourseChange, apply_change
from treatments.services.courses import PlanLost
from treatments.services.planning import Proposal
from treatments.services.proposing import RepairWay, preview_move

# One group: forty connections a test, beside the two hundred of another crowd, of 300.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.xdist_group("courses"),
]

CLIENTS = 40
SESSIONS = 6
TRIES = 20
"""How often one client plans; each time somebody else may have won a slot meanwhile."""


def clinic_of_six() -> tuple[SmallClinic, list[int]]:
    """Make six practitioners with a lane and a room each."""
    clinic = make_small_clinic(lanes=1, rooms=6)
    services = [clinic.first_visit, clinic.follow_up]
    more = [
        make_practitioner(f"Person{number} X", services=services, location=clinic.location)
        for number in range(5)
    ]
    return clinic, [clinic.chen.pk, *(person.pk for person in more)]


def forty_clients(clinic: SmallClinic, people: list[int]):
    """Make clients for Tuesdays or Thursdays, each with an hour and a practitioner in mind."""
    protocol = make_protocol(clinic, sessions=SESSIONS)
    wanted = []
    for number in range(CLIENTS):
        client = verify_email(make_client(f"Client{number} Y"))
        wishes = Wishes(
            only_weekdays=frozenset({2, 4}),
            around_minute=(9 + number % 8) * 60,
            rather_practitioner_id=people[number % 6],
            ready_by=date(2027, 7, 25),
        )
        wanted.append((client, course_question(clinic, protocol, client=client, wishes=wishes)))
    return wanted


def book_patiently(client, question, lost: list[int]) -> None:
    """Book as somebody does who takes each new plan; tell how many were lost on the way."""
    plan = proposal_of(question)
    for number in range(TRIES):
        try:
            book_planned(plan, client)
        except PlanLost as refusal:
            plan = refusal.proposal
        else:
            lost.append(number)
            return
    raise TimeoutError


def all_book(wanted) -> tuple[Counter[str], float, list[int]]:
    lost: list[int] = []
    outcomes, slowest = race([lambda wish=wish: book_patiently(*wish, lost) for wish in wanted])
    return outcomes, slowest, lost


def partial_courses() -> list[Course]:
    visits = Count("sessions__visits", filter=Q(sessions__visits__appointment__state="booked"))
    return list(Course.objects.annotate(booked=visits).exclude(booked=F("length")))


def test_40_clients_book_whole_courses_at_once():
    wanted = forty_clients(*clinic_of_six())

    outcomes, slowest, lost = all_book(wanted)

    # A time is for a quiet machine to judge; here it is only told.
    print(f"slowest course {slowest:.2f} s, plans lost on the way {Counter(lost)}")
    assert outcomes == {"booked": CLIENTS}
    assert sum(lost) > 0
    assert partial_courses() == []
    assert overlaps() == 0
    assert Course.objects.count() == CLIENTS
    assert Appointment.objects.filter(state="booked").count() == CLIENTS * SESSIONS


def test_same_race_without_the_guard_books_slots_twice():
    wanted = forty_clients(*clinic_of_six())

    with no_guard():
        outcomes, _, _ = all_book(wanted)
        found = overlaps()

    assert outcomes["booked"] > 0
    assert found > 0


def test_same_race_without_the_locks_ends_in_deadlocks():
    wanted = forty_clients(*clinic_of_six())

    before = deadlocks()

    with mock.patch.object(reserving, "lock_resources", return_value=None):
        all_book(wanted)

    # The constraint alone still keeps the diary whole, but makes people wait in circles.
    assert deadlocks() > before
    assert partial_courses() == []
    assert overlaps() == 0


def test_too_many_courses_for_the_room_leave_none_by_halves():
    clinic = make_small_clinic(lanes=1, rooms=1)
    wanted = forty_clients(clinic, [clinic.chen.pk] * 6)

    outcomes, _, _ = all_book(wanted)

    # Whoever finds no plan any more is told so; nobody meets a deadlock or an error.
    assert set(outcomes) <= {"booked", "InfeasiblePlan", "TimeoutError"}
    assert 0 < outcomes["booked"] < CLIENTS
    assert partial_courses() == []
    assert overlaps() == 0
    assert Appointment.objects.count() == outcomes["booked"] * SESSIONS


def five_plans(clinic: SmallClinic, client: Client) -> list[Proposal]:
    """Plan five courses that do not touch each other, one for each weekday."""
    protocol = make_protocol(clinic, sessions=SESSIONS)
    ask = course_question(clinic, protocol, client=verify_email(client))
    days = [Wishes(only_weekdays=frozenset({weekday})) for weekday in range(1, 6)]
    return [proposal_of(replace(ask, wishes=wishes)) for wishes in days]


def test_client_in_five_tabs_books_one_course():
    clinic = make_small_clinic()
    plans = five_plans(clinic, clinic.alice)

    outcomes, _ = race([lambda plan=plan: book_planned(plan, clinic.alice) for plan in plans])

    assert outcomes == {"booked": 1, "OneCourseAtATime": 4}
    assert partial_courses() == []


def test_same_tabs_without_the_locks_book_several_courses():
    clinic = make_small_clinic()
    plans = five_plans(clinic, clinic.alice)

    with mock.patch.object(reserving, "lock_resources", return_value=None):
        outcomes, _ = race([lambda plan=plan: book_planned(plan, clinic.alice) for plan in plans])

    assert outcomes["booked"] > 1


def test_same_request_sent_ten_times_at_once_books_once():
    clinic = make_small_clinic()
    client = verify_email(clinic.alice)
    plan = proposal_of(course_question(clinic, make_protocol(clinic), client=client))

    outcomes, _ = race([lambda: book_planned(plan, client, request_id="double-click")] * 10)

    assert outcomes == {"booked": 10}
    assert Course.objects.count() == 1
    assert Appointment.objects.count() == 10


def moves_of(course: Course, clinic: SmallClinic, numbers: list[int]) -> list[CourseChange]:
    """Preview for each number a move of that session by a day, all of the same version."""
    changes = []
    for number in numbers:
        view = view_of(Course.objects.with_people().get(pk=course.pk))
        visit = view.sessions[number - 1].visit
        changes.append(
            preview_move(
                view=view,
                number=number,
                starts_at=visit.starts_at + timedelta(days=1),
                repair=RepairWay.SMALLEST,
                by=clinic.rosa,
                now=NOW,
            )
        )
    return changes


def test_of_eight_changes_looked_at_together_one_is_applied():
    clinic = make_small_clinic()
    course = make_course(clinic)
    changes = moves_of(course, clinic, [2, 3, 4, 5, 6, 7, 8, 9])

    outcomes, _ = race(
        [
            lambda change=change: apply_change(change=change, by=clinic.rosa, now=NOW)
            for change in changes
        ]
    )

    assert outcomes == {"booked": 1, AlreadyChanged.__name__: 7}
    assert Course.objects.get().version == course.version + 1
    assert overlaps() == 0


def test_changes_of_many_courses_meet_in_no_deadlock():
    clinic, people = clinic_of_six()
    wanted = forty_clients(clinic, people)
    all_book(wanted)
    changes = [
        change
        for course in Course.objects.order_by("pk")
        for change in moves_of(course, clinic, [3])
    ]

    outcomes, _ = race(
        [
            lambda change=change: apply_change(change=change, by=clinic.rosa, now=NOW)
            for change in changes
        ]
    )

    assert set(outcomes) <= {"booked", "SeriesTaken"}
    assert outcomes["booked"] > CLIENTS // 2
    assert partial_courses() == []
    assert overlaps() == 0
