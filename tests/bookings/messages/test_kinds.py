"""A message about a visit is wanted only while what it tells is true."""

from datetime import date, timedelta

import pytest

from bookings.messages.kinds import KINDS, VISIT
from bookings.messages.writing import VisitNow
from bookings.models import Appointment
from clinic.messaging.registry import Dropped, Skipped, Wanted, kind_named, topic_named
from clinic.models import Message
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)
NINE = at(TUESDAY, 9)
BOOKED = ["visit_booked", "visit_moved", "visit_first", "visit_early", "visit_last"]
REMINDERS = ["visit_first", "visit_early", "visit_last"]


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def visit(clinic):
    return book_visit(clinic.alice, clinic.follow_up, clinic.location, NINE)


def message(visit, kind: str, client=None, **details) -> Message:
    return Message.objects.create(
        kind=kind,
        dedupe_key=f"{kind}:{visit.pk}",
        client=client or visit.client,
        about=VISIT,
        about_id=visit.pk,
        about_version=0,
        details=details,
        due_at=NOW,
        created_at=NOW,
    )


def answer(row: Message, now=NOW):
    kind = kind_named(row.kind)
    assert kind is not None
    return kind.wanted([row], now)[row.pk]


def change(visit, **fields) -> None:
    Appointment.objects.filter(pk=visit.pk).update(**fields)


@pytest.mark.parametrize("kind", BOOKED)
def test_message_is_wanted_while_the_visit_stands(kind, visit) -> None:
    found = answer(message(visit, kind))

    assert isinstance(found, Wanted)
    assert found.about == VisitNow(visit, NOW)


@pytest.mark.parametrize(
    "changed", [{"version": 1}, {"state": "cancelled"}, {"state": "arrived"}, {"state": "no_show"}]
)
@pytest.mark.parametrize("kind", BOOKED)
def test_message_is_dropped_when_the_visit_changed(kind, changed, visit) -> None:
    row = message(visit, kind)
    change(visit, **changed)

    assert isinstance(answer(row), Dropped)


def test_cancellation_is_wanted_only_while_it_stands(visit) -> None:
    row = message(visit, "visit_cancelled")
    assert isinstance(answer(row), Dropped)

    change(visit, state="cancelled")
    assert isinstance(answer(row), Wanted)


def test_message_to_somebody_else_is_dropped(visit, clinic) -> None:
    assert isinstance(answer(message(visit, "visit_booked", client=clinic.bea)), Dropped)


def test_message_about_no_visit_is_dropped(visit) -> None:
    row = message(visit, "visit_booked")
    row.about_id = 0

    assert isinstance(answer(row), Dropped)


@pytest.mark.parametrize("kind", BOOKED)
def test_message_that_comes_after_the_visit_began_is_left_out(kind, visit) -> None:
    row = message(visit, kind)

    assert isinstance(answer(row, NINE - timedelta(seconds=1)), Wanted)
    assert isinstance(answer(row, NINE), Skipped)


@pytest.mark.parametrize("kind", REMINDERS)
def test_reminder_that_comes_too_late_is_left_out(kind, visit) -> None:
    row = message(visit, kind, until=(NOW + timedelta(hours=1)).isoformat())

    assert isinstance(answer(row, NOW + timedelta(hours=1)), Wanted)
    assert isinstance(answer(row, NOW + timedelta(hours=1, seconds=1)), Skipped)


@pytest.mark.parametrize(("kind", "expected"), [("visit_early", Wanted), ("visit_last", Dropped)])
def test_promise_drops_the_last_reminder_alone(kind, expected, visit) -> None:
    row = message(visit, kind)
    change(visit, promised_at=NOW, promised_version=0)

    assert isinstance(answer(row), expected)


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_many_cost_as_many_queries_as_two(kind, visit, clinic, django_assert_num_queries) -> None:
    other = book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 14))
    rows = [message(visit, kind), message(other, kind)]
    found = kind_named(kind)
    assert found is not None

    # Visits, their places, their services; for reminders: who is away, and open offers.
    with django_assert_num_queries(5 if kind in REMINDERS else 3):
        assert set(found.wanted(rows, NOW)) == {row.pk for row in rows}


def test_reminders_alone_keep_quiet_hours() -> None:
    assert [kind.name for kind in KINDS if kind.keeps_quiet] == REMINDERS


def test_staff_are_told_which_visit_it_is(visit, django_assert_num_queries) -> None:
    topic = topic_named(VISIT)
    assert topic is not None

    with django_assert_num_queries(1):
        found = topic.describe([visit.pk, 0])

    assert list(found) == [visit.pk]
    assert found[visit.pk].words == "Tuesday 8 June, 9am with Chen Li"
    assert found[visit.pk].url == f"/day/visits/{visit.public_id}/"
