"""What messages about a visit read: plain, short, and no word of health."""

import re
import time
from datetime import date, timedelta

import pytest
from icalendar import Calendar

from bookings.messages.kinds import KINDS
from bookings.messages.writing import VisitNow
from bookings.models import Appointment
from bookings.services.cancelling import cancel_appointment
from clinic.messaging.registry import Mail, Text, kind_named
from clinic.messaging.writing import GSM
from clinic.models import Message
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.support.health_words import health_words

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 15)
NAMES = [kind.name for kind in KINDS]


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def visit(clinic):
    visit = book_visit(clinic.alice, clinic.first_visit, clinic.location, at(TUESDAY, 12, 30))
    return Appointment.objects.with_people().get(pk=visit.pk)


def row(visit, kind: str, channel: str = "email", **details) -> Message:
    return Message(
        kind=kind,
        channel=channel,
        client=visit.client,
        location=visit.location,
        about="visit",
        about_id=visit.pk,
        about_version=visit.version,
        details=details,
    )


def written(visit, kind: str, channel: str = "email", **details):
    found = kind_named(kind)
    assert found is not None
    return found.render(row(visit, kind, channel, **details), VisitNow(visit, NOW))


def mail(visit, kind: str, **details) -> Mail:
    found = written(visit, kind, **details)
    assert isinstance(found, Mail)
    return found


def sms(visit, kind: str, **details) -> str:
    found = written(visit, kind, "sms", **details)
    assert isinstance(found, Text)
    return found.body


def test_confirmation_reads_like_a_letter_and_not_like_a_form(visit) -> None:
    found = mail(visit, "visit_booked")

    links = re.findall(r"http://testserver/\S+", found.text)
    assert found.subject == "Your appointment on Tuesday 15 June, 12:30pm"
    assert re.sub(r"http://testserver/v/\S+", "LINK", found.text) == (
        "Hello Alice,\n\n"
        "Your appointment is booked. We look forward to seeing you.\n\n"
        "    Tuesday 15 June, 12:30pm\n"
        "    New York time\n"
        "    New York, 1 Test Street\n\n"
        "Move it: LINK\n"
        "Cancel it: LINK\n"
        "You can move it yourself until Monday 14 June, 12:30pm.\n\n"
        "Read what to do before you come: http://testserver/before-you-come/\n\n"
        "The entry for your calendar comes with this mail.\n\n"
        "Questions? Call us: (212) 555-0100\n"
        "Stop these mails: LINK\n\n"
        "Meridian\n"
    )
    assert all(link in found.html for link in links)


@pytest.mark.parametrize("kind", NAMES)
def test_no_message_tells_what_somebody_comes_for(kind, visit) -> None:
    details = {"old_starts_at": at(TUESDAY, 9).isoformat()}

    found = mail(visit, kind, **details)
    parts = [found.subject, found.text, found.html, sms(visit, kind, **details)]
    parts += [part.content for part in found.attachments]

    assert [health_words(part) for part in parts] == [[]] * len(parts)
    assert not any("Chen" in part for part in parts)


def test_the_check_itself_sees_such_words() -> None:
    assert health_words("<p>Your second session of cosmetic acupuncture</p>")
    assert health_words("Before your maintenance visit: no treatment without your list")


@pytest.mark.parametrize("kind", NAMES)
def test_every_mail_names_when_where_and_whom_to_call(kind, visit) -> None:
    found = mail(visit, kind)

    for part in (found.text, found.html):
        for words in ("12:30pm", "New York time", "1 Test Street", "(212) 555-0100", "Alice"):
            assert words in part
    assert "\n" not in found.subject


@pytest.mark.parametrize("kind", NAMES)
def test_names_are_escaped_in_html_and_left_alone_in_text(kind, visit) -> None:
    visit.client.name = "D'Arcy&<b>"

    found = mail(visit, kind)

    assert "Hello D'Arcy&<b>," in found.text
    assert "Hello D&#x27;Arcy&amp;&lt;b&gt;," in found.html


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("name", ["Alice Arden", "Alexandrina Montgomery", "Wolfeschlegelstein B"])
def test_text_message_fits_into_one(kind, name, visit, settings) -> None:
    settings.SITE_URL = "https://meridian.example"
    visit.client.name = name
    visit.starts_at = at(date(2027, 9, 29), 12, 30)
    visit.pk, visit.version = 99_999_999, 120
    visit.location.address = "1200 North Constitution Avenue, Suite 1400, New York, NY 10001"

    found = sms(visit, kind)

    assert len(found) <= 160
    assert GSM.issuperset(found)
    for words in ("Meridian: ", "Wed 29 Sep, 12:30pm (New York time)", "(212) 555-0100"):
        assert words in found
    assert "https://meridian.example/" in found


