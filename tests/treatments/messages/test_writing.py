"""What messages about courses, maintenance and the clinic's day read: no word of health."""

import re

import pytest
from icalendar import Calendar

from clinic.messaging.registry import Mail, Text, Wanted, kind_named, kinds
from clinic.messaging.writing import GSM
from clinic.models import Message
from tests.bookings.messages.test_writing import NAMES as VISIT_KINDS
from tests.factories.clinic import NOW
from tests.support.aftercare import make_weekly
from tests.support.health_words import health_words
from tests.support.telling import answer, move_session, send_all, view, written
from tests.treatments.messages.conftest import CLIENT_KINDS, STAFF_KINDS
from treatments.services.ending import stop_course

pytestmark = pytest.mark.django_db

KINDS = (*CLIENT_KINDS, *STAFF_KINDS)


def mail(row_of, kind: str) -> Mail:
    found = written(*row_of(kind))
    assert isinstance(found, Mail)
    return found


def sms(row_of, kind: str) -> str:
    found = written(*row_of(kind, "sms"))
    assert isinstance(found, Text)
    return found.body


def plain(text: str) -> str:
    """Return a mail with its addresses left out."""
    return re.sub(r"http://testserver/\S*", "LINK", text)


def test_every_kind_of_message_is_looked_at_here_or_with_the_visits() -> None:
    assert set(kinds()) == {*KINDS, *VISIT_KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_no_mail_tells_what_somebody_comes_for(kind, row_of) -> None:
    found = mail(row_of, kind)

    parts = [found.subject, found.text, re.sub(r"<style>.*?</style>", "", found.html, flags=re.S)]
    parts += [part.content for part in found.attachments]
    assert [health_words(part) for part in parts] == [[]] * len(parts)


@pytest.mark.parametrize("kind", CLIENT_KINDS)
def test_no_text_message_tells_what_somebody_comes_for(kind, row_of) -> None:
    assert health_words(sms(row_of, kind)) == []


@pytest.mark.parametrize("kind", CLIENT_KINDS)
def test_every_mail_to_a_client_names_whom_to_call_and_how_to_stop(kind, row_of) -> None:
    found = mail(row_of, kind)

    for part in (found.text, found.html):
        assert "(212) 555-0100" in part
        assert "Stop these mails" in part
        assert "Alice" in part
    assert "\n" not in found.subject


@pytest.mark.parametrize("kind", STAFF_KINDS)
def test_mail_to_staff_names_no_client(kind, row_of) -> None:
    found = mail(row_of, kind)

    for part in (found.subject, found.text, found.html):
        assert not re.search(r"Alice|Arden|Cleo|Stop these", part)
    assert len(re.findall(r"http://testserver/\S+", found.text)) == 1


@pytest.mark.parametrize("kind", CLIENT_KINDS)
def test_text_message_fits_into_one(kind, row_of, clinic, settings) -> None:
    settings.SITE_URL = "https://meridian.example"
    row, now = row_of(kind, "sms")

    for name in ("Alice Arden", "Alexandrina Montgomery", "明 王"):
        clinic.alice.name = name
        clinic.alice.save()
        body = written(row, now).body
        assert len(body) <= 160
        assert GSM.issuperset(body)
        for words in ("Meridian: ", "(212) 555-0100", "https://meridian.example/"):
            assert words in body


@pytest.mark.parametrize("kind", ["recall_before", "recall_due", "recall_after"])
def test_recall_says_in_each_channel_how_to_end_it(kind, row_of) -> None:
    found = mail(row_of, kind)

    headers = dict(found.headers)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<http://testserver/v/\S+/at-once/>", headers["List-Unsubscribe"])


@pytest.mark.parametrize("kind", ["recall_before", "recall_due", "recall_after"])
def test_text_message_of_a_recall_says_how_to_end_it(kind, row_of) -> None:
    assert "Reply STOP to end texts" in sms(row_of, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_writing_asks_no_query(kind, row_of, django_assert_num_queries) -> None:
    row, now = row_of(kind)
    row = Message.objects.select_related("client", "user", "location").get(pk=row.pk)
    said = answer(row, now)
    assert isinstance(said, Wanted)

    with django_assert_num_queries(0):
        kind_named(kind).render(row, said.about)


@pytest.mark.parametrize("kind", CLIENT_KINDS)
def test_names_are_escaped_in_html_and_left_alone_in_text(kind, row_of, clinic) -> None:
    clinic.alice.name = "D'Arcy&<b>"
    clinic.alice.save()

    found = mail(row_of, kind)

    assert "Hello D'Arcy&<b>," in found.text
    assert "Hello D&#x27;Arcy&amp;&lt;b&gt;," in found.html


def test_plan_reads_like_a_letter_with_all_dates(row_of) -> None:
    found = mail(row_of, "course_planned")

    assert found.subject == "Your appointments, from Monday 7 June, 10am"
    assert plain(found.text) == (
        "Hello Alice,\n\n"
        "Your appointments are booked. We look forward to seeing you.\n\n"
        "    Monday 7 June, 10am\n"
        "    Monday 14 June, 10am\n"
        "    Monday 21 June, 10am\n"
        "    Monday 28 June, 10am\n"
        "    Monday 5 July, 10am\n\n"
        "    New York time\n"
        "    New York, 1 Test Street\n\n"
        "See, move or cancel them: LINK\n\n"
        "A file with all of them for your calendar comes with this mail.\n\n"
        "Questions? Call us: (212) 555-0100\n"
        "Stop these mails: LINK\n\n"
        "Meridian\n"
    )


def test_plan_carries_one_calendar_file_with_all_visits(row_of) -> None:
    [part] = mail(row_of, "course_planned").attachments

    calendar = Calendar.from_ical(part.content)
    events = calendar.walk("VEVENT")
    assert (part.name, part.parameters) == ("appointments.ics", (("method", "PUBLISH"),))
    assert (calendar["METHOD"], len(events), len({event["UID"] for event in events})) == (
        "PUBLISH",
        5,
        5,
    )
    assert {event["SUMMARY"] for event in events} == {"Appointment at Meridian"}


def test_change_reads_with_old_and_new_times(row_of) -> None:
    found = mail(row_of, "course_changed")

    assert found.subject == "Your appointments have changed"
    assert (
        "Your appointments have changed, as you asked. All others stay.\n\n"
        "    Tuesday 22 June, 10am\n"
        "      instead of Monday 21 June, 10am\n"
        "    Wednesday 7 July, 10am\n"
        "      instead of Monday 5 July, 10am\n\n"
    ) in found.text
    calendar = Calendar.from_ical(found.attachments[0].content)
    assert [event["SEQUENCE"] for event in calendar.walk("VEVENT")] == [1, 1]


@pytest.mark.parametrize(
    ("by_clinic", "words"), [(False, "as you asked"), (True, "We have changed some")]
)
def test_change_of_one_visit_says_its_new_time_and_whose_wish_it_was(
    by_clinic, words, clinic
) -> None:
    course = make_weekly(clinic)
    send_all()
    move_session(course, 3, days=1, by=clinic.rosa if by_clinic else None)

    found = written(Message.objects.get(kind="course_changed"))

    assert found.subject == "Your new time: Tuesday 22 June, 10am"
    assert words in found.text


def test_course_that_is_stopped_takes_its_entries_back(clinic) -> None:
    course = make_weekly(clinic)
    send_all()
    stop_course(view=view(course), by=clinic.alice.user, now=NOW)

    found = written(Message.objects.get(kind="course_changed"))

    assert found.subject == "Your appointments are cancelled"
    assert "    Cancelled: Monday 14 June, 10am\n" in found.text
    calendar = Calendar.from_ical(found.attachments[0].content)
    assert {event["STATUS"] for event in calendar.walk("VEVENT")} == {"CANCELLED"}


def test_proposal_can_be_taken_chosen_otherwise_or_talked_about(row_of) -> None:
    found = mail(row_of, "repair_proposed")

    assert re.search(r"Say yes: http://testserver/v/\S+", found.text)
    assert re.search(r"Choose another time: http://testserver/me/repairs/\S+", found.text)
    assert "Or call us, and we find a time together." in found.text
    assert "Nothing is booked before you say yes." in found.text


def test_day_list_is_a_number_and_a_link(row_of) -> None:
    found = mail(row_of, "day_list")

    assert found.subject == "Monday 7 June: 2 visits"
    assert found.text == (
        "Hello Chen,\n\n"
        "You have 2 visits on Monday 7 June, the first at 10am.\n\n"
        "Open the day: http://testserver/day/?date=2027-06-07\n\n"
        "Meridian\n"
    )


def test_cover_needed_is_a_number_and_a_link(row_of) -> None:
    found = mail(row_of, "cover_needed")

    assert found.subject == "1 visit needs cover"
    assert "1 visit needs cover, the soonest on Tuesday 15 June, 9am." in found.text


def test_paper_is_named_to_its_holder_as_theirs_and_to_managers_by_holder(row_of, clinic) -> None:
    own = mail(row_of, "credential_expiring")
    to_manager = written(Message.objects.get(kind="credential_expiring", user=clinic.mia))

    assert own.subject == "A paper of yours runs out on 7 July 2027"
    assert "in 30 days" in own.text
    assert to_manager.subject == "A paper of Chen Li runs out on 7 July 2027"
    assert "/verification/" in to_manager.text
