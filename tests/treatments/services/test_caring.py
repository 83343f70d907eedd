"""Clients are asked back once, when it is time, and not when a visit is ahead."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Appointment
from clinic.celery import app
from clinic.models import CallEntry, Message, MessageRule, Purpose
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.support.aftercare import complete, keep, make_weekly, other_clients
from tests.support.telling import answer, consent
from treatments import tasks
from treatments.models import CoursePause
from treatments.services.caring import write_overdue, write_recalls
from treatments.services.maintenance import end_maintenance, pause_maintenance, set_interval

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
OVERDUE = date(2027, 6, 22)
"""The first session was on 7 June; the gap's recommended maximum is 14 days."""
DUE = NOW.date()


@pytest.fixture
def clinic():
    return make_small_clinic()


def waits(clinic, client=None):
    """A course with its first session done and nothing else booked."""
    course = make_weekly(clinic, client)
    complete(course, 1)
    Appointment.objects.filter(session_visit__session__course=course, state="booked").update(
        state="cancelled", cancelled_by_client=True
    )
    Message.objects.all().delete()
    return course


def written(*kinds: str) -> list[tuple[str, datetime]]:
    rows = Message.objects.filter(kind__in=kinds) if kinds else Message.objects.all()
    return [(row.kind, row.due_at) for row in rows.order_by("pk")]


def test_client_is_missed_the_day_after_the_recommended_maximum(clinic) -> None:
    course = waits(clinic)

    counts = [write_overdue(now=at(OVERDUE - DAY, 12)), write_overdue(now=at(OVERDUE, 7))]

    row = Message.objects.get()
    assert counts == [0, 1]
    assert (row.kind, row.client, row.due_at) == ("course_overdue", clinic.alice, at(OVERDUE, 9))
    assert (row.about, row.about_id) == ("course_gap", course.pk)
    assert CallEntry.objects.count() == 0


def test_client_is_missed_once_in_a_gap(clinic) -> None:
    course = waits(clinic)
    for hour in (9, 10, 11):
        write_overdue(now=at(OVERDUE, hour))
    course.version += 5
    course.save(update_fields=["version"])

    assert write_overdue(now=at(OVERDUE + DAY, 9)) == 0
    assert Message.objects.count() == 1


def test_staff_call_a_week_later_once(clinic) -> None:
    course = waits(clinic)
    write_overdue(now=at(OVERDUE, 9))

    counts = [write_overdue(now=at(OVERDUE + n * DAY, 9)) for n in (6, 7, 8)]

    entry = CallEntry.objects.get()
    assert counts == [0, 1, 0]
    assert (entry.reason, entry.about, entry.about_id) == ("overdue", "course_gap", course.pk)
    assert (entry.client, entry.call_by, entry.settled_at) == (clinic.alice, None, None)


def test_call_is_ticked_off_when_the_course_goes_on(clinic) -> None:
    course = waits(clinic)
    write_overdue(now=at(OVERDUE + 7 * DAY, 9))
    Appointment.objects.filter(pk=course.sessions.get(number=2).visits.get().appointment_id).update(
        state="booked", cancelled_by_client=False
    )

    write_overdue(now=at(OVERDUE + 7 * DAY, 10))

    assert CallEntry.objects.get().settled_at == at(OVERDUE + 7 * DAY, 10)


def test_client_is_not_written_to_weeks_late(clinic) -> None:
    waits(clinic)

    write_overdue(now=at(OVERDUE + 15 * DAY, 9))

    assert Message.objects.count() == 0
    assert CallEntry.objects.count() == 1


def test_paused_course_is_not_missed(clinic) -> None:
    course = waits(clinic)
    CoursePause.objects.create(
        course=course, first_date=date(2027, 6, 20), end_date=date(2027, 7, 20)
    )

    assert write_overdue(now=at(OVERDUE + 7 * DAY, 9)) == 0


