"""How long one visit rests: what follows from it, and what is in the way."""

from datetime import datetime, timedelta

import pytest

from bookings.calendar import feed_calendar
from bookings.domain.lifecycle import State
from bookings.models import Appointment, RetentionChange, TimeOff
from bookings.refusals import SlotTaken
from bookings.selectors.feeds import entries_of_feed
from bookings.services.cancelling import cancel_appointment
from bookings.services.holding import place_hold
from bookings.services.needling import record_needles_in, record_needles_out
from bookings.services.reserving import as_interval
from bookings.services.retention import RetentionNotPossible, set_retention
from bookings.services.status import close_left_open
from bookings.services.time_off import take_time_off
from clinic.models import Message, RosterHours
from clinic.refusals import AlreadyChanged, NotAllowed
from clinic.services.feeds import renew_feed
from tests.factories.bookings import begin_visit, book_visit, fresh, wish
from tests.factories.clinic import (
    NOW,
    TODAY,
    SmallClinic,
    at,
    make_client,
    make_service,
    make_small_clinic,
)

pytestmark = pytest.mark.django_db

TEN = at(TODAY, 10)


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


def book(clinic: SmallClinic, starts_at: datetime = TEN, client=None, **how) -> Appointment:
    client = client or clinic.alice
    visit = book_visit(client, clinic.follow_up, clinic.location, starts_at, by=clinic.rosa, **how)
    return fresh(visit)


@pytest.fixture
def visit(clinic: SmallClinic) -> Appointment:
    return book(clinic)


def rest(visit: Appointment, minutes: int, clinic: SmallClinic, now: datetime = NOW) -> Appointment:
    return set_retention(appointment=fresh(visit), minutes=minutes, by=clinic.rosa, now=now)


def minutes_after(visit: Appointment, instant: datetime) -> int:
    return (instant - visit.starts_at) // timedelta(minutes=1)


def taken(visit: Appointment) -> set[tuple[str, int, int]]:
    """Return what a visit has reserved: the kind of resource, from and to which minute."""
    rows = visit.reservations.select_related("resource")
    spans = [(row.resource.kind, as_interval(row.during)) for row in rows]
    return {
        (kind, minutes_after(visit, span.starts_at), minutes_after(visit, span.ends_at))
        for kind, span in spans
    }


def test_longer_rest_moves_the_removal_and_the_end(clinic, visit):
    changed = rest(visit, 40, clinic)

    assert changed.ends_at == at(TODAY, 11, 15)
    assert [segment.minutes for segment in fresh(visit).plan] == [20, 40, 15, 10]
    assert taken(visit) == {
        ("hands", 0, 20), ("hands", 60, 75), ("lane", 0, 75),
        ("room", 0, 85), ("client", 0, 75),
    }  # fmt: skip


def test_shorter_rest_sets_time_free(clinic, visit):
    rest(visit, 15, clinic)

    assert fresh(visit).ends_at == at(TODAY, 10, 50)
    assert taken(visit) == {
        ("hands", 0, 20), ("hands", 35, 50), ("lane", 0, 50),
        ("room", 0, 60), ("client", 0, 50),
    }  # fmt: skip


def test_start_version_and_room_stay_and_nothing_is_sent(clinic, visit):
    written = list(Message.objects.values_list("pk", "state", "about_version"))

    changed = fresh(rest(visit, 35, clinic))

    assert (changed.starts_at, changed.version, changed.room, changed.practitioner) == (
        visit.starts_at, visit.version, visit.room, visit.practitioner,
    )  # fmt: skip
    assert list(Message.objects.values_list("pk", "state", "about_version")) == written


def test_calendar_shows_the_new_end(clinic, visit):
    rest(visit, 40, clinic)

    feed = renew_feed(owner=clinic.chen, by=clinic.chen.user, now=NOW)
    file = feed_calendar(entries_of_feed(feed, NOW), NOW, for_staff=True).decode()

    assert "DTEND;TZID=America/New_York:20270607T111500" in file


def test_who_set_it_is_kept(clinic, visit):
    rest(visit, 30, clinic)

    change = RetentionChange.objects.get()
    assert (change.appointment, change.before_minutes, change.minutes, change.by, change.at) == (
        visit, 25, 30, clinic.rosa, NOW,
    )  # fmt: skip


def test_same_minutes_change_nothing(clinic, visit):
    rest(visit, 25, clinic)

    assert not RetentionChange.objects.exists()


@pytest.mark.parametrize("minutes", [0, 10, 45, 22, -15])
def test_rest_is_15_to_40_minutes_in_steps_of_5(clinic, visit, minutes):
    with pytest.raises(RetentionNotPossible, match="15 to 40 minutes"):
        rest(visit, minutes, clinic)


