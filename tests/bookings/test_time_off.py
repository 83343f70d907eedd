"""Time off reserves what is free, visits stay, gaps close, and it gives all back."""

from datetime import date, datetime

import pytest

from bookings.models import Reservation, TimeOff
from bookings.refusals import SlotTaken
from bookings.services.cancelling import cancel_appointment
from bookings.services.moving import move_appointment
from bookings.services.time_off import (
    close_on_public_holidays,
    end_time_off,
    open_room,
    take_time_off,
    visits_inside,
)
from clinic.refusals import NotAllowed
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import ask, book_visit
from tests.factories.clinic import NOW, at, make_room, make_small_clinic

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)


def day_off(clinic, starts: int = 9, ends: int = 17, **target) -> TimeOff:
    target = target or {"practitioner": clinic.chen}
    kind = "closure" if "location" in target else "blocked"
    return take_time_off(
        time_off=TimeOff(
            kind=kind, starts_at=at(TUESDAY, starts), ends_at=at(TUESDAY, ends), **target
        ),
        by=clinic.rosa,
    )


def taken_by_time_off(resource_id: int) -> list[tuple[datetime, datetime]]:
    rows = Reservation.objects.of_resources([resource_id]).filter(time_off__isnull=False)
    return sorted((row.during.lower, row.during.upper) for row in rows)


def test_time_off_takes_hands_and_every_lane():
    clinic = make_small_clinic(lanes=2)

    day_off(clinic)

    lanes = clinic.chen.lanes.values_list("resource_id", flat=True)
    whole = [(at(TUESDAY, 9), at(TUESDAY, 17))]
    assert [taken_by_time_off(r) for r in (clinic.chen.resource_id, *lanes)] == [whole] * 3
    assert ask(clinic.follow_up, clinic.location, TUESDAY).slots() == []


def test_visit_inside_stays_and_is_listed():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 11))

    away = day_off(clinic)

    assert visits_inside(away) == [visit]
    assert taken_by_time_off(clinic.chen.resource_id) == [
        (at(TUESDAY, 9), at(TUESDAY, 11)),
        (at(TUESDAY, 11, 20), at(TUESDAY, 11, 45)),
        (at(TUESDAY, 12), at(TUESDAY, 17)),
    ]


def test_gap_closes_when_the_visit_is_cancelled():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 11))
    day_off(clinic)

    cancel_appointment(appointment=visit, by=clinic.rosa, now=NOW)

    assert ask(clinic.follow_up, clinic.location, TUESDAY).slots() == []
    with pytest.raises(SlotTaken):
        book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 11))


def test_gap_closes_when_the_visit_is_moved_away():
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 11))
    day_off(clinic)

    move_appointment(
        appointment=visit,
        starts_at=at(date(2027, 6, 9), 11),
        practitioner_id=None,
        catalogue=catalogue(),
        by=clinic.rosa,
        now=NOW,
    )

    assert ask(clinic.follow_up, clinic.location, TUESDAY).slots() == []


def test_two_overlapping_days_off_leave_one_when_the_other_ends():
    clinic = make_small_clinic()
    first = day_off(clinic, 9, 13)
    day_off(clinic, 11, 17)

    end_time_off(time_off=first, by=clinic.rosa)

    slots = ask(clinic.follow_up, clinic.location, TUESDAY).slots()
    assert max(slot.ends_at for slot in slots) == at(TUESDAY, 11)


def test_saving_again_with_other_hours_frees_the_rest():
    clinic = make_small_clinic()
    away = day_off(clinic)
    away.ends_at = at(TUESDAY, 12)

    take_time_off(time_off=away, by=clinic.rosa)

    slots = ask(clinic.follow_up, clinic.location, TUESDAY).slots()
    assert min(slot.starts_at for slot in slots) == at(TUESDAY, 12)


def test_closure_takes_every_room_of_the_location():
    clinic = make_small_clinic(rooms=2)

    day_off(clinic, location=clinic.location)

    rooms = [room.resource_id for room in clinic.rooms]
    whole = [(at(TUESDAY, 9), at(TUESDAY, 17))]
    assert [taken_by_time_off(room) for room in rooms] == [whole, whole]


def test_room_added_later_is_closed_too():
    clinic = make_small_clinic(rooms=1)
    day_off(clinic, location=clinic.location)
    room = make_room(clinic.location, "New room", [clinic.follow_up])

    open_room(room=room, now=NOW)
    open_room(room=room, now=NOW)

    assert ask(clinic.follow_up, clinic.location, TUESDAY).slots() == []


def test_blocked_room_leaves_the_other():
    clinic = make_small_clinic(rooms=2)
    day_off(clinic, room=clinic.rooms[0])

    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    assert visit.room == clinic.rooms[1]


def test_public_holidays_close_the_location_once():
    clinic = make_small_clinic()
    clinic.location.holiday_subdivision = "NY"
    clinic.location.save()

    made = close_on_public_holidays(location=clinic.location, year=2027, by=clinic.mia)
    again = close_on_public_holidays(location=clinic.location, year=2027, by=clinic.mia)

    christmas = [c for c in made if c.starts_at == at(date(2027, 12, 25), 0)]
    assert [c.ends_at for c in christmas] == [at(date(2027, 12, 26), 0)]
    assert again == []


def test_client_cannot_plan_time_off():
    clinic = make_small_clinic()
    away = TimeOff(
        kind="away", practitioner=clinic.chen, starts_at=at(TUESDAY, 9), ends_at=at(TUESDAY, 10)
    )

    with pytest.raises(NotAllowed):
        take_time_off(time_off=away, by=clinic.alice.user)
