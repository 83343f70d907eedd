"""How many visits of 20 + 25 + 15 (+ 10) fit into four hours, booked as the public books."""

from datetime import date, timedelta

import pytest

from bookings.models import Appointment, Reservation, TimeOff
from bookings.refusals import SlotTaken
from bookings.services.booking import book
from bookings.services.cancelling import cancel_appointment
from bookings.services.holding import place_hold
from bookings.services.lanes import LanesNeeded, set_lanes
from bookings.services.time_off import take_time_off
from clinic.models import RosterHours
from tests.factories.bookings import ask, book_visit, wish
from tests.factories.clinic import (
    FOLLOW_UP_SEGMENTS,
    NEW_YORK,
    NOW,
    at,
    make_client,
    make_location,
    make_practitioner,
    make_room,
    make_service,
    make_small_clinic,
)

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)


def fill_morning(*, lanes: int, rooms: int) -> list[Appointment]:
    """Book the first listed time again and again until four hours are full."""
    location = make_location()
    service = make_service("follow-up", FOLLOW_UP_SEGMENTS)
    for number in range(rooms):
        make_room(location, f"Room {number}", [service])
    make_practitioner(
        "Chen Li", services=[service], location=location, lanes=lanes, hours=((9, 13),)
    )
    visits = []
    while slots := ask(service, location, TUESDAY).slots():
        client = make_client(f"Client{len(visits)} Test")
        visits.append(book_visit(client, service, location, slots[0].starts_at))
    return visits


def times(visits: list[Appointment]) -> list[str]:
    return [f"{visit.starts_at.astimezone(NEW_YORK):%H:%M}" for visit in visits]


def test_two_lanes_and_two_rooms_take_six():
    visits = fill_morning(lanes=2, rooms=2)

    assert times(visits) == ["09:00", "09:20", "10:20", "10:40", "11:40", "12:00"]
    assert max(visit.ends_at for visit in visits) == at(TUESDAY, 13)


def test_one_lane_takes_four():
    assert times(fill_morning(lanes=1, rooms=2)) == ["09:00", "10:00", "11:00", "12:00"]


def test_one_room_takes_three():
    assert times(fill_morning(lanes=2, rooms=1)) == ["09:00", "10:15", "11:30"]


@pytest.mark.parametrize(("lanes", "third"), [(2, at(TUESDAY, 10, 5)), (3, at(TUESDAY, 9, 10))])
def test_never_more_clients_in_treatment_than_lanes(lanes, third):
    clinic = make_small_clinic(lanes=lanes, rooms=4)
    long_rest = make_service(
        "long-rest", (("insertion", 5, "pcr"), ("retention", 50, "cr"), ("removal", 5, "pcr"))
    )
    clinic.chen.services.add(long_rest)
    for room in clinic.rooms:
        room.services.add(long_rest)
    book_visit(clinic.alice, long_rest, clinic.location, at(TUESDAY, 9))
    book_visit(clinic.bea, long_rest, clinic.location, at(TUESDAY, 9, 5))

    starts = [slot.starts_at for slot in ask(long_rest, clinic.location, TUESDAY).slots()]

    assert min(starts) == third


def test_two_first_visits_never_overlap():
    clinic = make_small_clinic(lanes=2, rooms=4)
    book_visit(clinic.alice, clinic.first_visit, clinic.location, at(TUESDAY, 9))

    with pytest.raises(SlotTaken):
        book_visit(clinic.bea, clinic.first_visit, clinic.location, at(TUESDAY, 9, 45))
    visit = book_visit(clinic.bea, clinic.first_visit, clinic.location, at(TUESDAY, 10, 30))

    assert visit.starts_at == at(TUESDAY, 10, 30)


def test_no_client_under_needles_across_a_break_of_the_roster():
    clinic = make_small_clinic()
    RosterHours.objects.all().delete()
    for starts, ends in (("09:00", "10:00"), ("10:30", "12:00")):
        RosterHours.objects.create(
            practitioner=clinic.chen,
            location=clinic.location,
            weekday=2,
            starts=starts,
            ends=ends,
            valid_from=date(2027, 1, 1),
        )

    starts = [slot.starts_at for slot in ask(clinic.follow_up, clinic.location, TUESDAY).slots()]

    assert starts == [
        at(TUESDAY, 9),
        at(TUESDAY, 10, 30),
        at(TUESDAY, 10, 45),
        at(TUESDAY, 11),
    ]


def test_no_client_under_needles_across_time_off():
    clinic = make_small_clinic()
    away = TimeOff(
        kind="away",
        practitioner=clinic.chen,
        starts_at=at(TUESDAY, 9, 30),
        ends_at=at(TUESDAY, 9, 40),
    )
    take_time_off(time_off=away, by=clinic.rosa)

    with pytest.raises(SlotTaken):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9, 15))