def test_visit_without_rest_has_none_to_set(clinic):
    talk = make_service("talk", (("consultation", 30, "pcr"),), uses_needles=False)
    for offered in (clinic.chen.services, *[room.services for room in clinic.rooms]):
        offered.add(talk)
    visit = book_visit(clinic.alice, talk, clinic.location, TEN, by=clinic.rosa)

    with pytest.raises(RetentionNotPossible, match="no rest"):
        rest(visit, 20, clinic)


def test_first_rest_alone_may_leave_too_little(clinic):
    looked_in = (
        ("insertion", 20, "pcr"), ("retention", 20, "cr"), ("massage", 5, "pcr"),
        ("retention", 5, "cr"), ("removal", 15, "pcr"),
    )  # fmt: skip
    service = make_service("looked-in", looked_in)
    for offered in (clinic.chen.services, *[room.services for room in clinic.rooms]):
        offered.add(service)
    visit = book_visit(clinic.alice, service, clinic.location, TEN, by=clinic.rosa)

    with pytest.raises(RetentionNotPossible):
        rest(visit, 20, clinic)

    assert rest(visit, 35, clinic).ends_at == at(TODAY, 11, 15)


def test_next_visit_in_the_room_is_in_the_way(clinic):
    clinic.rooms[1].delete()
    visit = book(clinic)
    book(clinic, at(TODAY, 11, 15), clinic.bea)

    with pytest.raises(SlotTaken) as refused:
        rest(visit, 35, clinic)

    assert str(refused.value.message) == (
        "Room 1 is taken from 11:15am to 12:25pm by another visit."
    )
    assert fresh(visit).ends_at == at(TODAY, 11)


def test_hands_at_another_visit_are_in_the_way(clinic, visit):
    book(clinic, at(TODAY, 11), clinic.bea)

    with pytest.raises(SlotTaken) as refused:
        rest(visit, 30, clinic)

    assert str(refused.value.message) == (
        "Chen Li has hands on another visit from 11am to 11:20am, in Room 2."
    )


def test_shorter_rest_may_meet_hands_at_another_visit(clinic, visit):
    book(clinic, at(TODAY, 10, 20), clinic.bea)

    with pytest.raises(SlotTaken, match="10:20am to 10:40am"):
        rest(visit, 15, clinic)


def test_other_visit_of_the_client_is_in_the_way(clinic, visit):
    clinic.dora.services.add(clinic.follow_up)
    for weekday in (1, 2):
        RosterHours.objects.create(
            practitioner=clinic.dora, location=clinic.location, weekday=weekday,
            starts=at(TODAY, 18).time(), ends=at(TODAY, 20).time(), valid_from=TODAY,
        )  # fmt: skip
    book(clinic, at(TODAY, 11), practitioner=clinic.dora)

    with pytest.raises(SlotTaken, match="The client has another visit from 11am to midday"):
        rest(visit, 30, clinic)


def away(clinic: SmallClinic, **fields) -> TimeOff:
    fields = {"kind": "away", "practitioner": clinic.chen, "starts_at": at(TODAY, 11), **fields}
    return take_time_off(time_off=TimeOff(ends_at=at(TODAY, 12), **fields), by=clinic.mia)


def test_time_off_is_in_the_way(clinic, visit):
    away(clinic)

    with pytest.raises(SlotTaken, match="Chen Li is away from 11am to midday"):
        rest(visit, 30, clinic)


def test_blocked_room_is_in_the_way(clinic, visit):
    away(clinic, kind="blocked", practitioner=None, room=visit.room)

    # The room was made ready until 11:10; the block took what came after.
    with pytest.raises(SlotTaken, match="Room 1 is closed from 11:10am to midday"):
        rest(visit, 30, clinic)


def test_end_of_working_hours_is_in_the_way(clinic):
    visit = book(clinic, at(TODAY, 16))

    with pytest.raises(
        SlotTaken, match="would end at 5:05pm, after working hours, which end at 5pm"
    ):
        rest(visit, 30, clinic)

    assert rest(visit, 20, clinic).ends_at == at(TODAY, 16, 55)


def test_room_is_made_ready_after_hours(clinic):
    visit = book(clinic, at(TODAY, 15, 45))

    assert rest(visit, 40, clinic).ends_at == at(TODAY, 17)


def test_what_becomes_free_inside_time_off_is_taken_by_it(clinic, visit):
    time_off = away(clinic, starts_at=at(TODAY, 10, 50))

    rest(visit, 15, clinic)

    hands = time_off.reservations.filter(resource=clinic.chen.resource_id)
    spans = sorted(as_interval(row.during) for row in hands)
    assert [(span.starts_at, span.ends_at) for span in spans] == [
        (at(TODAY, 10, 50), at(TODAY, 11)),
        (at(TODAY, 11), at(TODAY, 12)),
    ]


