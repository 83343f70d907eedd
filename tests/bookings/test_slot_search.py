"""What a search costs, and that the offer is what can be booked, around clock changes too."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.domain.timegrid import Grid
from bookings.models import Reservation
from bookings.refusals import SlotTaken
from bookings.selectors.nearest import next_free_start
from bookings.selectors.slots import free_time, free_times
from bookings.selectors.taken import taken_time
from clinic.domain.intervals import Interval
from clinic.models import Location, Resource
from tests.factories.bookings import ask, book_visit
from tests.factories.clinic import (
    NOW,
    TODAY,
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


@pytest.mark.parametrize(("people", "days"), [(1, 1), (20, 1), (1, 60), (20, 60)])
def test_search_is_two_queries_whatever_it_searches(people, days, django_assert_num_queries):
    clinic = make_small_clinic()
    for number in range(1, people):
        make_practitioner(
            f"Person{number} X", services=[clinic.follow_up], location=clinic.location
        )
    ask(clinic.follow_up, clinic.location, TUESDAY)

    with django_assert_num_queries(2):
        found = ask(clinic.follow_up, clinic.location, TUESDAY, days=days).slots()

    assert len({slot.practitioner_id for slot in found}) == people


def test_search_reads_one_index_and_what_lies_in_the_window():
    resources = [Resource.objects.create(kind="room").pk for _ in range(40)]
    start = datetime(2027, 6, 7, tzinfo=UTC)
    grid = Grid.covering(start, start + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH away AS (
                INSERT INTO bookings_timeoff (kind, room_id, starts_at, ends_at, name)
                SELECT 'blocked', %s, now(), now() + interval '1 h', '' RETURNING id)
            INSERT INTO bookings_reservation (resource_id, during, time_off_id)
            SELECT r, tstzrange(t, t + interval '30 min'), away.id
            FROM away, unnest(%s::bigint[]) r,
                 generate_series(%s::timestamptz, %s::timestamptz, '1 hour') t
            """,
            [_room().pk, resources, start - timedelta(days=60), start + timedelta(days=60)],
        )
        cursor.execute("ANALYZE bookings_reservation")
    before = _scans()

    # More often than PostgreSQL plans anew with the parameters of the call.
    for _ in range(8):
        taken = taken_time(resource_ids=resources[:10], grid=grid, now=NOW)

    assert taken.everything == dict.fromkeys(resources[:10], int("000000111111" * 24, 2))
    scans, rows, whole_table = (now - then for now, then in zip(_scans(), before, strict=True))
    # For each resource: one look for what reaches into the window, then its 24 rows.
    assert (scans, rows, whole_table) == (8 * 10 * 2, 8 * 10 * (1 + 24), 0)


