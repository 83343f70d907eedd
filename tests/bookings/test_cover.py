"""The cover list: whose visits, on which dates, where; derived from the papers as they stand."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.selectors.cover import rows_to_cover, to_cover, visits_to_cover
from bookings.services.status import record_status
from clinic.domain.credentials import Result
from clinic.models import CredentialType, Practitioner
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import book_visit
from tests.factories.clinic import (
    NOW,
    at,
    make_client,
    make_location,
    make_practitioner,
    make_room,
    make_small_clinic,
)
from tests.factories.credentials import check, make_type, require_type, verified

pytestmark = pytest.mark.django_db

LAST = date(2027, 6, 9)
DAY_AFTER = date(2027, 6, 10)
LONDON = ZoneInfo("Europe/London")
SYDNEY = ZoneInfo("Australia/Sydney")


def found(now: datetime = NOW, **whose) -> list[tuple[Appointment, bool]]:
    return [(item.visit, item.awaits_renewal) for item in visits_to_cover(now, **whose)]


def test_three_practitioners_are_told_apart_by_their_papers():
    clinic = make_small_clinic(rooms=3)
    people = [clinic.chen, clinic.dora]
    people.append(make_practitioner("Emil Ek", location=clinic.location))
    licence = make_type("licence", required_by=[clinic.follow_up])
    for person in people:
        person.services.set([clinic.follow_up])
    ending, revoked, _ = (
        verified(licence, person, by=clinic.mia, expires=date(2027, 12, 31)) for person in people
    )
    clients = [make_client(f"C{number} X") for number in range(3)]
    visits = [
        book_visit(client, clinic.follow_up, clinic.location, at(day, 10), practitioner=person)
        for client, person in zip(clients, people, strict=True)
        for day in (LAST, DAY_AFTER)
    ]

    check(revoked, Result.REVOKED, by=clinic.mia)
    check(ending, Result.SUSPENDED, by=clinic.mia)
    verified(licence, people[0], by=clinic.mia, expires=LAST)

    assert found() == [(visits[2], False), (visits[1], False), (visits[3], False)]
    assert found(practitioner_id=people[0].pk) == [(visits[1], False)]


@pytest.mark.parametrize(
    ("slug", "name", "zone"), [("london", "Europe/London", LONDON), ("syd", str(SYDNEY), SYDNEY)]
)
def test_last_valid_date_is_the_date_at_the_location(slug, name, zone):
    clinic = make_small_clinic()
    place = make_location(slug, name)
    make_room(place, "Room A", [clinic.follow_up])
    licence = make_type("licence", required_by=[clinic.follow_up])
    person = make_practitioner(
        "Emil Ek", services=[clinic.follow_up], location=place, hours=((0, 24),)
    )
    paper = verified(licence, person, by=clinic.mia, expires=date(2027, 12, 31))
    late = book_visit(clinic.alice, clinic.follow_up, place, at(LAST, 22, zone=zone))
    early = book_visit(clinic.bea, clinic.follow_up, place, at(DAY_AFTER, 0, zone=zone))

    check(paper, Result.REVOKED, by=clinic.mia)
    verified(licence, person, by=clinic.mia, expires=LAST)

    assert late.ends_at < early.starts_at
    assert found() == [(early, False)]


def test_visit_subject_to_renewal_is_listed_fourteen_days_before():
    clinic = make_small_clinic()
    insurance = make_type("insurance", required_by=[clinic.follow_up], book_past_expiry_days=120)
    verified(insurance, clinic.chen, by=clinic.mia, expires=LAST)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 30), 10))

    assert found(at(date(2027, 6, 15), 23, 59)) == []
    assert found(at(date(2027, 6, 16), 0)) == [(visit, True)]


def test_renewal_in_time_takes_the_visit_off_the_list():
    clinic = make_small_clinic()
    insurance = make_type("insurance", required_by=[clinic.follow_up], book_past_expiry_days=120)
    verified(insurance, clinic.chen, by=clinic.mia, expires=LAST)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(DAY_AFTER, 10))

    verified(insurance, clinic.chen, by=clinic.mia, issued=DAY_AFTER, expires=date(2028, 6, 9))

    assert found() == []


def test_location_whose_permit_was_revoked_needs_cover_for_all():
    clinic = make_small_clinic()
    permit = make_type(
        "permit", required_by=[clinic.follow_up], location=clinic.location, holder="location"
    )
    paper = verified(permit, clinic.location, by=clinic.mia)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(LAST, 10))

    check(paper, Result.REVOKED, by=clinic.mia)

    assert found() == [(visit, False)]


def test_new_requirement_asks_about_visits_that_are_booked_already():
    clinic = make_small_clinic()
    licence = make_type("licence")
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(LAST, 10))

    require_type(licence, clinic.follow_up)
    assert found() == [(visit, False)]
    CredentialType.objects.update(is_active=False)

    assert found() == []


def test_visits_of_somebody_who_left_are_still_asked_about():
    clinic = make_small_clinic()
    licence = make_type("licence", required_by=[clinic.follow_up])
    paper = verified(licence, clinic.chen, by=clinic.mia)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(LAST, 10))

    Practitioner.objects.filter(pk=clinic.chen.pk).update(is_active=False)
    assert found() == []
    check(paper, Result.REVOKED, by=clinic.mia)

    assert found() == [(visit, False)]


@pytest.mark.parametrize(
    ("state", "is_listed"),
    [(State.ARRIVED, True), (State.NO_SHOW, False), (State.NOT_TREATED, False)],
)
def test_only_visits_that_have_yet_to_start_are_listed(state, is_listed):
    clinic = make_small_clinic()
    licence = make_type("licence", required_by=[clinic.follow_up])
    paper = verified(licence, clinic.chen, by=clinic.mia)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(LAST, 10))
    now = visit.starts_at + timedelta(minutes=1)
    if state is State.NOT_TREATED:
        record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.rosa, now=now)
    record_status(appointment=visit, to_state=state, by=clinic.rosa, now=now)

    check(paper, Result.REVOKED, by=clinic.mia)

    assert bool(found(now)) == is_listed
    assert bool(to_cover(visit, catalogue(), now)) == is_listed


def test_visit_that_is_over_needs_no_cover():
    clinic = make_small_clinic()
    licence = make_type("licence", required_by=[clinic.follow_up])
    paper = verified(licence, clinic.chen, by=clinic.mia)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(LAST, 10))
    check(paper, Result.REVOKED, by=clinic.mia)

    assert found(visit.ends_at - timedelta(minutes=1)) == [(visit, False)]
    assert found(visit.ends_at) == []
    assert to_cover(visit, catalogue(), visit.ends_at) is None


def make_copies(count: int) -> None:
    """Copy the one visit there is, each copy five minutes later than the one before."""
    names = [
        field.column
        for field in Appointment._meta.concrete_fields
        if field.column not in ("id", "public_id", "starts_at", "ends_at")
    ]
    same = ", ".join(names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO bookings_appointment (public_id, starts_at, ends_at, {same})"
            " SELECT gen_random_uuid(), starts_at + n * interval '5 minutes',"
            f" ends_at + n * interval '5 minutes', {same}"
            " FROM bookings_appointment, generate_series(1, %s) AS n",
            [count],
        )


def test_hundred_thousand_visits_ahead_are_two_queries_and_few_rows(django_assert_num_queries):
    clinic = make_small_clinic()
    licence = make_type("licence", required_by=[clinic.follow_up])
    paper = verified(licence, clinic.chen, by=clinic.mia)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(LAST, 10))
    make_copies(100_000)
    check(paper, Result.REVOKED, by=clinic.mia)
    verified(licence, clinic.chen, by=clinic.mia, issued=DAY_AFTER, expires=date(2030, 1, 1))
    facts = catalogue()

    with django_assert_num_queries(2):
        rows = list(rows_to_cover(facts, NOW))

    midnight = at(DAY_AFTER, 0)
    assert rows[0] == visit
    assert len(rows) == (midnight - visit.starts_at) // timedelta(minutes=5)
    assert rows[-1].starts_at < midnight


def test_nothing_in_question_is_one_query(django_assert_num_queries):
    clinic = make_small_clinic()
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(LAST, 10))
    facts = catalogue()

    with django_assert_num_queries(1):
        assert list(rows_to_cover(facts, NOW)) == []
