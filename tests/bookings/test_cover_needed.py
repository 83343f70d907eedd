"""All reasons for cover: one visit each, the worst first, and as many queries for sixty."""

from datetime import date, time, timedelta

import pytest

from bookings.domain.cover import CoverReason
from bookings.models import TimeOff
from bookings.selectors.cover_needed import cover_needed
from bookings.services.time_off import take_time_off
from clinic.domain.credentials import Result
from clinic.domain.intervals import Interval
from clinic.models import RosterException, RosterHours, Service
from clinic.selectors.catalogue import catalogue
from tests.bookings.test_cover import make_copies
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_small_clinic
from tests.factories.credentials import check, make_type, verified

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def visit(clinic):
    """Book Alice with Chen on Tuesday from 10 to 11."""
    return book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10))


def found(**whose):
    return [(need.visit, need.reason) for need in cover_needed(catalogue(), NOW, **whose)]


def away(clinic, starts_at, ends_at, **target) -> TimeOff:
    target = target or {"practitioner": clinic.chen}
    kind = "closure" if "location" in target else "blocked"
    time_off = TimeOff(kind=kind, starts_at=starts_at, ends_at=ends_at, **target)
    return take_time_off(time_off=time_off, by=clinic.mia)


def set_hours(clinic, starts: int, ends: int) -> None:
    RosterHours.objects.filter(practitioner=clinic.chen).update(
        starts=time(starts), ends=time(ends)
    )


def test_visit_as_it_was_booked_needs_no_cover(visit):
    assert found() == []


@pytest.mark.parametrize(("starts", "ends"), [(8, 11), (10, 18)])
def test_time_off_over_any_client_minute_needs_cover(clinic, visit, starts, ends):
    away(clinic, at(TUESDAY, starts), at(TUESDAY, ends))

    assert found() == [(visit, CoverReason.AWAY)]


def test_time_off_that_touches_the_visit_is_nothing(clinic, visit):
    away(clinic, at(TUESDAY, 9), visit.starts_at)
    away(clinic, visit.ends_at, at(TUESDAY, 17))

    assert found() == []


def test_time_off_of_somebody_else_is_nothing(clinic, visit):
    away(clinic, at(TUESDAY, 9), at(TUESDAY, 17), practitioner=clinic.dora)
    away(clinic, at(TUESDAY, 9), at(TUESDAY, 17), room=clinic.rooms[1])

    assert found() == []


def test_blocked_room_and_closed_location_say_so(clinic, visit):
    away(clinic, at(TUESDAY, 9), at(TUESDAY, 17), room=visit.room)
    assert found() == [(visit, CoverReason.ROOM)]

    away(clinic, at(TUESDAY, 9), at(TUESDAY, 17), location=clinic.location)

    assert found() == [(visit, CoverReason.CLOSED)]


def test_location_out_of_use_needs_cover_for_a_reason_of_its_own(clinic, visit):
    type(clinic.location).objects.filter(pk=visit.location_id).update(is_active=False)

    assert found() == [(visit, CoverReason.SHUT)]


def test_room_out_of_use_needs_cover(clinic, visit):
    type(visit.room).objects.filter(pk=visit.room_id).update(is_active=False)

    assert found() == [(visit, CoverReason.ROOM)]


@pytest.mark.parametrize(
    ("starts", "ends", "reasons"),
    [(9, 17, []), (10, 11, []), (11, 17, [CoverReason.HOURS]), (9, 10, [CoverReason.HOURS])],
)
def test_visit_outside_the_weekly_hours_needs_cover(clinic, visit, starts, ends, reasons):
    set_hours(clinic, starts, ends)

    assert [reason for _visit, reason in found()] == reasons


def test_visit_over_a_break_in_the_hours_needs_cover(clinic, visit):
    for starts, ends in ((time(9), time(10, 30)), (time(10, 35), time(17))):
        RosterException.objects.create(
            practitioner=clinic.chen,
            location=clinic.location,
            date=TUESDAY,
            starts=starts,
            ends=ends,
        )

    assert found() == [(visit, CoverReason.HOURS)]


def test_hours_that_touch_are_one_stretch(clinic, visit):
    for starts, ends in ((time(9), time(10, 30)), (time(10, 30), time(17))):
        RosterException.objects.create(
            practitioner=clinic.chen,
            location=clinic.location,
            date=TUESDAY,
            starts=starts,
            ends=ends,
        )

    assert found() == []


def test_practitioner_who_left_or_offers_it_no_more_needs_cover(clinic, visit):
    clinic.chen.services.remove(clinic.follow_up)
    assert found() == [(visit, CoverReason.NOT_OFFERED)]

    type(clinic.chen).objects.filter(pk=clinic.chen.pk).update(is_active=False)

    assert found() == [(visit, CoverReason.LEFT)]


def test_service_that_is_offered_no_more_is_honoured(visit):
    Service.objects.update(is_active=False)

    assert found() == []


def test_lost_paper_is_worse_than_time_off(clinic, visit):
    licence = make_type("licence", required_by=[clinic.follow_up])
    paper = verified(licence, clinic.chen, by=clinic.mia)
    away(clinic, at(TUESDAY, 9), at(TUESDAY, 17))
    assert found() == [(visit, CoverReason.AWAY)]

    check(paper, Result.REVOKED, by=clinic.mia)

    assert found() == [(visit, CoverReason.PAPERS)]


def test_renewal_that_is_awaited_is_the_least_of_all(clinic, visit):
    insurance = make_type("insurance", required_by=[clinic.follow_up], book_past_expiry_days=60)
    verified(insurance, clinic.chen, by=clinic.mia, expires=TUESDAY - timedelta(days=1))
    assert found() == [(visit, CoverReason.RENEWAL)]

    set_hours(clinic, 12, 17)

    assert found() == [(visit, CoverReason.HOURS)]


def test_only_whom_and_what_was_asked_about_is_listed(clinic, visit):
    away(clinic, at(TUESDAY, 9), at(TUESDAY, 17))
    other_room = next(room for room in clinic.rooms if room != visit.room)
    listed = [(visit, CoverReason.AWAY)]

    assert found(practitioner_id=clinic.chen.pk) == listed
    assert found(practitioner_id=clinic.dora.pk) == []
    assert found(room_id=visit.room_id, location_id=clinic.location.pk) == listed
    assert found(room_id=other_room.pk) == []
    assert found(within=Interval(at(TUESDAY, 10, 55), at(TUESDAY, 12))) == listed
    assert found(within=Interval(at(TUESDAY, 11), at(TUESDAY, 12))) == []


@pytest.mark.parametrize("copies", [0, 2, 59])
def test_three_queries_whatever_the_number(clinic, visit, copies, django_assert_num_queries):
    make_copies(copies)
    away(clinic, at(TUESDAY, 9), at(TUESDAY, 23))
    facts = catalogue()

    with django_assert_num_queries(3):
        needs = cover_needed(facts, NOW)
        assert [need.visit.client.name for need in needs] == ["Alice Arden"] * (copies + 1)
