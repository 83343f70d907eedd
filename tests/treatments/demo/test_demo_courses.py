"""The demo's courses: one of each kind, all of them within the limits that they promise."""

from collections import Counter
from datetime import timedelta

import pytest

from clinic.selectors.catalogue import catalogue
from tests.treatments.demo.conftest import NOW
from treatments.demo import cast
from treatments.demo.course_stories import DRIFTS, IN_MAINTENANCE, STARTS_INTENSIVE
from treatments.domain.planner import plan
from treatments.domain.progress import CourseState
from treatments.models import Course, Maintenance, Protocol
from treatments.selectors.courses import CourseView, views_of
from treatments.selectors.planning import Figures, ask_for_course

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture
def views(made: None, db: None) -> list[CourseView]:
    """All courses of the demo clinic."""
    return views_of(Course.objects.with_people().order_by("pk"))


def of(views: list[CourseView], number: int) -> CourseView:
    return next(view for view in views if view.course.client.name == cast.CLIENTS[number])


def test_demo_client_is_in_the_middle_of_a_course(views: list[CourseView]) -> None:
    view = of(views, 0)

    assert (view.course.name, view.progress.done, view.course.length) == ("Facial course", 4, 10)
    assert view.unbooked == []
    assert view.next_session is not None
    assert view.next_session.number == 5
    assert view.next_session.date == (NOW + timedelta(days=1)).date()


def test_one_course_drifts_without_a_next_session(views: list[CourseView]) -> None:
    view = of(views, DRIFTS)

    assert view.is_running
    assert view.next_session is None
    assert view.last_done is not None
    assert view.last_done.date is not None
    assert (NOW.date() - view.last_done.date).days > view.course.gap_rules[3].max_days


def test_one_client_is_due_for_maintenance(views: list[CourseView]) -> None:
    view = of(views, IN_MAINTENANCE)
    kept = Maintenance.objects.get(course=view.course)

    assert view.state is CourseState.COMPLETED
    assert view.course.ended_at is not None
    assert kept.last_date + timedelta(weeks=kept.interval_weeks) <= NOW.date()
    assert not view.course.client.appointments.filter(starts_at__gt=NOW).exists()


def test_intensive_course_settles_after_six_sessions(views: list[CourseView]) -> None:
    view = of(views, STARTS_INTENSIVE)

    assert [rule.target_days for rule in view.course.gap_rules] == [*[7] * 5, *[12] * 6]
    assert view.unbooked == []


def test_demo_has_courses_of_every_protocol_and_state(views: list[CourseView]) -> None:
    states = Counter(view.state for view in views)

    assert {view.course.name for view in views} == set(
        Protocol.objects.values_list("name", flat=True)
    )
    assert min(states[state] for state in ("planned", "active", "completed")) >= 2
    assert len(views) >= 15


def test_seeded_protocols_have_the_figures_of_the_design(made: None, db: None) -> None:
    found = {
        protocol.slug: (
            protocol.sessions,
            [rule.target_days for rule in Figures.of(protocol).rules],
        )
        for protocol in Protocol.objects.all()
    }

    assert found == {
        "facial-course": (10, [7] * 9),
        "intensive-then-settle": (12, [*[7] * 5, *[12] * 6]),
        "body-course": (8, [7] * 7),
    }


def test_booked_sessions_stand_as_the_planner_would_keep_them(views: list[CourseView]) -> None:
    facts = catalogue()

    moved = {}
    for view in views:
        if view.is_running and not view.unbooked:
            asked = ask_for_course(view, facts, NOW)
            made = plan(asked.problem) if asked else None
            if made is None or made.moves:
                moved[str(view.course)] = made and made.changed_numbers

    assert moved == {}
