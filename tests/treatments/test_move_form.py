"""The Move form: all that dragging does, with the reasons at the field and nothing lost."""

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.test import Client as Browser

from bookings.models import Appointment
from clinic.models import User
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_practitioner, make_small_clinic
from tests.factories.courses import make_course
from tests.support.desk import words
from treatments.models import SessionVisit

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)


@pytest.fixture(autouse=True)
def _monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def visit(clinic: SmallClinic) -> Appointment:
    return book_visit(
        clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9), practitioner=clinic.chen
    )


def form(user: User, visit: Appointment, query: str = "", **wanted: str):
    """Open the form, or send it when something is wanted."""
    browser = Browser()
    browser.force_login(user)
    path = f"/day/visits/{visit.public_id}/move/?{query}"
    if not wanted:
        return browser.get(path)
    return browser.post(path, {"version": str(visit.version), **wanted})


def test_typed_time_and_room_move_the_visit_back_to_the_calendar(
    clinic: SmallClinic, visit: Appointment
) -> None:
    other = next(room for room in clinic.rooms if room.pk != visit.room_id)

    answer = form(
        clinic.rosa, visit, f"date=2027-06-09&room={other.pk}&back=calendar", time="11:05"
    )

    visit.refresh_from_db()
    assert answer["Location"] == "/calendar/?location=new-york&date=2027-06-09"
    assert (visit.starts_at, visit.room) == (at(date(2027, 6, 9), 11, 5), other)


def test_collision_stands_at_the_field_with_what_was_typed(
    clinic: SmallClinic, visit: Appointment
) -> None:
    rival = book_visit(
        clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 14), practitioner=clinic.chen
    )

    answer = form(clinic.rosa, visit, f"room={rival.room_id}", time="14:20", reason="She called")

    html = answer.content.decode()
    says = f"{rival.room.name} is taken from 2pm to 3:10pm (Bea Brook). Nothing was changed."
    assert (answer.status_code, says in words(answer)) == (409, True)
    assert 'value="14:20"' in html
    assert 'value="She called"' in html
    assert "Nearest free times" in words(answer)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Choose a time."),
        ("14:03", "Visits start every five minutes: 14:05, 14:10 and so on."),
        ("teatime", "Enter a time, such as 14:05."),
    ],
)
def test_time_that_makes_no_sense_is_told_at_the_field(
    clinic: SmallClinic, visit: Appointment, typed: str, says: str
) -> None:
    answer = form(clinic.rosa, visit, time=typed, reason="")

    assert answer.status_code == 422
    assert says in words(answer)


def test_practitioner_moves_own_visits_and_hands_over_none(
    clinic: SmallClinic, visit: Appointment
) -> None:
    eve = make_practitioner("Eve Ek", services=[clinic.follow_up], location=clinic.location)

    page = form(clinic.chen.user, visit)
    anybody = form(clinic.chen.user, visit, "practitioner=", time="11:00")
    handed = form(clinic.chen.user, visit, f"practitioner={eve.public_id}", time="11:00")
    strange = form(eve.user, visit, time="11:00")
    moved = form(clinic.chen.user, visit, time="11:00")

    assert "Eve Ek" not in page.content.decode()
    assert (anybody.status_code, handed.status_code, strange.status_code) == (404, 404, 404)
    visit.refresh_from_db()
    assert (moved.status_code, visit.starts_at) == (302, at(TUESDAY, 11))
    assert (visit.client_moves, visit.changed_by_clinic) == (0, True)


def test_practitioner_inside_the_notice_is_sent_to_reception(
    clinic: SmallClinic, visit: Appointment
) -> None:
    clinic.location.minimum_notice_minutes = 24 * 60
    clinic.location.save()

    answer = form(clinic.chen.user, visit, "date=2027-06-07", time="11:00", reason="Swapped")

    says = "That is inside the usual notice. Reception can move it with a reason."
    assert (answer.status_code, says in words(answer)) == (422, True)


def test_limit_of_a_course_is_named_with_the_way_to_its_own_page(clinic: SmallClinic) -> None:
    course = make_course(clinic)
    row = SessionVisit.objects.get(session__course=course, session__number=3)
    visit = Appointment.objects.with_people().get(pk=row.appointment_id)
    before = SessionVisit.objects.get(session__course=course, session__number=2).appointment
    on = before.starts_at.astimezone(visit.location_zone).date().isoformat()

    answer = form(visit.practitioner.user, visit, f"date={on}", time="16:00")

    assert answer.status_code == 409
    assert "It has to be 5 to 28 days after the session on" in words(answer)
    assert f'href="/courses/{course.public_id}/sessions/3/move/"' in answer.content.decode()


@pytest.mark.parametrize(
    "query", ["room=99999", "room=x", "back=elsewhere", "date=never", "practitioner=chen"]
)
def test_form_of_nonsense_is_not_there(clinic: SmallClinic, visit: Appointment, query: str) -> None:
    assert form(clinic.rosa, visit, query).status_code == 404
