"""Changed hours: looked at, saved as seen, visits kept, clocks and zones right."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from bookings.domain.cover import CoverReason
from bookings.selectors.cover_needed import cover_needed
from bookings.services.cancelling import cancel_appointment
from bookings.services.previews import PreviewChanged
from bookings.services.rosters import (
    HoursInThePast,
    WorksElsewhere,
    change_roster,
    preview_roster,
)
from clinic.domain.roster_changes import HoursOn, WeekFrom
from clinic.models import RosterException, RosterHours
from clinic.refusals import NotAllowed
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import ask, book_visit
from tests.factories.clinic import (
    NOW,
    TODAY,
    SmallClinic,
    at,
    make_location,
    make_room,
    make_small_clinic,
)

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)
WORKDAYS = (1, 2, 3, 4, 5)


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


def week(starts: int, ends: int, first: date = TUESDAY, days=WORKDAYS) -> WeekFrom:
    return WeekFrom(first, tuple((day, time(starts), time(ends % 24)) for day in days))


def look(clinic, change, **other):
    asked = {"practitioner": clinic.chen, "location": clinic.location, "by": clinic.chen.user}
    return preview_roster(change=change, now=NOW, **(asked | other))


def save(clinic, change, seen, **other):
    asked = {"practitioner": clinic.chen, "location": clinic.location, "by": clinic.chen.user}
    return change_roster(change=change, seen=seen, now=NOW, **(asked | other))


def rows(clinic) -> set[tuple]:
    return set(
        RosterHours.objects.filter(practitioner=clinic.chen).values_list(
            "weekday", "starts", "ends", "valid_from", "valid_to"
        )
    )


def test_change_breaks_the_visits_that_lie_outside_and_keeps_them(clinic):
    early = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 12))
    change = week(10, 17)

    preview = look(clinic, change)
    save(clinic, change, preview.seen)

    early.refresh_from_db()
    assert (list(preview.broken), early.state) == ([early], "booked")
    assert [(need.visit, need.reason) for need in cover_needed(catalogue(), NOW)] == [
        (early, CoverReason.HOURS)
    ]


def test_looking_changes_nothing(clinic):
    before = rows(clinic)

    look(clinic, week(10, 17))

    assert rows(clinic) == before


def test_old_hours_end_on_the_eve_and_new_ones_begin(clinic):
    change = week(10, 17, days=(1, 2))

    save(clinic, change, look(clinic, change).seen)

    old = {(day, time(9), time(17), date(2026, 1, 1), TODAY) for day in WORKDAYS}
    new = {(day, time(10), time(17), TUESDAY, None) for day in (1, 2)}
    assert rows(clinic) == old | new


def test_saving_twice_saves_once(clinic):
    change = week(10, 17)
    seen = look(clinic, change).seen

    save(clinic, change, seen)
    after = rows(clinic)
    save(clinic, change, seen)

    assert rows(clinic) == after


def test_visit_outside_already_is_not_told_again(clinic):
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    first = week(10, 17)
    save(clinic, first, look(clinic, first).seen)

    assert look(clinic, week(11, 17)).broken == ()


def test_date_off_other_hours_and_the_usual_again(clinic):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    off, short, usual = (HoursOn(TUESDAY, hours) for hours in ((), ((time(9), time(12)),), None))

    assert look(clinic, off).broken == (visit,)
    assert look(clinic, short).broken == ()
    save(clinic, short, look(clinic, short).seen)
    assert RosterException.objects.values_list("starts", "ends").get() == (time(9), time(12))
    save(clinic, usual, look(clinic, usual).seen)

    assert not RosterException.objects.exists()


def test_visit_booked_meanwhile_shows_the_preview_anew(clinic):
    change = week(10, 17)
    seen = look(clinic, change).seen
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    before = rows(clinic)

    with pytest.raises(PreviewChanged):
        save(clinic, change, seen)

    assert rows(clinic) == before


def test_visit_cancelled_meanwhile_shows_the_preview_anew(clinic):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    change = week(10, 17)
    seen = look(clinic, change).seen
    cancel_appointment(appointment=visit, by=clinic.rosa, now=NOW)

    with pytest.raises(PreviewChanged):
        save(clinic, change, seen)


def test_hours_changed_meanwhile_show_the_preview_anew(clinic):
    mine, theirs = week(10, 17), week(11, 17)
    seen = look(clinic, mine).seen
    save(clinic, theirs, look(clinic, theirs).seen)

    with pytest.raises(PreviewChanged):
        save(clinic, mine, seen)


@pytest.mark.parametrize(
    "change", [week(9, 12, TODAY - timedelta(days=1)), HoursOn(TODAY - timedelta(days=1), ())]
)
def test_past_hours_stay_as_they_were(clinic, change):
    with pytest.raises(HoursInThePast):
        look(clinic, change)


@pytest.mark.parametrize("who", ["rosa", "dora", "alice"])
def test_only_the_practitioner_and_managers_change_hours(clinic, who):
    by = getattr(clinic, who)
    by = getattr(by, "user", by)

    with pytest.raises(NotAllowed):
        look(clinic, week(10, 17), by=by)
    with pytest.raises(NotAllowed):
        save(clinic, week(10, 17), "seen", by=by)
    assert look(clinic, week(10, 17), by=clinic.mia).broken == ()


def test_hours_in_london_that_meet_those_in_new_york_are_refused(clinic):
    london = make_location("london", "Europe/London")

    # 9am in New York is 2pm in London.
    with pytest.raises(WorksElsewhere) as refused:
        look(clinic, week(9, 15), location=london)

    assert refused.value.other == clinic.location
    assert refused.value.during.starts_at == datetime(2027, 6, 8, 13, tzinfo=UTC)


def test_hours_are_those_of_each_locations_clock_through_both_clock_changes(clinic):
    london = make_location("london", "Europe/London")
    make_room(london, "Room L", [clinic.follow_up])
    change = WeekFrom(TUESDAY, tuple((day, time(8), time(10)) for day in (6, 7)))
    save(clinic, change, look(clinic, change, location=london).seen, location=london)

    def first_start(day: date, place) -> datetime:
        now = datetime(2027, 6, 7, 12, tzinfo=UTC)
        return ask(clinic.follow_up, place, day, now=now).slots()[0].starts_at

    # London goes back on 31 October 2027, New York on 7 November.
    assert first_start(date(2027, 10, 30), london) == datetime(2027, 10, 30, 7, tzinfo=UTC)
    assert first_start(date(2027, 10, 31), london) == datetime(2027, 10, 31, 8, tzinfo=UTC)
    assert first_start(date(2027, 11, 5), clinic.location) == datetime(2027, 11, 5, 13, tzinfo=UTC)
    assert first_start(date(2027, 11, 8), clinic.location) == datetime(2027, 11, 8, 14, tzinfo=UTC)


def test_visit_on_the_night_of_a_clock_change_is_judged_by_the_instant(clinic):
    # On 7 November 2027 New York shows 1am to 2am twice: from midnight to 8am it is nine hours.
    night = date(2027, 11, 7)
    change = WeekFrom(TUESDAY, ((7, time(0), time(8)),))
    save(clinic, change, look(clinic, change).seen)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(night, 7))

    assert look(clinic, HoursOn(night, ((time(0), time(8)),))).broken == ()
    assert look(clinic, HoursOn(night, ((time(0), time(7, 55)),))).broken == (visit,)


@pytest.mark.parametrize("count", [1, 3])
def test_queries_of_a_preview_do_not_grow(clinic, count, django_assert_num_queries):
    for hour in (9, 11, 13)[:count]:
        book_visit(
            clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, hour), by=clinic.rosa
        )

    with django_assert_num_queries(6):
        assert len(look(clinic, HoursOn(TUESDAY, ())).broken) == count
