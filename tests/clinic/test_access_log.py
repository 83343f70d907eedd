"""Who looked at a client's record: kept once in ten minutes, and never altered."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from bookings.services.merging import merge_clients
from clinic.models import AccessLog
from clinic.selectors.access_log import looks_at
from clinic.services.access_log import record_look
from tests.factories.admin import change_url, manager_browser
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, at, make_client, make_small_clinic
from tests.factories.courses import make_course
from tests.support.desk import signed_in, words
from treatments.services.maintenance import start_maintenance

pytestmark = pytest.mark.django_db

Kind = AccessLog.Kind


@pytest.fixture
def clinic() -> Iterator:
    with time_machine.travel(NOW, tick=False):
        yield make_small_clinic()


def kept(client):
    return [(look.by.get_short_name(), look.kind, look.at) for look in looks_at(client)]


def look(clinic, minutes, *, kind=Kind.CARD, by=None):
    at_ = NOW + timedelta(minutes=minutes)
    record_look(client=clinic.alice, kind=kind, by=by or clinic.rosa, now=at_)


def test_second_look_within_ten_minutes_adds_nothing(clinic):
    look(clinic, 0)
    look(clinic, 9)

    assert kept(clinic.alice) == [("Rosa", "card", NOW)]


def test_look_after_ten_minutes_at_another_page_or_by_another_person_is_kept(clinic):
    look(clinic, 0)
    look(clinic, 10)
    look(clinic, 0, kind=Kind.VISIT)
    look(clinic, 0, by=clinic.mia)

    assert sorted(kept(clinic.alice)) == [
        ("Mia", "card", NOW),
        ("Rosa", "card", NOW),
        ("Rosa", "card", NOW + timedelta(minutes=10)),
        ("Rosa", "visit", NOW),
    ]


def test_card_visit_and_form_are_kept_with_whoever_opened_them(clinic):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))
    card = f"/clients/{clinic.alice.public_id}/"

    signed_in(clinic.rosa).get(card)
    signed_in(clinic.rosa).get(f"{card}edit/")
    signed_in(clinic.chen.user).get(f"/day/visits/{visit.public_id}/")
    signed_in(clinic.chen.user).get("/clients/")

    assert sorted(kept(clinic.alice)) == [
        ("Chen", "visit", NOW),
        ("Rosa", "card", NOW),
        ("Rosa", "details", NOW),
    ]


def test_every_page_about_one_client_is_kept(clinic):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 15))
    course = make_course(clinic)
    start_maintenance(course=course, last_date=TODAY, by=None, now=NOW)
    kept_up = course.client.maintenance.get()
    pages = {
        f"/courses/{course.public_id}/": "course",
        f"/courses/{course.public_id}/sessions/3/move/": "course",
        f"/courses/{course.public_id}/length/": "course",
        f"/me/courses/{course.public_id}/print/": "course",
        f"/me/courses/{course.public_id}/calendar.ics": "course",
        f"/maintenance/{kept_up.public_id}/": "course",
        f"/day/visits/{visit.public_id}/move/": "visit",
        f"/day/visits/{visit.public_id}/cancel/": "visit",
        f"/day/book/?client={clinic.alice.public_id}": "card",
        f"/clients/{clinic.alice.public_id}/messages/": "messages",
        f"/messages/?client={clinic.alice.public_id}": "messages",
        f"/clients/{clinic.bea.public_id}/merge/?other={clinic.alice.public_id}": "details",
    }
    person = signed_in(clinic.mia)

    found = {}
    for number, page in enumerate(pages):
        with time_machine.travel(NOW + timedelta(minutes=10 * number), tick=False):
            assert person.get(page).status_code == 200
            found[page] = AccessLog.objects.filter(client=clinic.alice).latest("pk").kind

    assert found == pages
    assert AccessLog.objects.filter(client=clinic.alice).count() == len(pages)


def test_own_pages_of_a_client_are_no_looks(clinic):
    course = make_course(clinic)

    for page in ("", "print/", "booked/"):
        signed_in(clinic.alice.user).get(f"/me/courses/{course.public_id}/{page}")

    assert kept(clinic.alice) == []


def test_page_that_was_not_shown_is_not_kept(clinic):
    for person in (clinic.dora.user, clinic.bea.user):
        assert signed_in(person).get(f"/clients/{clinic.alice.public_id}/").status_code == 404

    assert kept(clinic.alice) == []


def test_card_shown_again_with_a_mistake_is_kept(clinic):
    answer = signed_in(clinic.rosa).post(f"/clients/{clinic.alice.public_id}/notes/", {})

    assert answer.status_code == 422
    assert kept(clinic.alice) == [("Rosa", "card", NOW)]


def test_every_change_of_details_is_kept(clinic):
    for name in ("Alice Ash", "Alice Ashe"):
        signed_in(clinic.rosa).post(f"/clients/{clinic.alice.public_id}/edit/", {"name": name})

    assert kept(clinic.alice) == [("Rosa", "changed", NOW)] * 2


def test_form_and_change_in_the_admin_are_kept(clinic):
    browser = manager_browser(clinic.mia)
    page = change_url("clinic_client", clinic.alice)

    browser.get(page)
    browser.post(page, {"name": "Alice Ash", "email": "", "phone": ""})

    clinic.alice.refresh_from_db()
    assert clinic.alice.name == "Alice Ash"
    assert sorted(kept(clinic.alice)) == [("Mia", "changed", NOW), ("Mia", "details", NOW)]


def test_merging_is_kept_and_brings_the_looks_at_the_other_record(clinic):
    twin = make_client("Alice A.", login=False)
    record_look(client=twin, kind=Kind.CARD, by=clinic.rosa, now=NOW)

    merge_clients(keep=clinic.alice, merge=twin, by=clinic.mia, now=NOW)

    assert sorted(kept(clinic.alice)) == [("Mia", "merged", NOW), ("Rosa", "card", NOW)]


def test_only_managers_read_who_looked(clinic):
    look(clinic, -30)
    url = f"/clients/{clinic.alice.public_id}/"

    manager, desk = (words(signed_in(user).get(url)) for user in (clinic.mia, clinic.rosa))

    assert "Who looked at this record Rosa Reed client card, Monday 7 June, 7:30am" in manager
    assert "Who looked" not in desk


def test_looks_are_append_only_in_the_database(clinic):
    look(clinic, 0)

    for statement in ("UPDATE clinic_accesslog SET kind = 'visit'", "DELETE FROM clinic_accesslog"):
        with (
            pytest.raises(IntegrityError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


@pytest.mark.parametrize(("kind", "window_at"), [("card", None), ("changed", NOW), ("x", NOW)])
def test_look_of_another_shape_is_refused_by_the_database(kind, window_at, clinic):
    row = AccessLog(client=clinic.alice, by=clinic.rosa, kind=kind, at=NOW, window_at=window_at)

    with pytest.raises(IntegrityError, match="access_kind_known"), transaction.atomic():
        row.save()
