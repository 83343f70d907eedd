"""The benchmark's week of illness: 30 visits, both answers, and nothing left behind."""

import pytest
import time_machine
from django.core.management import call_command

from bookings.models import Appointment
from clinic.models import Location
from tests.factories.clinic import NOW
from treatments.bench.courses import may_book_courses
from treatments.bench.covering import measure
from treatments.bench.diary import HORIZON_DAYS, read
from treatments.bench.rivals import make_rivals
from treatments.models import Course


@pytest.mark.django_db
def test_week_of_illness_is_measured_and_rolled_back():
    with time_machine.travel(NOW, tick=False):
        call_command("seed_load", appointments=4 * 7 * 70, practitioners=4, days=70, verbosity=0)
    Location.objects.update(horizon_days=HORIZON_DAYS)
    diary = read(NOW)
    people = make_rivals(NOW, 30)
    may_book_courses(people)
    before = set(Appointment.objects.values_list("pk", "state"))

    found = measure(diary, people, NOW)

    simple, proposed = found["simple_way"], found["proposed"]
    assert (found["visits"], found["of_courses"]) == (30, 20)
    assert (proposed["calls"], proposed["moved"]) <= (simple["calls"], simple["moved"])
    assert len(found["seconds"]) == 3
    assert set(Appointment.objects.values_list("pk", "state")) == before
    assert Course.objects.count() == 0