def test_course_with_a_visit_left_open_is_not_missed(clinic) -> None:
    course = waits(clinic)
    visit = course.sessions.get(number=2).visits.get().appointment_id
    Appointment.objects.filter(pk=visit).update(state="booked", cancelled_by_client=False)

    assert write_overdue(now=at(OVERDUE + 7 * DAY, 9)) == 0


def test_rules_that_are_switched_off_write_nothing(clinic) -> None:
    waits(clinic)
    MessageRule.objects.filter(name__startswith="course-overdue").update(is_active=False)

    assert write_overdue(now=at(OVERDUE + 7 * DAY, 9)) == 0
    assert not CallEntry.objects.exists()


def test_rule_changed_by_a_manager_counts(clinic) -> None:
    waits(clinic)
    MessageRule.objects.filter(name="course-overdue").update(minutes=3 * 1440)

    counts = [write_overdue(now=at(OVERDUE + n * DAY, 9)) for n in (2, 3)]

    assert counts == [0, 1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "booked", "cancelled_by_client": False}, "The course does not wait any more."),
        ({"state": "cancelled"}, None),
    ],
)
def test_missing_somebody_is_asked_again_when_it_is_sent(change, reason, clinic) -> None:
    course = waits(clinic)
    write_overdue(now=at(OVERDUE, 9))
    visit = course.sessions.get(number=2).visits.get().appointment_id
    Appointment.objects.filter(pk=visit).update(**change)

    said = answer(Message.objects.get(), at(OVERDUE, 9))

    assert getattr(said, "reason", None) == reason


def test_finding_courses_takes_the_same_queries_for_any_number(clinic) -> None:
    waits(clinic)
    with CaptureQueriesContext(connection) as one:
        write_overdue(now=at(OVERDUE + 12 * DAY, 9))
    for client in other_clients(clinic, 3):
        waits(clinic, client)
    CallEntry.objects.all().delete()
    with CaptureQueriesContext(connection) as four:
        write_overdue(now=at(OVERDUE + 12 * DAY, 9))

    assert (len(one), len(four)) == (15, 15)
    assert CallEntry.objects.count() == 4


def recalls(clinic, days: int = 0, client=None):
    """Maintenance that is due in so many days, of a client who wants to be reminded."""
    row = keep(clinic, client, last_date=DUE - 84 * DAY + days * DAY)
    consent(row.client, Purpose.RECALL, "email")
    Message.objects.all().delete()
    return row


@pytest.mark.parametrize(
    ("days", "kind"), [(14, "recall_before"), (0, "recall_due"), (-28, "recall_after")]
)
def test_recall_is_written_on_its_day_at_nine(days, kind, clinic) -> None:
    row = recalls(clinic, days)

    counts = [write_recalls(now=at(DUE, hour)) for hour in (8, 9, 10)]

    message = Message.objects.get()
    assert counts == [0, 1, 0]
    assert (message.kind, message.due_at) == (kind, at(DUE, 9))
    assert (message.about, message.about_id) == ("maintenance", row.pk)
    assert message.about_version == (DUE + days * DAY).toordinal()


@pytest.mark.parametrize("days", [15, 13 - 7, -8, -36, -60])
def test_no_recall_between_the_days(days, clinic) -> None:
    recalls(clinic, days)

    assert write_recalls(now=at(DUE, 12)) == 0


def test_recall_that_a_manager_put_earlier_or_later_counts(clinic) -> None:
    recalls(clinic, 30)
    MessageRule.objects.filter(name="recall-before").update(minutes=-30 * 1440)
    MessageRule.objects.filter(name="recall-after").update(minutes=50 * 1440)

    for day in range(90):
        write_recalls(now=at(DUE + day * DAY, 12))

    assert written() == [
        ("recall_before", at(DUE, 9)),
        ("recall_due", at(DUE + 30 * DAY, 9)),
        ("recall_after", at(DUE + 80 * DAY, 9)),
    ]
    assert answer(Message.objects.get(kind="recall_before"), at(DUE, 12)).about.view.row.pk


