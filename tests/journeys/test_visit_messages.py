"""A client books, moves and cancels in pages; mails with entries for the calendar follow."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.urls import reverse
from icalendar import Calendar

from bookings.models import Appointment
from bookings.services.cancelling import cancel_appointment
from bookings.services.reminding import write_due_reminders
from bookings.views.picker import value_of
from clinic.messaging.demo_mailbox import newest_mails
from clinic.messaging.dispatcher import send_due
from clinic.models import CallEntry, Message
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at
from tests.support.walking import check_url, hold_time

THURSDAY = date(2027, 6, 17)
NINE, ELEVEN = at(THURSDAY, 9), at(THURSDAY, 11)
GRACE = timedelta(minutes=3)


@pytest.fixture(autouse=True)
def mail_files(settings, tmp_path) -> Path:
    """Write mails into files, as `make run` does."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    cache.clear()
    return tmp_path


@pytest.fixture
def alice(clinic, visitor):
    visitor.force_login(clinic.alice.user)
    return visitor


def send(now):
    return send_due(clock=lambda: now)


def newest(folder: Path):
    """Return the newest mail, and the calendar and the event that came with it."""
    mail = max(newest_mails(folder), key=lambda found: (found.file, found.number))
    [part] = mail.enclosures
    calendar = Calendar.from_ical(part.content)
    [event] = calendar.walk("VEVENT")
    return mail, calendar, event


def test_visit_booked_moved_and_cancelled_stays_one_entry_of_the_calendar(
    clinic, alice, clock, mail_files
):
    # Given a client who booked in pages
    hold = hold_time(alice, clinic, NINE)
    assert alice.post(check_url(hold)).status_code == 302
    assert send(NOW + timedelta(minutes=1)) == {}

    # When the grace is over
    assert send(NOW + 2 * GRACE) == {"sent": 1}

    # Then the mail carries a request with sequence 0
    mail, calendar, event = newest(mail_files)
    assert (mail.to, mail.subject) == (
        "alice@example.com",
        "Your appointment on Thursday 17 June, 9am",
    )
    assert (str(calendar["METHOD"]), event["SEQUENCE"]) == ("REQUEST", 0)
    uid = str(event["UID"])
    assert (uid, event.start) == (str(hold.public_id), NINE)

    # When the visit is moved
    clock.move_to(NOW + timedelta(hours=1))
    url = reverse("appointment-move", args=[hold.public_id])
    assert alice.post(url, {"time": value_of(ELEVEN)}).status_code == 302
    assert send(NOW + timedelta(hours=1) + 2 * GRACE) == {"sent": 1}

    # Then the same entry gets sequence 1
    mail, calendar, event = newest(mail_files)
    assert mail.subject == "Your new time: Thursday 17 June, 11am"
    assert "It was on Thursday 17 June, 9am" in mail.text
    assert (str(calendar["METHOD"]), event["SEQUENCE"]) == ("REQUEST", 1)
    assert (str(event["UID"]), event.start) == (uid, ELEVEN)

    # When it is cancelled
    clock.move_to(NOW + timedelta(hours=2))
    url = reverse("appointment-cancel", args=[hold.public_id])
    assert alice.post(url).status_code == 302
    assert send(NOW + timedelta(hours=2) + 2 * GRACE) == {"sent": 1}

    # Then the entry is taken back
    mail, calendar, event = newest(mail_files)
    assert mail.subject == "Cancelled: your appointment on Thursday 17 June, 11am"
    assert (str(calendar["METHOD"]), event["SEQUENCE"]) == ("CANCEL", 2)
    assert (str(event["UID"]), str(event["STATUS"])) == (uid, "CANCELLED")


def test_slip_that_is_cancelled_within_the_grace_sends_nothing(clinic, alice, mail_files):
    hold = hold_time(alice, clinic, NINE)
    alice.post(check_url(hold))
    alice.post(reverse("appointment-cancel", args=[hold.public_id]))

    assert send(NOW + 2 * GRACE) == {}
    assert newest_mails(mail_files) == []


def test_reminders_follow_the_clock_and_end_with_a_promise(clinic, alice, clock, mail_files):
    visit = book_visit(clinic.alice, clinic.first_visit, clinic.location, at(THURSDAY, 14))
    send(NOW + GRACE)
    subjects = []
    for moment in (at(date(2027, 6, 10), 14), at(date(2027, 6, 14), 14)):
        assert write_due_reminders(now=moment) == 1
        assert send(moment) == {"sent": 1}
        subjects.append(newest_mails(mail_files)[0].subject)
    assert subjects == [
        "Before you come on Thursday 17 June, 2pm",
        "See you on Thursday 17 June, 2pm",
    ]

    # The last one is written, and then the client says "I'll be there".
    last = at(date(2027, 6, 16), 10)
    assert write_due_reminders(now=last) == 1
    Appointment.objects.filter(pk=visit.pk).update(promised_at=last, promised_version=0)

    assert send(last) == {"dropped": 1}
    assert Message.objects.get(kind="visit_last").reason == "The client has said “I’ll be there”."


def test_dispatcher_down_for_hours_sends_what_makes_sense_and_skips_the_rest(clinic):
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(THURSDAY, 14))
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(date(2027, 6, 16), 16))
    send(NOW + GRACE)
    morning = at(date(2027, 6, 16), 10)
    assert write_due_reminders(now=morning) == 2

    assert send(morning + timedelta(hours=5)) == {"sent": 1, "skipped": 1}
    rows = Message.objects.filter(kind="visit_last")
    assert [(row.client, row.state, row.reason) for row in rows.order_by("client")] == [
        (clinic.alice, "sent", ""),
        (clinic.bea, "skipped", "Too late to be of use."),
    ]


def test_reminder_that_meets_the_night_waits_for_the_morning(clinic):
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(THURSDAY, 14))
    send(NOW + GRACE)
    night = at(date(2027, 6, 16), 20)
    assert write_due_reminders(now=night) == 1

    assert send(night).get("sent") is None
    assert Message.objects.get(kind="visit_last").due_at == at(THURSDAY, 9)
    assert send(at(THURSDAY, 9)) == {"sent": 1}


def test_change_by_the_clinic_in_the_morning_is_out_at_once_and_to_be_called(clinic, mail_files):
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, NINE)
    send(NOW + GRACE)
    early = at(THURSDAY, 7, 40)

    seen = Appointment.objects.with_people().get(pk=visit.pk)
    cancel_appointment(appointment=seen, by=clinic.rosa, now=early)

    assert send(early) == {"sent": 1}
    assert newest_mails(mail_files)[0].subject == (
        "Cancelled: your appointment on Thursday 17 June, 9am"
    )
    assert CallEntry.objects.get(settled_at=None).reason == "changed_soon"
