"""`seed_demo`: once, alike every time, on any day, never over a clinic that is there."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from bookings.models import Appointment, Reservation
from clinic.models import Client, Location
from tests.factories.clinic import make_location
from treatments.demo import make_demo_clinic
from treatments.management.commands.seed_demo import empty_all_tables

NOW = datetime(2027, 6, 9, 17, 0, tzinfo=UTC)


def everything() -> list[Any]:
    """Return what visitors and staff can see of the demo, without primary keys."""
    visits = Appointment.objects.order_by("public_id").values_list(
        "public_id", "client__name", "practitioner__slug", "room__name", "service__slug",
        "starts_at", "ends_at", "state", "created_at", "cancelled_late",
    )  # fmt: skip
    taken = Reservation.objects.order_by("during", "appointment__public_id", "resource__kind")
    return [
        list(visits),
        list(taken.values_list("during", "appointment__public_id", "resource__kind")),
        list(Client.objects.order_by("public_id").values_list("public_id", "email")),
    ]


def test_demo_is_the_same_twice(db: None) -> None:
    make_demo_clinic(now=NOW)
    one = everything()
    with override_settings(DEBUG=True):
        empty_all_tables()

    make_demo_clinic(now=NOW)

    assert everything() == one


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 26, 15, 0, tzinfo=UTC),  # Thanksgiving
        datetime(2027, 3, 14, 7, 30, tzinfo=UTC),  # the hour of a clock change, a Sunday
        datetime(2028, 2, 29, 23, 59, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 30, tzinfo=UTC),
    ],
)
def test_demo_can_be_made_on_odd_days(db: None, now: datetime) -> None:
    make_demo_clinic(now=now)

    assert Appointment.objects.count() > 400


def test_seed_demo_leaves_a_clinic_alone(db: None, capsys: Any) -> None:
    make_location()

    call_command("seed_demo")

    assert not Appointment.objects.exists()
    assert "already" in capsys.readouterr().out


def test_seed_demo_fresh_needs_debug(db: None) -> None:
    make_location()

    with pytest.raises(CommandError, match="DEBUG"):
        call_command("seed_demo", fresh=True)

    assert Location.objects.exists()


def test_seed_demo_is_refused_in_production(db: None, settings: Any) -> None:
    settings.DEMO_DATA_ALLOWED = False

    with pytest.raises(CommandError, match="production"):
        call_command("seed_demo")

    assert not Location.objects.exists()


def test_seed_demo_fresh_makes_it_anew(db: None, settings: Any) -> None:
    settings.DEBUG = True
    make_location("elsewhere")

    call_command("seed_demo", fresh=True)

    assert set(Location.objects.values_list("slug", flat=True)) == {"new-york", "san-francisco"}