def test_all_three_recalls_of_a_due_date_are_written_once(clinic) -> None:
    recalls(clinic, 14)

    for day in range(60):
        write_recalls(now=at(DUE + day * DAY, 12))

    assert written() == [
        ("recall_before", at(DUE, 9)),
        ("recall_due", at(DUE + 14 * DAY, 9)),
        ("recall_after", at(DUE + 42 * DAY, 9)),
    ]


def test_recall_needs_its_own_consent(clinic) -> None:
    keep(clinic, last_date=DUE - 84 * DAY)
    consent(clinic.alice)
    Message.objects.all().delete()

    assert write_recalls(now=at(DUE, 12)) == 0
    assert not Message.objects.exists()


def test_visit_ahead_stops_recalls(clinic) -> None:
    recalls(clinic)
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(DUE + 9 * DAY, 10))
    Message.objects.all().delete()

    assert write_recalls(now=at(DUE, 12)) == 0


def test_visit_booked_after_it_was_written_stops_a_recall(clinic) -> None:
    recalls(clinic)
    write_recalls(now=at(DUE, 12))
    row = Message.objects.get()
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(DUE + 9 * DAY, 10))

    assert answer(row, at(DUE, 12)).reason == "A next visit is booked."


def ended(row, clinic) -> str:
    end_maintenance(maintenance=row, by=clinic.rosa, now=NOW)
    return "Maintenance has ended."


def paused(row, clinic) -> str:
    pause_maintenance(maintenance=row, until=DUE + 30 * DAY, by=clinic.rosa, now=NOW)
    return "No visit is due then any more."


def rarer(row, clinic) -> str:
    set_interval(maintenance=row, weeks=16, by=clinic.rosa, now=NOW)
    return "No visit is due then any more."


@pytest.mark.parametrize("change", [ended, paused, rarer])
def test_recall_is_dropped_when_it_is_not_due_any_more(change, clinic) -> None:
    row = recalls(clinic)
    write_recalls(now=at(DUE, 12))

    reason = change(row, clinic)

    assert answer(Message.objects.get(), at(DUE, 12)).reason == reason


def test_recall_is_skipped_after_a_week(clinic) -> None:
    recalls(clinic)
    write_recalls(now=at(DUE, 12))

    said = answer(Message.objects.get(), at(DUE + 8 * DAY, 12))

    assert said.reason == "Too late to be of use."


def test_completed_visit_begins_a_new_row_of_recalls(clinic) -> None:
    recalls(clinic)
    write_recalls(now=at(DUE, 12))
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(DUE + DAY, 10))
    Appointment.objects.filter(pk=visit.pk).update(state="completed")
    again = DUE + 85 * DAY

    write_recalls(now=at(again, 12))

    assert written("recall_due") == [("recall_due", at(DUE, 9)), ("recall_due", at(again, 9))]


def test_recalls_take_the_same_queries_for_any_number(clinic) -> None:
    recalls(clinic)
    with CaptureQueriesContext(connection) as one:
        write_recalls(now=at(DUE, 12))
    for client in other_clients(clinic, 3):
        recalls(clinic, client=client)
    with CaptureQueriesContext(connection) as four:
        write_recalls(now=at(DUE, 12))

    assert (len(one), len(four)) == (7, 7)
    assert Message.objects.filter(kind="recall_due").count() == 4


def test_beat_looks_often_and_the_tasks_may_run_twice(clinic) -> None:
    recalls(clinic)
    waits(clinic, clinic.bea)
    Message.objects.all().delete()

    with time_machine.travel(at(DUE, 12), tick=False):
        due = [tasks.write_recalls(), tasks.write_recalls()]
    with time_machine.travel(at(OVERDUE + DAY, 12), tick=False):
        overdue = [tasks.write_overdue(), tasks.write_overdue()]

    assert (due, overdue) == ([1, 0], [1, 0])
    for name, task in (
        ("write-recalls", tasks.write_recalls),
        ("write-overdue", tasks.write_overdue),
        ("write-day-lists", tasks.write_day_lists),
        ("write-cover-needed", tasks.write_cover_needed),
    ):
        assert app.conf.beat_schedule[name]["task"] == task.name