def test_no_client_under_needles_while_the_practitioner_is_elsewhere():
    clinic = make_small_clinic()
    uptown = make_location("uptown")
    make_room(uptown, "Room", [clinic.follow_up])
    RosterHours.objects.filter(weekday=2).delete()
    for place, starts, ends in ((clinic.location, "09:00", "10:00"), (uptown, "10:00", "11:00")):
        RosterHours.objects.create(
            practitioner=clinic.chen,
            location=place,
            weekday=2,
            starts=starts,
            ends=ends,
            valid_from=date(2027, 1, 1),
        )

    here = [slot.starts_at for slot in ask(clinic.follow_up, clinic.location, TUESDAY).slots()]
    there = [slot.starts_at for slot in ask(clinic.follow_up, uptown, TUESDAY).slots()]

    assert (here, there) == ([at(TUESDAY, 9)], [at(TUESDAY, 10)])


def lanes_taken(visit: Appointment) -> list[int]:
    rows = Reservation.objects.filter(appointment=visit, resource__kind="lane")
    return sorted(rows.values_list("resource__lane__number", flat=True))


def test_a_new_lane_is_taken_by_first_visits_that_are_booked():
    clinic = make_small_clinic(lanes=1)
    visit = book_visit(clinic.alice, clinic.first_visit, clinic.location, at(TUESDAY, 9))

    set_lanes(practitioner=clinic.chen, lanes=3, by=clinic.mia, now=NOW)

    assert lanes_taken(visit) == [1, 2, 3]


def test_fewer_lanes_are_refused_with_the_visits_in_the_way():
    clinic = make_small_clinic(lanes=2)
    first = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    second = book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9, 20))

    with pytest.raises(LanesNeeded) as refusal:
        set_lanes(practitioner=clinic.chen, lanes=1, by=clinic.mia, now=NOW)

    assert refusal.value.in_the_way == [second]
    assert (lanes_taken(first), lanes_taken(second)) == ([1], [2])
    assert clinic.chen.lanes.count() == 2


def test_fewer_lanes_move_visits_into_those_that_stay():
    clinic = make_small_clinic(lanes=2)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    second = book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9, 20))
    later = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 12))
    cancel_appointment(appointment=second, by=clinic.rosa, now=NOW)

    set_lanes(practitioner=clinic.chen, lanes=1, by=clinic.mia, now=NOW)

    assert lanes_taken(later) == [1]
    assert clinic.chen.lanes.count() == 1


def test_a_new_lane_is_off_when_the_practitioner_is():
    clinic = make_small_clinic(lanes=1)
    away = TimeOff(
        kind="away",
        practitioner=clinic.chen,
        starts_at=at(TUESDAY, 9),
        ends_at=at(TUESDAY, 17),
    )
    take_time_off(time_off=away, by=clinic.rosa)

    set_lanes(practitioner=clinic.chen, lanes=2, by=clinic.mia, now=NOW)

    new = clinic.chen.lanes.get(number=2)
    rows = Reservation.objects.of_resources([new.resource_id])
    assert [(row.during.lower, row.during.upper) for row in rows] == [
        (at(TUESDAY, 9), at(TUESDAY, 17))
    ]


def test_hold_that_ran_out_does_not_keep_a_lane():
    clinic = make_small_clinic(lanes=2)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    hold = wish(clinic.follow_up, clinic.location, at(TUESDAY, 9, 20))
    place_hold(wish=hold, client=None, now=NOW)

    set_lanes(practitioner=clinic.chen, lanes=1, by=clinic.mia, now=NOW + timedelta(minutes=10))

    assert clinic.chen.lanes.count() == 1


def test_visits_running_now_stay_in_their_lane():
    clinic = make_small_clinic(lanes=2)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    second = book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9, 20))

    set_lanes(practitioner=clinic.chen, lanes=3, by=clinic.mia, now=at(TUESDAY, 10, 5))

    assert lanes_taken(second) == [2]


def test_visit_asked_for_before_lanes_changed_takes_the_lanes_there_are():
    clinic = make_small_clinic(lanes=2, rooms=3)
    asked_before = wish(clinic.first_visit, clinic.location, at(TUESDAY, 10))
    set_lanes(practitioner=clinic.chen, lanes=3, by=clinic.mia, now=NOW)

    visit = book(
        wish=asked_before, client=clinic.alice, request_id="1", by=clinic.alice.user, now=NOW
    )

    assert visit.reservations.filter(resource__kind="lane").count() == 3


def test_lane_that_was_taken_away_is_not_given_to_who_asked_before():
    clinic = make_small_clinic(lanes=2, rooms=3)
    asked_before = wish(clinic.follow_up, clinic.location, at(TUESDAY, 10, 20))
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 10))
    set_lanes(practitioner=clinic.chen, lanes=1, by=clinic.mia, now=NOW)

    with pytest.raises(SlotTaken):
        book(wish=asked_before, client=clinic.alice, request_id="1", by=clinic.alice.user, now=NOW)
