"""Visits of the past that nobody closed at the time."""

from datetime import timedelta

import pytest

from bookings.domain.lifecycle import State
from bookings.models import Appointment, StatusChange
from bookings.refusals import TooLateToChange
from bookings.services.status import close_left_open, record_status, undo_status
from clinic.refusals import AlreadyChanged, NotAllowed
from tests.factories.bookings import book_visit
from tests.factories.clinic import TODAY, SmallClinic, at, make_small_clinic

pytestmark = pytest.mark.django_db
OVER = at(TODAY, 18)


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def visit(clinic: SmallClinic) -> Appointment:
    return book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TODAY, 10))


def test_booked_visit_is_completed_in_one_step_once_it_is_over(
    clinic: SmallClinic, visit: Appointment
) -> None:
    close_left_open(appointment=visit, to_state=State.COMPLETED, by=clinic.rosa, now=OVER)

    last = StatusChange.objects.latest("pk")
    assert (last.from_state, last.to_state, last.by) == ("booked", "completed", clinic.rosa)
    assert visit.reservations.count() == 5


def test_missed_visit_sets_its_time_free(clinic: SmallClinic, visit: Appointment) -> None:
    close_left_open(appointment=visit, to_state=State.NO_SHOW, by=clinic.rosa, now=OVER)

    assert visit.reservations.count() == 0


def test_closing_can_be_undone_for_15_minutes(clinic: SmallClinic, visit: Appointment) -> None:
    close_left_open(appointment=visit, to_state=State.NO_SHOW, by=clinic.rosa, now=OVER)

    undo_status(appointment=visit, by=clinic.rosa, now=OVER + timedelta(minutes=15))

    assert visit.state == "booked"
    assert visit.reservations.count() == 5


def test_visit_that_is_not_over_can_not_be_closed(clinic: SmallClinic, visit: Appointment) -> None:
    with pytest.raises(TooLateToChange):
        close_left_open(
            appointment=visit, to_state=State.COMPLETED, by=clinic.rosa, now=at(TODAY, 10, 30)
        )

    assert visit.state == "booked"


def test_arrived_visit_can_not_be_closed_as_missed(clinic: SmallClinic, visit: Appointment) -> None:
    record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.rosa, now=at(TODAY, 10))

    with pytest.raises(AlreadyChanged):
        close_left_open(appointment=visit, to_state=State.NO_SHOW, by=clinic.rosa, now=OVER)


def test_closing_twice_changes_nothing(clinic: SmallClinic, visit: Appointment) -> None:
    close_left_open(appointment=visit, to_state=State.COMPLETED, by=clinic.rosa, now=OVER)
    count = StatusChange.objects.count()

    close_left_open(appointment=visit, to_state=State.COMPLETED, by=clinic.rosa, now=OVER)

    assert StatusChange.objects.count() == count


def test_client_may_not_close_a_visit(clinic: SmallClinic, visit: Appointment) -> None:
    assert clinic.alice.user is not None
    with pytest.raises(NotAllowed):
        close_left_open(appointment=visit, to_state=State.COMPLETED, by=clinic.alice.user, now=OVER)