def _scans() -> tuple[int, int, int]:
    """Count in this transaction the scans of the index, its rows, the scans of the table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_get_xact_numscans('reservation_from'::regclass),"
            " pg_stat_get_xact_tuples_returned('reservation_from'::regclass),"
            " pg_stat_get_xact_numscans('bookings_reservation'::regclass)"
        )
        return cursor.fetchone()


def _room():
    return make_room(make_location(), "Room")


def test_changed_roster_is_seen_at_once():
    clinic = make_small_clinic()
    assert ask(clinic.follow_up, clinic.location, TUESDAY).slots()

    clinic.chen.roster_hours.filter(weekday=2).delete()

    assert ask(clinic.follow_up, clinic.location, TUESDAY).slots() == []


def test_next_free_start_looks_past_what_is_full():
    clinic = make_small_clinic()
    clinic.chen.roster_hours.update(valid_from=date(2027, 9, 6))
    question = ask(clinic.follow_up, clinic.location, TODAY).question

    assert next_free_start(question, NOW) == at(date(2027, 9, 6), 9)


def test_next_free_start_is_none_when_nobody_works():
    clinic = make_small_clinic()
    clinic.chen.roster_hours.all().delete()
    question = ask(clinic.follow_up, clinic.location, TODAY).question

    assert next_free_start(question, NOW) is None


@pytest.mark.parametrize(
    ("zone", "day", "offset_before", "offset_after"),
    [
        ("America/New_York", date(2027, 3, 14), -5, -4),
        ("America/New_York", date(2027, 11, 7), -4, -5),
        ("Europe/London", date(2027, 3, 28), 0, 1),
        ("Europe/London", date(2027, 10, 31), 1, 0),
        ("Australia/Sydney", date(2027, 4, 4), 11, 10),
        ("Australia/Sydney", date(2027, 10, 3), 10, 11),
        ("Australia/Lord_Howe", date(2027, 4, 4), 11, 10.5),
        ("Australia/Lord_Howe", date(2027, 10, 3), 10.5, 11),
    ],
)
def test_nine_o_clock_stays_nine_o_clock_across_a_clock_change(
    zone, day, offset_before, offset_after
):
    location = make_location("there", zone, slot_step_minutes=60)
    service = make_service()
    make_room(location, "Room", [service])
    make_practitioner("Chen", services=[service], location=location, weekdays=(1, 2, 3, 4, 5, 6, 7))

    found = ask(service, location, day - timedelta(days=1), days=3, now=NOW - timedelta(days=200))

    firsts = {}
    for slot in sorted(found.slots(), key=lambda slot: slot.starts_at):
        firsts.setdefault(slot.starts_at.astimezone(ZoneInfo(zone)).date(), slot.starts_at)
    nine = datetime.combine(day, datetime.min.time(), tzinfo=UTC) + timedelta(hours=9)
    assert firsts == {
        day - timedelta(days=1): nine - timedelta(days=1) - timedelta(hours=offset_before),
        day: nine - timedelta(hours=offset_after),
        day + timedelta(days=1): nine + timedelta(days=1) - timedelta(hours=offset_after),
    }


@pytest.mark.parametrize(
    ("zone", "day", "steps"),
    [
        # 24 hours on the clock; 2am does not exist in spring, 1am is offered once in autumn.
        ("America/New_York", date(2027, 3, 14), 23),
        ("America/New_York", date(2027, 11, 7), 24),
        ("Australia/Lord_Howe", date(2027, 4, 4), 24),
    ],
)
def test_night_of_the_change_offers_each_local_time_once(zone, day, steps):
    location = make_location("there", zone, slot_step_minutes=60)
    service = make_service()
    make_room(location, "Room", [service])
    make_practitioner(
        "Chen",
        services=[service],
        location=location,
        weekdays=(day.isoweekday(),),
        hours=((0, 24),),
    )

    found = ask(service, location, day, now=NOW - timedelta(days=200)).slots()

    local = [slot.starts_at.astimezone(ZoneInfo(zone)) for slot in found]
    wall = [moment.strftime("%H:%M") for moment in local]
    assert len(wall) == len(set(wall)) == steps
    for moment in local:
        naive = moment.replace(tzinfo=None)
        assert naive.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) == moment.astimezone(UTC)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(picks=st.lists(st.tuples(st.integers(0, 10_000), st.booleans()), max_size=12))
def test_every_offered_slot_is_booked_and_nothing_overlaps(db, picks):
    with transaction.atomic():
        clinic = make_small_clinic(lanes=2, rooms=2)
        for number, (pick, first) in enumerate(picks):
            service = clinic.first_visit if first else clinic.follow_up
            slots = ask(service, clinic.location, TUESDAY, days=2).slots()
            if not slots:
                continue
            slot = slots[pick % len(slots)]
            client = make_client(f"Client{number} X")
            visit = book_visit(client, service, clinic.location, slot.starts_at)
            assert visit.starts_at == slot.starts_at
        _assert_no_overlaps()
        _assert_inside_roster(clinic)
        transaction.set_rollback(True)


def _assert_no_overlaps() -> None:
    by_resource: dict[int, list[Interval]] = {}
    for row in Reservation.objects.all():
        interval = Interval(row.during.lower, row.during.upper)
        by_resource.setdefault(row.resource_id, []).append(interval)
    for intervals in by_resource.values():
        ordered = sorted(intervals, key=lambda interval: interval.starts_at)
        assert all(a.ends_at <= b.starts_at for a, b in pairwise(ordered))


def _assert_inside_roster(clinic) -> None:
    for visit in clinic.location.appointments.all():
        local = visit.starts_at.astimezone(ZoneInfo("America/New_York"))
        end = visit.ends_at.astimezone(ZoneInfo("America/New_York"))
        assert local.hour >= 9
        assert (end.hour, end.minute) <= (17, 0)


def test_location_policies_are_read_from_the_database():
    clinic = make_small_clinic()
    Location.objects.update(slot_step_minutes=60)

    slots = ask(clinic.follow_up, clinic.location, TUESDAY).slots()

    assert [slot.starts_at for slot in slots] == [at(TUESDAY, hour) for hour in range(9, 17)]
    with pytest.raises(SlotTaken):
        book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9, 15))


def test_several_searches_at_once_answer_as_each_alone(django_assert_num_queries):
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 10))
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 14))
    questions = [
        ask(clinic.follow_up, clinic.location, TUESDAY).question,
        ask(clinic.first_visit, clinic.location, TUESDAY, days=3, client=clinic.bea).question,
        replace(
            ask(clinic.follow_up, clinic.location, TUESDAY).question, but_appointments=(visit.pk,)
        ),
    ]

    with django_assert_num_queries(1):
        found = free_times(questions, NOW)

    assert found == [free_time(question, NOW) for question in questions]
    assert found[0].slots() != found[2].slots()


def test_searches_of_nearly_the_same_time_answer_as_each_alone(django_assert_num_queries):
    clinic = make_small_clinic(lanes=1)
    long = make_service("long", (("insertion", 240, "pcr"),))
    clinic.chen.services.add(long)
    clinic.rooms[0].services.add(long)
    for day, hour in ((7, 16), (8, 10), (8, 15), (9, 9)):
        starts_at = at(date(2027, 6, day), hour)
        book_visit(clinic.bea, clinic.follow_up, clinic.location, starts_at, by=clinic.rosa)
    questions = [
        ask(service, clinic.location, TUESDAY, client=client).question
        for service in (clinic.follow_up, long, clinic.first_visit)
        for client in (None, clinic.bea)
    ]

    with django_assert_num_queries(1):
        found = free_times(questions, NOW)

    assert found == [free_time(question, NOW) for question in questions]
    assert len({free.grid for free in found}) == 3


def test_no_search_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert free_times([], NOW) == []
