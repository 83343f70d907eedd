"""A manager closes a visit in session for a practitioner who can't, by the same rules."""

from datetime import timedelta

import pytest

from bookings.domain.lifecycle import State
from bookings.models import Appointment, StatusChange
from bookings.services.needling import (
    ImpossibleCount,
    NeedlesNotCounted,
    record_needles_in,
    record_needles_out,
)
from bookings.services.standing_in import Count, ReasonMissing, close_for_absent
from clinic.refusals import AlreadyChanged, NotAllowed
from tests.factories.bookings import begin_visit, book_visit, fresh
from tests.factories.clinic import TODAY, SmallClinic, at, make_small_clinic

pytestmark = pytest.mark.django_db

TEN = at(TODAY, 10)
ELEVEN = at(TODAY, 11)


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def visit(clinic: SmallClinic) -> Appointment:
    return begin_visit(book_visit(clinic.alice, clinic.follow_up, clinic.location, TEN))


def close(visit: Appointment, clinic: SmallClinic, *counted, reason="Went home", by=None):
    return close_for_absent(
        appointment=visit, count=Count(*counted), reason=reason, by=by or clinic.mia, now=ELEVEN
    )


def needles(visit: Appointment) -> list[tuple[str, int | None, object]]:
    rows = visit.needle_changes.order_by("pk").select_related("by")
    return [(row.kind, row.count, row.by) for row in rows]


def test_manager_counts_both_numbers_and_the_story_says_why(visit, clinic):
    close(visit, clinic, 40, 40)

    last = StatusChange.objects.latest("pk")
    assert (last.to_state, last.by) == ("completed", clinic.mia)
    assert last.reason == "Closed in place of Chen Li: Went home"
    assert needles(visit) == [("in", 40, clinic.mia), ("out", 40, clinic.mia)]
    assert fresh(visit).state_now is State.COMPLETED


def test_number_of_the_practitioner_is_kept(visit, clinic):
    by = clinic.chen.user
    record_needles_in(appointment=visit, count=38, by=by, now=TEN + timedelta(minutes=20))

    close(visit, clinic, 12, 38)

    assert needles(visit) == [("in", 38, by), ("out", 38, clinic.mia)]


def test_unequal_numbers_wait_for_the_search(visit, clinic):
    with pytest.raises(NeedlesNotCounted):
        close(visit, clinic, 40, 39)
    assert (fresh(visit).state, needles(visit)) == ("in_session", [])

    close(visit, clinic, 40, 39, True)

    assert [kind for kind, _count, _by in needles(visit)] == ["in", "out", "searched"]


@pytest.mark.parametrize("counted", [(), (40,), (None, 40)])
def test_without_a_number_nothing_is_closed(counted, visit, clinic):
    with pytest.raises(NeedlesNotCounted):
        close(visit, clinic, *counted)

    assert (fresh(visit).state, needles(visit)) == ("in_session", [])


@pytest.mark.parametrize("counted", [(0, 0), (301, 301), (40, -1)])
def test_impossible_number_is_refused(counted, visit, clinic):
    with pytest.raises(ImpossibleCount):
        close(visit, clinic, *counted)


def test_blank_reason_is_refused(visit, clinic):
    with pytest.raises(ReasonMissing):
        close(visit, clinic, 40, 40, reason="  ")


def test_nobody_but_a_manager_stands_in(visit, clinic):
    for user in (clinic.rosa, clinic.dora.user, clinic.chen.user, clinic.alice.user):
        with pytest.raises(NotAllowed):
            close(visit, clinic, 40, 40, by=user)

    assert fresh(visit).state == "in_session"


def test_second_time_changes_nothing(visit, clinic):
    close(visit, clinic, 40, 40)

    close(fresh(visit), clinic, 12, 12)

    assert len(needles(visit)) == 2


def test_visit_that_somebody_closed_meanwhile_is_refused(visit, clinic):
    stale = fresh(visit)
    by = clinic.chen.user
    record_needles_in(appointment=visit, count=40, by=by, now=TEN)
    record_needles_out(appointment=visit, count=40, by=by, now=TEN)
    close(visit, clinic)

    with pytest.raises(AlreadyChanged):
        close(stale, clinic)


def test_visit_that_nobody_started_is_refused(clinic):
    visit = fresh(book_visit(clinic.alice, clinic.follow_up, clinic.location, TEN))

    with pytest.raises(AlreadyChanged):
        close(visit, clinic, 40, 40)
