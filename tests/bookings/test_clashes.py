"""What stands in the way of a visit is just what the search refuses, thing by thing."""

from datetime import date, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from bookings.models import Appointment
from bookings.selectors.clashes import Obstacle, clashes_at
from bookings.selectors.slots import free_time
from bookings.services.claiming import on_the_day_of
from bookings.services.moving import keeping_start, move_question
from clinic.models import Client
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_location, make_small_clinic

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


def book(clinic: SmallClinic, client: Client, hour: int) -> Appointment:
    visit = book_visit(client, clinic.follow_up, clinic.location, at(TUESDAY, hour))
    return Appointment.objects.with_people().get(pk=visit.pk)


def obstacles(visit: Appointment, starts_at: datetime) -> list[Obstacle]:
    facts = catalogue()
    question = move_question(
        appointment=visit, catalogue=facts, practitioner_id=visit.practitioner_id
    )
    person = facts.practitioners[visit.practitioner_id]
    found = clashes_at(keeping_start(question), person, starts_at, NOW)
    return [clash.obstacle for clash in found]


def test_nothing_is_in_the_way_just_where_the_search_is_free(clinic: SmallClinic) -> None:
    visit = book(clinic, clinic.alice, 9)
    for client, hour in ((clinic.bea, 11), (clinic.bea, 14)):
        book(clinic, client, hour)
    question = move_question(
        appointment=visit, catalogue=catalogue(), practitioner_id=visit.practitioner_id
    )

    starts = [at(TUESDAY, 8) + timedelta(minutes=5) * number for number in range(120)]
    free = free_time(on_the_day_of(keeping_start(question), starts[0]), NOW)
    clear = [start for start in starts if not obstacles(visit, start)]

    assert clear == [start for start in starts if free.practitioners_at(start)]
    assert 40 < len(clear) < 100


def test_one_query_whatever_is_in_the_way(
    clinic: SmallClinic, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    visit = book(clinic, clinic.alice, 9)
    book(clinic, clinic.bea, 14)
    catalogue()

    with django_assert_num_queries(2):  # the version of the catalogue, the reservations
        obstacles(visit, at(TUESDAY, 14))
    with django_assert_num_queries(2):
        obstacles(visit, at(TUESDAY, 11))


def test_full_lanes_are_named_when_hands_are_free() -> None:
    clinic = make_small_clinic(lanes=1, rooms=2)
    visit = book(clinic, clinic.alice, 9)
    book(clinic, clinic.bea, 14)

    assert obstacles(visit, at(TUESDAY, 14, 20)) == [Obstacle.LANES]


def test_mark_against_needling_is_in_the_way(clinic: SmallClinic) -> None:
    visit = book(clinic, clinic.alice, 9)
    Client.objects.filter(pk=clinic.alice.pk).update(no_needling_before=date(2027, 6, 20))
    visit = Appointment.objects.with_people().get(pk=visit.pk)

    assert obstacles(visit, at(TUESDAY, 11)) == [Obstacle.NO_NEEDLING]


def test_second_pass_of_a_repeated_hour_is_no_time(clinic: SmallClinic) -> None:
    visit = book(clinic, clinic.alice, 9)
    second_pass = datetime.fromisoformat("2027-11-07T06:30:00+00:00")

    assert Obstacle.NO_SUCH_TIME in obstacles(visit, second_pass)
    assert Obstacle.NO_SUCH_TIME not in obstacles(visit, second_pass - timedelta(hours=1))


def test_other_location_is_not_offered(clinic: SmallClinic) -> None:
    visit = book(clinic, clinic.alice, 9)
    elsewhere = make_location("san-francisco", "America/Los_Angeles")
    visit.location_id = elsewhere.pk

    assert obstacles(visit, at(TUESDAY, 11))[0] is Obstacle.NOT_OFFERED
