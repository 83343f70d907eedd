"""Background work of courses."""

from datetime import timedelta

import pytest
import time_machine

from bookings.models import Appointment
from clinic.celery import app
from tests.factories.clinic import make_small_clinic
from tests.support.aftercare import complete, make_weekly, miss
from treatments.models import Repair
from treatments.tasks import plan_repairs

pytestmark = pytest.mark.django_db


def test_repairs_are_planned_once_and_let_go_when_their_time_ran_out():
    clinic = make_small_clinic()
    course = make_weekly(clinic)
    complete(course, 1)
    _wanted, now = miss(course, 2, clinic)

    with time_machine.travel(now, tick=False):
        done = [plan_repairs(), plan_repairs()]
    repair = Repair.objects.get()
    with time_machine.travel(repair.expires_at + timedelta(seconds=1), tick=False):
        let_go = [plan_repairs(), plan_repairs()]

    assert (done, let_go) == ([1, 0], [1, 0])
    assert Appointment.objects.filter(state="held").count() == 1
    assert Repair.objects.get().state == "released"


def test_beat_looks_for_repairs_every_minute():
    assert app.conf.beat_schedule["plan-repairs"]["task"] == plan_repairs.name
    assert app.conf.beat_schedule["plan-repairs"]["schedule"] == 60
