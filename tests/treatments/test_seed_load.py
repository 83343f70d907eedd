"""The diary for measuring: real reservations, equally full days, nothing else touched."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from bookings.models import Appointment, Reservation, StatusChange
from clinic.models import Location, Practitioner, Service
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import ask
from tests.factories.clinic import make_small_clinic
from treatments.models import Protocol

NOW = datetime(2027, 6, 9, 17, 0, tzinfo=UTC)
OVERLAPS = """
SELECT count(*) FROM bookings_reservation one JOIN bookings_reservation other
ON one.resource_id = other.resource_id AND one.id < other.id AND one.during && other.during
"""


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def load(appointments: int, **options: Any) -> None:
    options = {"practitioners": 5, "days": 3, "verbosity": 0, **options}
    call_command("seed_load", appointments=appointments, **options)


def a_day() -> Counter[Any]:
    return Counter(Appointment.objects.values_list("starts_at__date", flat=True))


def test_load_makes_exactly_so_many_with_four_reservations_each(db: None) -> None:
    load(200)

    assert Appointment.objects.count() == 200
    assert Reservation.objects.count() == 800
    assert Practitioner.objects.count() == 5
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS)
        assert cursor.fetchone() == (0,)


def test_load_fills_all_days_alike(db: None) -> None:
    load(36 * 6)

    # 5 practitioners x 8 hours, 89 of 100 taken: 36 visits a day, three days on, three back.
    assert a_day() == {NOW.date() + timedelta(days=days): 36 for days in range(-3, 3)}


def test_past_visits_are_completed_and_later_ones_booked(db: None) -> None:
    load(36 * 6)

    past = Appointment.objects.filter(ends_at__lte=NOW)
    assert set(past.values_list("state", flat=True)) == {"completed"}
    assert set(Appointment.objects.filter(ends_at__gt=NOW).values_list("state", flat=True)) == {
        "booked"
    }
    assert StatusChange.objects.count() == Appointment.objects.count() + past.count()


def test_loading_more_adds_history_only(db: None) -> None:
    load(36 * 4)
    before = set(Appointment.objects.values_list("pk", "starts_at"))

    load(36 * 6)

    assert before < set(Appointment.objects.values_list("pk", "starts_at"))
    assert a_day() == {NOW.date() + timedelta(days=days): 36 for days in range(-3, 3)}


def test_searches_see_the_free_hours_only(db: None) -> None:
    load(36 * 3)
    service = Service.objects.get(slug="bench-60")

    free = ask(service, Location.objects.get(), NOW.date() + timedelta(days=1), now=NOW).slots()

    assert len(free) == 4


def test_load_leaves_other_data_alone(db: None) -> None:
    small = make_small_clinic()

    load(36)

    assert small.chen.appointments.count() == 0
    assert small.location.appointments.count() == 0
    assert Location.objects.count() == 2


def test_load_brings_the_protocols_once(db: None) -> None:
    load(36)
    load(72)

    assert set(Protocol.objects.values_list("slug", "sessions")) == {
        ("bench-facial-course", 10),
        ("bench-intensive-then-settle", 12),
        ("bench-body-course", 8),
    }


@pytest.mark.parametrize(
    ("option", "value"),
    [("appointments", 0), ("appointments", 10**7), ("practitioners", 0), ("density", 1.5)],
)
def test_load_refuses_what_makes_no_sense(db: None, option: str, value: float) -> None:
    with pytest.raises(CommandError, match=option):
        call_command("seed_load", **{option: value})

    assert not Location.objects.exists()


def test_practitioners_have_papers_that_the_service_requires(db: None) -> None:
    load(10)
    load(20)

    facts = catalogue()
    place, service = facts.location("bench"), facts.service("bench-60")
    held = [
        [len(one.papers) for one in facts.required.held_by(person.id, service.id, place.id)]
        for person in facts.offering(service.id, place.id)
    ]
    assert held == [[2, 1, 1, 1]] * 5
    assert {
        facts.is_firm(person.id, service.id, place.id, NOW.date() + timedelta(days=days))
        for person in facts.offering(service.id, place.id)
        for days in (0, 5, 62)
    } == {True}