@pytest.mark.parametrize(
    ("name", "greeting"),
    [("Zoë Hart", "Meridian: Zoe, "), ("René Hart", "Meridian: René, "), ("明 王", "Meridian: ")],
)
def test_text_message_spells_names_in_its_own_letters(name, greeting, visit) -> None:
    visit.client.name = name

    found = sms(visit, "visit_booked")

    assert found.startswith(f"{greeting}you are booked")
    assert GSM.issuperset(found)


def test_text_message_says_how_to_end_them_where_there_is_room(visit) -> None:
    assert "Reply STOP to end texts" in sms(visit, "visit_last")


def test_move_says_both_times_and_asks_to_remove_the_old_entry(visit) -> None:
    found = mail(visit, "visit_moved", old_starts_at=at(TUESDAY, 9).isoformat())

    assert found.subject == "Your new time: Tuesday 15 June, 12:30pm"
    assert "It was on Tuesday 15 June, 9am" in found.text
    assert "remove the old entry" in found.text


def test_other_practitioner_at_the_same_time_is_no_new_time(visit) -> None:
    found = mail(visit, "visit_moved", old_starts_at=visit.starts_at.isoformat())

    assert found.subject == "A change to your appointment on Tuesday 15 June, 12:30pm"
    assert "who will see you" in found.text
    assert f"/me/visits/{visit.public_id}/" in found.text


@pytest.mark.parametrize(
    ("by_client", "words"), [(True, "as you asked"), (False, "We have cancelled")]
)
def test_cancellation_says_who_cancelled_and_the_time_that_was_known(
    by_client, words, visit
) -> None:
    visit.state, visit.cancelled_by_client = "cancelled", by_client

    found = mail(visit, "visit_cancelled", old_starts_at=at(TUESDAY, 9).isoformat())

    assert words in found.text
    assert found.subject == "Cancelled: your appointment on Tuesday 15 June, 9am"


def test_cancellation_by_reception_fits_a_client_who_asked_for_it_too(visit) -> None:
    visit.state = "cancelled"

    assert "If you asked us to, there is nothing more to do." in mail(visit, "visit_cancelled").text


def test_year_is_said_when_it_is_another(clinic) -> None:
    january = at(date(2028, 1, 11), 10)
    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, january)

    assert "Tuesday 11 January 2028, 10am" in mail(visit, "visit_booked").text


def test_move_is_offered_only_until_it_is_late(clinic) -> None:
    today = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(NOW.date(), 15))

    assert "until" not in mail(today, "visit_booked").text


def test_confirmation_carries_an_entry_that_a_calendar_accepts(visit) -> None:
    [part] = mail(visit, "visit_booked").attachments

    calendar = Calendar.from_ical(part.content)
    [event] = calendar.walk("VEVENT")
    assert (part.name, part.type, part.parameters) == (
        "appointment.ics",
        "text/calendar",
        (("method", "REQUEST"),),
    )
    assert (calendar["METHOD"], event["SEQUENCE"], event["STATUS"]) == ("REQUEST", 0, "CONFIRMED")
    assert (event["UID"], event["SUMMARY"]) == (str(visit.public_id), "Appointment at Meridian")
    assert event.start == visit.starts_at
    assert event.end == visit.ends_at
    assert event["DTSTART"].params["TZID"] == "America/New_York"
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["America/New_York"]
    assert event["ORGANIZER"] == "mailto:hello@meridian.example"
    assert event["ATTENDEE"] == "mailto:alice@example.com"


def test_cancellation_takes_the_entry_back(visit, clinic) -> None:
    cancel_appointment(appointment=visit, by=clinic.rosa, now=NOW)

    [part] = mail(visit, "visit_cancelled").attachments

    calendar = Calendar.from_ical(part.content)
    [event] = calendar.walk("VEVENT")
    assert part.parameters == (("method", "CANCEL"),)
    assert (calendar["METHOD"], event["SEQUENCE"], event["STATUS"]) == ("CANCEL", 1, "CANCELLED")
    assert event["UID"] == str(visit.public_id)


@pytest.mark.parametrize("kind", ["visit_first", "visit_early", "visit_last"])
def test_reminder_carries_no_file(kind, visit) -> None:
    assert mail(visit, kind).attachments == ()


@pytest.mark.parametrize("channel", ["email", "sms"])
@pytest.mark.parametrize("kind", NAMES)
def test_writing_asks_no_query(kind, channel, visit, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        written(visit, kind, channel)


def test_writing_is_fast(visit) -> None:
    written(visit, "visit_last")
    best = min(_seconds_for_hundred(visit) for _ in range(5)) / 100

    # Half a millisecond of work; templates that are compiled each time take ten.
    assert timedelta(seconds=best) < timedelta(milliseconds=3)


def _seconds_for_hundred(visit) -> float:
    begun = time.process_time()
    for _ in range(100):
        written(visit, "visit_last")
    return time.process_time() - begun
