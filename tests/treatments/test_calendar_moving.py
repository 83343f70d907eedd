"""A visit dropped in the calendar: moved, or left where it was with the reason in words."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client as Browser

from bookings.models import Appointment, TimeOff
from bookings.services.time_off import take_time_off
from clinic.models import Message, User
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_practitioner, make_small_clinic
from tests.factories.courses import make_course
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
    return book(clinic, clinic.alice, at(TUESDAY, 9))


def book(clinic: SmallClinic, client: Any, starts_at: datetime) -> Appointment:
    return book_visit(
        client, clinic.follow_up, clinic.location, starts_at, practitioner=clinic.chen
    )


def ask(user: User, visit: Appointment, starts_at: str, how: str = "post", **more: Any) -> Any:
    """Drop a visit at a local time of the location; `how` "get" only looks."""
    browser = Browser()
    browser.force_login(user)
    wanted = {"starts_at": starts_at, "version": f"{visit.version}-{visit.room_id}", **more}
    return getattr(browser, how)(f"/calendar/visits/{visit.public_id}/move/", wanted)


def refusal(answer: HttpResponse) -> tuple[int, str, str]:
    """Return status, code and words of a no, which must be a problem document."""
    assert answer["Content-Type"] == "application/problem+json", answer.content
    document = answer.json()  # type: ignore[attr-defined]
    return answer.status_code, document["code"], document["detail"]


def stands(visit: Appointment) -> tuple[datetime, int, int]:
    visit.refresh_from_db()
    return visit.starts_at, visit.room_id, visit.version


def test_drop_is_asked_about_before_anything_is_written(
    clinic: SmallClinic, visit: Appointment
) -> None:
    answer = ask(clinic.rosa, visit, "2027-06-09T11:05", "get")

    asked = answer.json()
    assert asked["words"] == (
        f"Move Alice Arden from Tue 8 Jun, 9am to Wed 9 Jun, 11:05am with Chen Li,"
        f" {visit.room.name}?"
    )
    assert (asked["tells"], asked["needs_reason"]) == ("The client is told.", False)
    assert stands(visit) == (at(TUESDAY, 9), visit.room_id, 0)


def test_drop_moves_and_undo_moves_back_without_a_word(
    clinic: SmallClinic, visit: Appointment
) -> None:
    Message.objects.all().delete()
    room = visit.room_id
    moved = ask(clinic.rosa, visit, "2027-06-09T11:05").json()
    assert stands(visit) == (at(date(2027, 6, 9), 11, 5), room, 1)

    undone = ask(clinic.rosa, visit, **moved["undo"])

    assert undone.status_code == 200
    assert stands(visit) == (at(TUESDAY, 9), room, 2)
    assert moved["words"].startswith("Alice Arden moved to Wednesday 9 June, 11:05am with Chen Li")
    assert not Message.objects.filter(state="waiting").exists()


def test_drop_into_a_room_takes_that_room(clinic: SmallClinic, visit: Appointment) -> None:
    other = next(room for room in clinic.rooms if room.pk != visit.room_id)

    asked = ask(clinic.rosa, visit, "2027-06-08T09:00", "get", room=other.pk).json()
    ask(clinic.rosa, visit, "2027-06-08T09:00", room=other.pk)

    assert asked["tells"] == "Only the room changes, so the client gets no message."
    assert stands(visit) == (at(TUESDAY, 9), other.pk, 0)


def test_drop_where_it_is_asks_nothing(clinic: SmallClinic, visit: Appointment) -> None:
    asked = ask(clinic.rosa, visit, "2027-06-08T09:00", "get", room=visit.room_id)

    assert asked.json()["nothing"]


def test_collision_says_with_what(clinic: SmallClinic, visit: Appointment) -> None:
    rival = book(clinic, clinic.bea, at(TUESDAY, 14))

    busy = ask(clinic.rosa, visit, "2027-06-08T14:05")
    room = ask(clinic.rosa, visit, "2027-06-08T14:20", room=rival.room_id)

    says = "Chen Li is busy from 2pm to 2:20pm (Bea Brook)."
    assert refusal(busy) == (409, "slot_taken", says)
    says = f"{rival.room.name} is taken from 2pm to 3:10pm (Bea Brook)."
    assert refusal(room) == (409, "slot_taken", says)
    assert stands(visit) == (at(TUESDAY, 9), visit.room_id, 0)


def test_collision_with_anothers_client_keeps_the_name(
    clinic: SmallClinic, visit: Appointment
) -> None:
    eve = make_practitioner("Eve Ek", services=[clinic.follow_up], location=clinic.location)
    rival = book_visit(
        clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 14), practitioner=eve
    )

    answer = ask(clinic.chen.user, visit, "2027-06-08T14:00", room=rival.room_id)

    says = f"{rival.room.name} is taken from 2pm to 3:10pm."
    assert refusal(answer) == (409, "slot_taken", says)


def test_absence_hours_and_papers_are_named(clinic: SmallClinic, visit: Appointment) -> None:
    off = TimeOff(
        kind="away", practitioner=clinic.chen, starts_at=at(TUESDAY, 12), ends_at=at(TUESDAY, 14)
    )
    take_time_off(time_off=off, by=clinic.mia)

    away = refusal(ask(clinic.rosa, visit, "2027-06-08T12:30"))
    late = refusal(ask(clinic.rosa, visit, "2027-06-08T16:30"))
    sunday = refusal(ask(clinic.rosa, visit, "2027-06-13T10:00"))
    over = refusal(ask(clinic.rosa, visit, "2027-06-07T07:00"))
    person = str(clinic.dora.public_id)
    unfit = refusal(ask(clinic.rosa, visit, "2027-06-08T10:00", practitioner=person))

    assert away == (409, "slot_taken", "Chen Li is away from midday to 2pm.")
    assert late == (409, "slot_taken", "Chen Li works 9am to 5pm on Tuesday 8 June.")
    assert sunday == (409, "slot_taken", "Chen Li does not work on Sunday 13 June.")
    assert over[:2] == (422, "outside_notice")
    assert over[2].startswith("That time is over.")
    assert unfit == (422, "not_bookable", "Dora Novak does not offer this visit here.")


def test_inside_the_notice_the_desk_gives_a_reason(clinic: SmallClinic, visit: Appointment) -> None:
    clinic.location.minimum_notice_minutes = 24 * 60
    clinic.location.save()

    asked = ask(clinic.rosa, visit, "2027-06-07T11:00", "get").json()
    without = ask(clinic.rosa, visit, "2027-06-07T11:00")
    practitioner = ask(clinic.chen.user, visit, "2027-06-07T11:00", reason="Swapped")
    moved = ask(clinic.rosa, visit, "2027-06-07T11:00", reason="She called")

    assert (asked["needs_reason"], asked["why"]) == (True, "That is inside the usual notice.")
    assert refusal(without)[:2] == (422, "outside_notice")
    assert refusal(practitioner) == (
        422,
        "outside_notice",
        "That is inside the usual notice. Reception can move it with a reason.",
    )
    assert moved.status_code == 200
    assert visit.status_changes.filter(reason="She called").count() == 1


def test_second_of_two_drops_hears_where_it_is(clinic: SmallClinic, visit: Appointment) -> None:
    room = visit.room.name
    stale = Appointment.objects.get(pk=visit.pk)
    ask(clinic.mia, visit, "2027-06-08T11:00")

    answer = ask(clinic.rosa, stale, "2027-06-08T15:00")

    assert refusal(answer) == (
        409,
        "already_changed",
        "Somebody moved this visit a moment ago."
        f" It is now Tuesday 8 June, 11am with Chen Li, {room}.",
    )
    assert stands(visit)[0] == at(TUESDAY, 11)


def test_only_the_own_practitioner_and_the_desk_move(
    clinic: SmallClinic, visit: Appointment
) -> None:
    eve = make_practitioner("Eve Ek", services=[clinic.follow_up], location=clinic.location)

    other = ask(eve.user, visit, "2027-06-08T11:00")
    client = ask(clinic.alice.user, visit, "2027-06-08T11:00")
    handed = ask(clinic.chen.user, visit, "2027-06-08T11:00", practitioner=str(eve.public_id))
    own = ask(clinic.chen.user, visit, "2027-06-08T11:00")

    assert (other.status_code, client.status_code, own.status_code) == (404, 404, 200)
    says = "Only reception can hand a visit to a colleague."
    assert refusal(handed) == (403, "forbidden", says)


def test_session_stays_within_the_limits_of_its_course(clinic: SmallClinic) -> None:
    course = make_course(clinic)
    row = SessionVisit.objects.filter(session__course=course, session__number=3).get()
    visit = Appointment.objects.with_people().get(pk=row.appointment_id)
    before = SessionVisit.objects.get(session__course=course, session__number=2).appointment
    too_near = before.starts_at.astimezone(visit.location_zone).date().isoformat()

    answer = ask(clinic.rosa, visit, f"{too_near}T16:00", reason="Please")

    status, code, says = refusal(answer)
    assert (status, code) == (409, "breaks_course")
    assert says.startswith("Session 3 of the course can't be there. It has to be 5 to 28 days")
    link = answer.json()["link"]["url"]
    assert link == f"/courses/{course.public_id}/sessions/3/move/"
    assert stands(visit)[2] == 0


@pytest.mark.parametrize(
    "wanted",
    [
        {"starts_at": ""},
        {"starts_at": "2027-06-08T11:03"},
        {"starts_at": "9999-12-31T23:59"},
        {"starts_at": "\0"},
        {"starts_at": "2027-06-08T11:00", "version": "x"},
        {"starts_at": "2027-06-08T11:00", "room": "9" * 30},
        {"starts_at": "2027-06-08T11:00", "room": "987654"},
        {"starts_at": "2027-06-08T11:00", "practitioner": "chen"},
        {"starts_at": "2027-06-08T11:00", "reason": "x" * 301},
    ],
)
@pytest.mark.parametrize("how", ["get", "post"])
def test_junk_is_refused_with_words(
    clinic: SmallClinic, visit: Appointment, wanted: dict[str, str], how: str
) -> None:
    answer = ask(clinic.rosa, visit, how=how, **wanted)

    assert refusal(answer)[:2] == (422, "invalid")
    assert stands(visit)[2] == 0


def test_arrived_visit_is_not_moved(clinic: SmallClinic, visit: Appointment) -> None:
    Appointment.objects.filter(pk=visit.pk).update(state="arrived")

    answer = ask(clinic.rosa, visit, "2027-06-08T11:00")

    assert refusal(answer)[:2] == (409, "already_changed")
