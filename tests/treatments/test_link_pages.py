"""New dates and a next visit by a link: looking books nothing, pressing the button books once."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from bookings.domain.lifecycle import State
from bookings.models import Appointment, StatusChange
from bookings.services.status import record_status
from clinic.messaging.links import Act, link_url
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.factories.courses import make_course, make_protocol
from tests.support.walking import text_of
from treatments.models import Course, Maintenance, Repair
from treatments.selectors.courses import view_of
from treatments.services.maintenance import end_maintenance, start_maintenance
from treatments.services.repairing import plan_repair
from treatments.services.repairs import release_repair, settle_repairs, want_repair

pytestmark = pytest.mark.django_db

HEALTH = ("course", "session", "facial", "acupuncture", "needle", "maintenance", "follow")


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    cache.clear()


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def visitor() -> Browser:
    return Browser()


def path(act, about_id, version=0, expires=None):
    url = link_url(act, about_id, version, expires or NOW + timedelta(days=90))
    return url.removeprefix("http://testserver")


def named_in(answer):
    """Health words in the page itself; the footer and the navigation are everybody's."""
    main = answer.content.decode().split("<main")[1].split("</main>")[0].lower()
    return [
        word for word in HEALTH if word in main.replace("course.css", "").replace("/repair", "")
    ]


# A proposed repair


@pytest.fixture
def repair(clinic) -> Iterator[Repair]:
    course = make_course(clinic, length=5)
    lost = view_of(Course.objects.with_people().get(pk=course.pk)).session(2).visit
    lost = Appointment.objects.with_people().get(pk=lost.pk)
    now = lost.starts_at + timedelta(minutes=30)
    with time_machine.travel(now, tick=False):
        record_status(appointment=lost, to_state=State.NO_SHOW, by=clinic.rosa, now=now)
        course = Course.objects.with_people().get(pk=course.pk)
        wanted = want_repair(course=course, number=2, cause=Repair.Cause.NO_SHOW, now=now)
        row = Repair.objects.select_related("course__client").get(pk=wanted.pk)
        yield plan_repair(repair=row, now=now)


def path_of(repair):
    return path(Act.REPAIR, repair.pk, repair.course_version)


def standing():
    return [
        list(Repair.objects.order_by("pk").values_list()),
        list(Appointment.objects.order_by("pk").values_list()),
    ]


def test_looking_five_times_books_nothing(repair, visitor):
    before = standing()

    for _ in range(5):
        assert visitor.get(path_of(repair)).status_code == 200
        assert visitor.head(path_of(repair)).status_code == 200

    assert standing() == before


def test_proposal_shows_dates_and_nothing_about_the_course(repair, visitor):
    answer = visitor.get(path_of(repair))

    words = text_of(answer)
    assert "Hello Alice" in words
    assert "We keep this for you until" in words
    assert reverse("my-repair", args=[repair.public_id]) in answer.content.decode()
    assert named_in(answer) == []


def test_yes_books_it_once_and_says_so_the_second_time(repair, visitor):
    first = visitor.post(path_of(repair))
    booked = standing()
    again = visitor.post(path_of(repair))

    repair.refresh_from_db()
    assert (first.status_code, again.status_code) == (200, 409)
    assert (repair.state, repair.answered_by) == ("accepted", None)
    assert Appointment.objects.get(pk=repair.hold_id).state == "booked"
    assert "By a link in a message" in StatusChange.objects.values_list("reason", flat=True)
    assert "Alice" not in text_of(again)
    assert standing() == booked


@pytest.mark.parametrize("end", ["released", "obsolete", "run out", "other version"])
def test_proposal_that_is_gone_says_so_and_books_nothing(end, clinic, repair, visitor):
    now = repair.made_at
    link = path_of(repair)
    if end == "released":
        release_repair(repair=repair, by=clinic.alice.user, now=now)
    elif end == "obsolete":
        settle_repairs(course=repair.course, by=None, now=now)
    elif end == "run out":
        Repair.objects.filter(pk=repair.pk).update(expires_at=now)
    else:
        link = path(Act.REPAIR, repair.pk, repair.course_version + 1)
    before = standing()

    answer = visitor.post(link)

    assert answer.status_code == 409
    assert "out of date" in text_of(answer)
    assert "Alice" not in text_of(answer)
    assert standing() == before


def test_link_to_no_proposal_is_not_complete(visitor, db):
    assert visitor.post(path(Act.REPAIR, 10**9)).status_code == 404


# A next visit


@pytest.fixture
def maintenance(clinic) -> Iterator[Maintenance]:
    make_protocol(clinic, sessions=1)
    course = make_course(clinic)
    Appointment.objects.update(state="cancelled")
    course.ending, course.ended_at = "completed", NOW
    course.save()
    with time_machine.travel(NOW, tick=False):
        start_maintenance(course=course, last_date=date(2027, 3, 15), by=None, now=NOW)
        yield Maintenance.objects.get()


def test_good_times_are_shown_and_looking_holds_none(clinic, maintenance, visitor):
    before = Appointment.objects.count()

    for _ in range(5):
        answer = visitor.get(path(Act.RECALL, maintenance.pk))
        visitor.head(path(Act.RECALL, maintenance.pk))

    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count('class="offer"') == 3
    assert "Hello Alice" in page
    assert Appointment.objects.count() == before
    assert [word for word in named_in(answer) if word not in ("follow",)] == []


def test_chosen_time_is_held_on_the_pages_of_booking(clinic, maintenance, visitor):
    page = visitor.get(path(Act.RECALL, maintenance.pk)).content.decode()
    action = page.split('<form method="post" action="')[1].split('"')[0].replace("&amp;", "&")
    time = page.split('name="time" value="')[1].split('"')[0]

    answer = visitor.post(action, {"time": time})

    assert answer.status_code == 302
    assert Appointment.objects.filter(state="held").count() == 1


def test_link_of_somebody_who_has_booked_says_so(clinic, maintenance, visitor):
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 15), 9))

    answer = visitor.get(path(Act.RECALL, maintenance.pk))

    assert answer.status_code == 409
    assert "Alice" not in text_of(answer)


def test_link_after_the_end_says_that_nothing_comes_any_more(clinic, maintenance, visitor):
    end_maintenance(maintenance=maintenance, by=clinic.alice.user, now=NOW)

    assert visitor.get(path(Act.RECALL, maintenance.pk)).status_code == 410
