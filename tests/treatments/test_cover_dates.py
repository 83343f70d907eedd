"""The days of a plan of cover are those that were asked for, in however many zones."""

from datetime import date, datetime, time

import pytest

from clinic.models import RosterHours
from clinic.selectors.catalogue import catalogue
from tests.factories.clinic import NEW_YORK, SmallClinic, make_location
from tests.support.covering import make_plan
from treatments.views.cover_scopes import dates_of_plan, plan_title

MONDAY = date(2027, 6, 14)


@pytest.fixture
def in_two_zones(clinic: SmallClinic) -> SmallClinic:
    """Let Chen work in Los Angeles on Sundays too."""
    RosterHours.objects.create(
        practitioner=clinic.chen,
        location=make_location("los-angeles", "America/Los_Angeles"),
        weekday=7,
        starts=time(9),
        ends=time(17),
        valid_from=date(2026, 1, 1),
    )
    return clinic


def midnight(day: int, hour: int = 0) -> datetime:
    """Return an hour of a day of June in New York."""
    return datetime(2027, 6, day, hour, tzinfo=NEW_YORK)


def test_days_of_two_zones_are_those_asked_for(in_two_zones: SmallClinic) -> None:
    # From midnight in New York to midnight in Los Angeles, three hours later.
    plan = make_plan(in_two_zones, starts_at=midnight(14), ends_at=midnight(16, 3))

    assert dates_of_plan(plan, catalogue()) == (MONDAY, date(2027, 6, 15))
    assert plan_title(plan, catalogue()) == "Cover for Chen Li, Mon 14 Jun to Tue 15 Jun"


def test_rest_of_a_day_in_the_later_zone_is_that_day(in_two_zones: SmallClinic) -> None:
    plan = make_plan(in_two_zones, starts_at=midnight(15, 1), ends_at=midnight(15, 3))

    assert dates_of_plan(plan, catalogue()) == (MONDAY, MONDAY)
