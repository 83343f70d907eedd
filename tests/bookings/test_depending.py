"""Which booked visits need a paper, counted by the date of their own place."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from bookings.selectors.depending import Line, count_after, visits_by_line, visits_of_line
from bookings.services.cancelling import cancel_appointment
from clinic.models import RosterHours
from tests.factories.bookings import book_visit
from tests.factories.clinic import (
    NOW,
    TODAY,
    SmallClinic,
    at,
    make_location,
    make_room,
    make_small_clinic,
)
from tests.factories.credentials import make_type, require_type, verified

pytestmark = pytest.mark.django_db
WEDNESDAY = date(2027, 6, 9)
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


def line(paper) -> Line:
    return Line.of(paper)


def test_only_visits_whose_service_requires_it_there_count(clinic):
    paper = verified(make_type(required_by=[clinic.follow_up]), clinic.chen, by=clinic.mia)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 9))
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(WEDNESDAY, 9))
    book_visit(clinic.bea, clinic.first_visit, clinic.location, at(WEDNESDAY, 11))

    dates = visits_by_line([line(paper)], NOW)[line(paper)]

    assert dates == {TODAY: 1, WEDNESDAY: 1}
    assert [row.client for row in visits_of_line(line(paper), NOW)] == [clinic.alice, clinic.bea]
    assert [row.client for row in visits_of_line(line(paper), NOW, after=TODAY)] == [clinic.bea]
    assert (count_after(dates, TODAY), count_after(dates, WEDNESDAY)) == (1, 0)


def test_type_required_twice_counts_a_visit_once(clinic):
    kind = make_type(required_by=[clinic.follow_up])
    require_type(kind, clinic.follow_up, clinic.location)
    paper = verified(kind, clinic.chen, by=clinic.mia)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 9))

    assert visits_by_line([line(paper)], NOW) == {line(paper): {TODAY: 1}}
    assert visits_of_line(line(paper), NOW).count() == 1


def test_cancelled_and_past_visits_need_nothing(clinic):
    paper = verified(make_type(required_by=[clinic.follow_up]), clinic.chen, by=clinic.mia)
    gone = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 9))
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TODAY, 11))
    cancel_appointment(appointment=gone, by=clinic.mia, now=NOW, reason="")
    evening = at(TODAY, 18)

    assert visits_by_line([line(paper)], NOW) == {line(paper): {TODAY: 1}}
    assert visits_by_line([line(paper)], evening) == {line(paper): {}}


def test_type_no_longer_in_use_breaks_nothing(clinic):
    kind = make_type(required_by=[clinic.follow_up])
    paper = verified(kind, clinic.chen, by=clinic.mia)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 9))
    kind.is_active = False
    kind.save()

    assert visits_by_line([line(paper)], NOW) == {line(paper): {}}
    assert list(visits_of_line(line(paper), NOW)) == []


def test_date_is_that_of_the_visits_own_place(clinic):
    tokyo = make_location("tokyo", "Asia/Tokyo")
    make_room(tokyo, "Room T", [clinic.follow_up])
    for hours in RosterHours.objects.filter(practitioner=clinic.chen):
        hours.pk, hours.location = None, tokyo
        hours.save()
    paper = verified(make_type(required_by=[clinic.follow_up]), clinic.chen, by=clinic.mia)
    # Nine in Tokyo on Wednesday is eight in the evening of Tuesday in New York.
    book_visit(clinic.alice, clinic.follow_up, tokyo, at(WEDNESDAY, 9, zone=TOKYO), now=NOW)

    assert visits_by_line([line(paper)], NOW) == {line(paper): {WEDNESDAY: 1}}
    assert visits_of_line(line(paper), NOW, after=WEDNESDAY - timedelta(days=1)).count() == 1
    assert visits_of_line(line(paper), NOW, after=WEDNESDAY).count() == 0


def test_premises_need_what_is_booked_there_with_anybody(clinic):
    kind = make_type(required_by=[clinic.follow_up], holder="location")
    paper = verified(kind, clinic.location, by=clinic.mia)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 9))

    assert visits_by_line([line(paper)], NOW) == {line(paper): {TODAY: 1}}


def test_three_lines_ask_as_often_as_one(clinic, django_assert_num_queries):
    kinds = [make_type(f"kind-{n}", required_by=[clinic.follow_up]) for n in range(3)]
    lines = [line(verified(kind, clinic.chen, by=clinic.mia)) for kind in kinds]
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 9))

    for wanted in (lines[:1], lines):
        with django_assert_num_queries(2):
            found = visits_by_line(wanted, NOW)
        assert found == {each: {TODAY: 1} for each in wanted}