def test_visit_inside_time_off_may_rest_shorter_but_not_longer(clinic, visit):
    time_off = away(clinic, starts_at=at(TODAY, 9))

    with pytest.raises(SlotTaken, match="Chen Li is away from 11am to midday"):
        rest(visit, 30, clinic)
    rest(visit, 15, clinic)

    hands = time_off.reservations.filter(resource=clinic.chen.resource_id)
    spans = sorted(as_interval(row.during) for row in hands)
    assert [(span.starts_at, span.ends_at) for span in spans] == [
        (at(TODAY, 9), TEN),
        (at(TODAY, 10, 20), at(TODAY, 10, 35)),
        (at(TODAY, 10, 50), at(TODAY, 11)),
        (at(TODAY, 11), at(TODAY, 12)),
    ]


def test_expired_hold_is_not_in_the_way(clinic, visit):
    place_hold(wish=wish(clinic.follow_up, clinic.location, at(TODAY, 11)), client=None, now=NOW)

    with pytest.raises(SlotTaken):
        rest(visit, 30, clinic)
    assert rest(visit, 30, clinic, now=NOW + timedelta(minutes=11)).ends_at == at(TODAY, 11, 5)


def test_visit_that_fills_all_places_keeps_them(clinic):
    visit = fresh(
        book_visit(clinic.alice, clinic.first_visit, clinic.location, TEN, by=clinic.rosa)
    )

    rest(visit, 40, clinic)

    lanes = visit.reservations.filter(resource__kind="lane")
    assert [as_interval(row.during).ends_at for row in lanes] == [at(TODAY, 11, 45)] * 2


def needled(visit: Appointment, minutes: int = 20) -> Appointment:
    begun = begin_visit(visit)
    by = begun.practitioner.user
    now = TEN + timedelta(minutes=minutes)
    record_needles_in(appointment=begun, count=40, by=by, now=now)
    return begun


def test_rest_under_needles_is_not_cut_below_what_has_passed(clinic, visit):
    begun = needled(visit)

    with pytest.raises(RetentionNotPossible, match="been in for 22 minutes already"):
        rest(begun, 20, clinic, now=TEN + timedelta(minutes=42))

    assert rest(begun, 15, clinic, now=TEN + timedelta(minutes=35)).ends_at == at(TODAY, 10, 50)


def test_overdue_rest_may_be_made_longer(clinic, visit):
    begun = needled(visit)

    assert rest(begun, 40, clinic, now=TEN + timedelta(minutes=63)).ends_at == at(TODAY, 11, 15)


@pytest.mark.parametrize("removed", [40, 38])
def test_rest_is_over_once_needles_are_out(clinic, visit, removed):
    begun = needled(visit)
    by = begun.practitioner.user
    now = TEN + timedelta(minutes=46)
    record_needles_out(appointment=begun, count=removed, by=by, now=now)

    with pytest.raises(RetentionNotPossible, match="out already"):
        rest(begun, 40, clinic, now=now)


def test_visit_that_is_over_keeps_its_rest(clinic, visit):
    close_left_open(
        appointment=fresh(visit), to_state=State.COMPLETED, by=clinic.rosa, now=at(TODAY, 18)
    )

    with pytest.raises(AlreadyChanged):
        rest(visit, 30, clinic)


def test_visit_changed_meanwhile_is_left_alone(clinic, visit):
    read = fresh(visit)
    cancel_appointment(appointment=fresh(visit), by=clinic.rosa, now=NOW)

    with pytest.raises(AlreadyChanged):
        set_retention(appointment=read, minutes=30, by=clinic.rosa, now=NOW)


def test_rest_set_by_somebody_else_meanwhile_is_left_alone(clinic, visit):
    read = fresh(visit)
    rest(visit, 30, clinic)

    with pytest.raises(AlreadyChanged):
        set_retention(appointment=read, minutes=40, by=clinic.rosa, now=NOW)

    assert fresh(visit).ends_at == at(TODAY, 11, 5)


def test_desk_and_who_treats_set_the_rest_and_nobody_else(clinic, visit):
    for by in (clinic.alice.user, clinic.dora.user, make_client("Cleo Other").user):
        with pytest.raises(NotAllowed):
            set_retention(appointment=fresh(visit), minutes=30, by=by, now=NOW)

    for by, minutes in ((clinic.rosa, 30), (clinic.chen.user, 35)):
        set_retention(appointment=fresh(visit), minutes=minutes, by=by, now=NOW)
    assert fresh(visit).ends_at == at(TODAY, 11, 10)
