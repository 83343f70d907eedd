"""Reminders that are due are written once, whoever looks, and however late."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from bookings import tasks
from bookings.domain.reminders import Reminder
from bookings.messages.kinds import REMINDER_KINDS
from bookings.models import Appointment, TimeOff
from bookings.selectors.reminders import visits_to_remind
from bookings.services.by_link import promise_by_link
from bookings.services.cancelling import cancel_appointment
from bookings.services.moving import move_appointment
from bookings.services.reminding import write_due_reminders
from bookings.services.time_off import end_time_off, take_time_off
from clinic.messaging.dispatcher import send_due
from clinic.models import CallEntry, Consent, Location, Message, MessageRule, Purpose
from clinic.selectors.catalogue import catalogue
from tests.bookings.test_cover import make_copies
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic

pytestmark = pytest.mark.django_db

THURSDAY = date(2027, 6, 17)
TWO_PM = at(THURSDAY, 14)
EARLY, LAST = at(date(2027, 6, 14), 14), at(date(2027, 6, 16), 10)
"""Three days, and 28 hours, before 2pm on that Thursday."""
MINUTE = timedelta(minutes=1)
KINDS = list(REMINDER_KINDS.values())


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def visit(clinic):
    return booked(clinic)


def booked(clinic, service=None, starts_at: datetime = TWO_PM, now=NOW) -> Appointment:
    visit = book_visit(
        clinic.alice, service or clinic.follow_up, clinic.location, starts_at, now=now
    )
    return Appointment.objects.with_people().get(pk=visit.pk)


def written() -> list[tuple[str, int]]:
    rows = Message.objects.filter(kind__in=KINDS).order_by("pk")
    return [(row.kind, row.about_version) for row in rows]


def test_each_reminder_is_written_when_its_moment_comes(visit) -> None:
    counts = [write_due_reminders(now=now) for now in (EARLY - MINUTE, EARLY, EARLY + MINUTE, LAST)]

    assert counts == [0, 1, 0, 1]
    assert written() == [("visit_early", 0), ("visit_last", 0)]
    last = Message.objects.get(kind="visit_last")
    assert (last.due_at, last.client, last.location) == (LAST, visit.client, visit.location)
    assert last.details == {"until": at(THURSDAY, 10).isoformat()}


def test_first_visit_is_prepared_a_week_before(clinic) -> None:
    booked(clinic, clinic.first_visit, at(date(2027, 6, 21), 14))

    write_due_reminders(now=at(date(2027, 6, 14), 14))

    assert written() == [("visit_first", 0)]


def test_reminder_goes_by_every_channel_that_is_allowed(visit) -> None:
    Consent.objects.create(
        client=visit.client,
        purpose=Purpose.SERVICE,
        channel="sms",
        given=True,
        source=Consent.Source.PREFERENCES,
        at=NOW,
    )

    write_due_reminders(now=EARLY)

    assert set(Message.objects.filter(kind="visit_early").values_list("channel", flat=True)) == {
        "email",
        "sms",
    }


def test_client_without_consent_is_reminded_of_nothing(visit) -> None:
    Consent.objects.create(
        client=visit.client,
        purpose=Purpose.SERVICE,
        channel="email",
        given=False,
        source=Consent.Source.PREFERENCES,
        at=NOW,
    )

    assert (write_due_reminders(now=EARLY), written()) == (0, [])


@pytest.mark.parametrize(("now", "calls"), [(EARLY, 0), (LAST, 1)])
def test_who_has_no_address_is_called_in_place_of_the_last_reminder(now, calls, visit) -> None:
    visit.client.email = ""
    visit.client.save()

    for _ in range(2):
        write_due_reminders(now=now)

    assert written() == []
    found = [(row.reason, row.call_by) for row in CallEntry.objects.all()]
    assert found == [("no_address", visit.starts_at)] * calls


def test_moved_visit_is_reminded_of_at_its_new_time(visit, clinic) -> None:
    write_due_reminders(now=EARLY)
    friday = at(date(2027, 6, 18), 14)
    move_appointment(
        appointment=visit,
        starts_at=friday,
        practitioner_id=None,
        catalogue=catalogue(),
        by=clinic.rosa,
        now=EARLY + MINUTE,
        override_reason="agreed by phone",
    )

    assert write_due_reminders(now=at(date(2027, 6, 15), 14)) == 1
    assert written() == [("visit_early", 0), ("visit_early", 1)]


def test_cancelled_visit_is_reminded_of_never(visit, clinic) -> None:
    cancel_appointment(appointment=visit, by=clinic.rosa, now=NOW)

    assert write_due_reminders(now=LAST) == 0


def test_promise_drops_the_last_reminder_and_a_move_takes_the_promise_back(visit, clinic) -> None:
    promise_by_link(appointment=visit, now=EARLY)
    assert write_due_reminders(now=LAST) == 0

    move_appointment(
        appointment=visit,
        starts_at=at(date(2027, 6, 21), 14),
        practitioner_id=None,
        catalogue=catalogue(),
        by=clinic.rosa,
        now=LAST,
        override_reason="agreed by phone",
    )
    write_due_reminders(now=at(date(2027, 6, 20), 10))
    assert written() == [("visit_last", 1)]


def test_visit_booked_just_before_a_reminder_gets_none(clinic) -> None:
    booked(clinic, now=LAST - timedelta(hours=3))

    assert write_due_reminders(now=LAST) == 0


def test_hold_is_reminded_of_from_when_it_was_confirmed(visit) -> None:
    visit.status_changes.model.objects.create(
        appointment=visit, from_state="held", to_state="booked", at=LAST - MINUTE
    )

    assert write_due_reminders(now=LAST) == 0


def test_beat_that_was_down_for_five_hours_loses_nothing(visit) -> None:
    assert write_due_reminders(now=LAST + timedelta(hours=5)) == 1


def test_beat_that_was_down_for_two_days_sends_what_still_makes_sense(clinic) -> None:
    booked(clinic)
    booked(clinic, starts_at=at(date(2027, 6, 18), 14))

    write_due_reminders(now=at(THURSDAY, 11))

    rows = Message.objects.filter(kind__in=KINDS)
    assert [(row.kind, row.due_at) for row in rows] == [("visit_last", at(THURSDAY, 10))]


def test_rule_that_a_manager_changed_counts_at_once(visit) -> None:
    MessageRule.objects.filter(name="visit-early").update(minutes=-5 * 24 * 60)
    MessageRule.objects.filter(name="visit-last").update(is_active=False)

    assert write_due_reminders(now=at(date(2027, 6, 12), 14)) == 1
    assert write_due_reminders(now=LAST) == 0


def test_task_reads_the_clock(visit) -> None:
    with time_machine.travel(EARLY, tick=False):
        assert tasks.write_due_reminders() == 1
        assert tasks.write_due_reminders() == 0


def test_reminder_dropped_for_time_off_waits_again_once_that_is_taken_back(visit, clinic) -> None:
    write_due_reminders(now=EARLY)
    off = take_time_off(
        time_off=TimeOff(
            kind="away",
            practitioner=clinic.chen,
            starts_at=at(THURSDAY, 0),
            ends_at=at(date(2027, 6, 18), 0),
        ),
        by=clinic.rosa,
    )
    send_due(clock=lambda: EARLY)
    dropped = Message.objects.get(kind="visit_early")

    while_away = write_due_reminders(now=EARLY + MINUTE)
    end_time_off(time_off=off, by=clinic.rosa)
    after = [write_due_reminders(now=EARLY + n * MINUTE) for n in (2, 3)]

    assert dropped.state == "dropped"
    assert (while_away, after) == (0, [1, 0])
    row = Message.objects.get(kind="visit_early")
    assert (row.state, row.reason, row.due_at) == ("due", "", EARLY)


def test_visit_at_a_location_out_of_use_is_not_reminded_of(visit, clinic) -> None:
    Location.objects.filter(pk=clinic.location.pk).update(is_active=False)

    assert write_due_reminders(now=EARLY) == 0


def test_more_than_one_batch_is_written_whole(visit, monkeypatch) -> None:
    monkeypatch.setattr("bookings.services.reminding.BATCH", 7)
    make_copies(23)

    assert write_due_reminders(now=EARLY + timedelta(hours=3)) == 24


@pytest.mark.parametrize("copies", [0, 20])
def test_round_costs_the_same_queries_for_one_and_many(
    copies, visit, django_assert_num_queries
) -> None:
    make_copies(copies)

    # Rules and locations; three searches; for the one kind that is due a savepoint around
    # reach, two for visits that will hardly take place, what was dropped, and the messages.
    with django_assert_num_queries(12):
        write_due_reminders(now=EARLY + timedelta(hours=3))


def test_hundred_thousand_visits_ahead_are_searched_by_the_index(visit) -> None:
    make_copies(100_000)
    make_messages_of_others(50_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bookings_appointment, bookings_statuschange, clinic_message")
    locations = list(Location.objects.all())

    for reminder, rule in (
        (Reminder.EARLY, timedelta(days=-3)),
        (Reminder.LAST, timedelta(hours=-28)),
        (Reminder.FIRST, timedelta(days=-7)),
    ):
        kind = REMINDER_KINDS[reminder]
        found = visits_to_remind(reminder, kind, rule, locations, LAST)
        plan = found[:500].explain(analyze=True)

        assert "appointment_day" in plan
        assert "Seq Scan on bookings_appointment" not in plan
        assert "Seq Scan on clinic_message" not in plan
        assert rows_removed(plan) < 100 * 500


def make_messages_of_others(count: int) -> None:
    """Have an outbox that was used for years."""
    Message.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clinic_message (public_id, dedupe_key, kind, channel, client_id, about,"
            " about_id, about_version, details, due_at, created_at, state, reason, tries,"
            " recovered, last_error, provider_id, address, subject)"
            " SELECT gen_random_uuid(), 'old:' || n, 'visit_early', 'email', client.id, 'visit',"
            " 10000000 + n, 0, '{}', now(), now(), 'skipped', 'old', 0, false, '', '', '', ''"
            " FROM generate_series(1, %s) AS n, (SELECT min(id) AS id FROM clinic_client) AS client"
            " WHERE client.id IS NOT NULL",
            [count],
        )


def rows_removed(plan: str) -> int:
    """Count the rows that a plan read and threw away."""
    return sum(int(line.split(":")[1]) for line in plan.splitlines() if "Rows Removed by" in line)
