"""Mail as it leaves us, and what the answers of real servers mean."""

import re
import smtplib
from uuid import UUID

import pytest
from django.test import override_settings

from clinic.messaging.delivery import Accepted, Letter, Refused, TryAgain, receipt_of_status
from clinic.messaging.mail import MailDeliverer, mail_of, receipt_of_error
from clinic.messaging.registry import Attachment, Mail
from clinic.models import Location, Message
from clinic.settings.providers import mail_settings
from tests.support.providers import Fault, Recorder, resend, smtp

KEY = "11111111-2222-4333-8444-555555555555"
CALENDAR = Attachment("visit.ics", "BEGIN:VCALENDAR\r\nä", parameters=(("method", "REQUEST"),))


def letter(address="alice@example.com", **content):
    message = Message(
        public_id=UUID(KEY), channel="email", location=Location(email="ny@example.com")
    )
    words = {"subject": "See you", "text": "Hello", "html": "<p>Hello</p>", **content}
    return Letter(message, address, Mail(**words))


@pytest.fixture
def deliverer(monkeypatch):
    made = []

    def make(url, **settings):
        monkeypatch.setenv("EMAIL_URL", url)
        found = override_settings(**{**mail_settings(), "EMAIL_TIMEOUT": 1, **settings})
        found.enable()
        made.append(found)
        return MailDeliverer()

    yield make
    for found in made:
        found.disable()


def test_mail_has_both_texts_a_calendar_part_and_a_lasting_id():
    mail = mail_of(
        letter(attachments=(CALENDAR,), headers=(("List-Unsubscribe", "<x>"),))
    ).message()

    assert mail["Message-ID"] == f"<{KEY}@meridian.example>"
    assert (mail["From"], mail["Reply-To"]) == (
        "Meridian <hello@meridian.example>",
        "ny@example.com",
    )
    assert (mail["Auto-Submitted"], mail["List-Unsubscribe"]) == ("auto-generated", "<x>")
    parts = {part.get_content_type(): part for part in mail.walk()}
    assert {"text/plain", "text/html", "text/calendar"} <= set(parts)
    calendar = parts["text/calendar"]
    assert (calendar.get_param("method"), calendar.get_filename()) == ("REQUEST", "visit.ics")
    assert calendar.get_payload(decode=True).decode() == "BEGIN:VCALENDAR\r\nä"


def test_smtp_takes_mails_over_one_connection(deliverer):
    with smtp(Recorder()) as recorder:
        sender = deliverer(recorder.url)
        receipts = [sender.deliver(letter()) for _ in range(3)]
        sender.close()

    assert receipts == [Accepted(f"<{KEY}@meridian.example>")] * 3
    assert recorder.created == {f"{KEY}@meridian.example": 3}
    assert sender.knows_keys is False


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (550, Refused("SMTP 550", is_dead=True)),
        (552, Refused("SMTP 552")),
        (450, TryAgain("SMTP 450")),
    ],
)
def test_smtp_refusing_the_recipient(deliverer, code, expected):
    with smtp(Recorder(lambda address, asked: Fault(code))) as recorder:
        sender = deliverer(recorder.url)
        found = sender.deliver(letter())
        sender.close()

    assert found == expected


def test_smtp_that_drops_the_connection_leaves_it_open(deliverer):
    drops = Recorder(lambda key, asked: Fault(drop=True) if asked else None)
    with smtp(drops) as recorder:
        sender = deliverer(recorder.url)
        found = sender.deliver(letter())
        drops.fault = lambda key, asked: None
        again = sender.deliver(letter())
        sender.close()

    assert found == TryAgain("SMTPServerDisconnected", is_open=True)
    assert isinstance(again, Accepted)


def test_nobody_listening_passes(deliverer):
    found = deliverer("smtp://127.0.0.1:9").deliver(letter())

    assert found == TryAgain("ConnectionRefusedError")


def test_login_that_fails_is_ours_to_mend():
    error = smtplib.SMTPAuthenticationError(535, b"alice@example.com who?")

    assert receipt_of_error(error) == TryAgain("SMTP 535")


@pytest.mark.parametrize("address", ["nobody", "a b@example.com", "x@\n"])
def test_address_that_cannot_be_read_is_dead(deliverer, address):
    found = deliverer("smtp://127.0.0.1:9").deliver(letter(address))

    assert found == Refused("The address can't be read", is_dead=True)


def test_resend_takes_a_key_once(deliverer):
    with resend(Recorder()) as recorder:
        sender = deliverer(recorder.url)
        receipts = [sender.deliver(letter(attachments=(CALENDAR,))) for _ in range(2)]

    key = f"{KEY}@meridian.example"
    assert receipts == [Accepted(f"mail-{key}")] * 2
    assert (recorder.created, recorder.asked) == ({key: 1}, {key: 2})
    assert sender.knows_keys is True
    (attachment,) = recorder.mails[0]["attachments"]
    assert re.match(r"text/calendar;.*method=\"?REQUEST", attachment["content_type"])


def test_resend_that_took_the_key_with_other_words_has_it(deliverer):
    fault = Fault(409, {"name": "invalid_idempotent_request", "message": "used"})
    with resend(Recorder(lambda key, asked: fault)) as recorder:
        found = deliverer(recorder.url).deliver(letter())

    assert isinstance(found, Accepted)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(500), TryAgain("HTTP 500")),
        (Fault(429, headers={"Retry-After": "7"}), "7 s"),
        (Fault(401), TryAgain("HTTP 401")),
        (Fault(409, {"name": "concurrent_idempotent_requests"}), TryAgain("HTTP 409")),
        (Fault(422, {"message": "Invalid `to` field"}), Refused("HTTP 422", is_dead=True)),
        (Fault(422, {"message": "Invalid `from` field"}), Refused("HTTP 422")),
        (Fault(200, {"no": "id"}), TryAgain("AnswerUnreadable", is_open=True)),
        (Fault(drop=True), TryAgain("ConnectionError", is_open=True)),
        (Fault(seconds=2), TryAgain("Timeout", is_open=True)),
    ],
)
def test_answers_of_a_provider(deliverer, fault, expected):
    with resend(Recorder(lambda key, asked: fault)) as recorder:
        anymail = {"REQUESTS_TIMEOUT": 1, "RESEND_API_KEY": "x"}
        anymail["RESEND_API_URL"] = recorder.url.partition("api_url=")[2]
        found = deliverer(recorder.url, ANYMAIL=anymail).deliver(letter())

    if expected == "7 s":
        assert (found.error, found.after.total_seconds()) == ("HTTP 429", 7)
    else:
        assert found == expected


def test_status_decides_where_there_is_nothing_better():
    assert receipt_of_status(503, error="x") == TryAgain("x")
    assert receipt_of_status(404, error="x") == Refused("x")


def test_url_names_the_provider_and_its_options(monkeypatch):
    monkeypatch.setenv("EMAIL_URL", "anymail+mailgun://K%2Fey?sender_domain=mg.example")
    assert mail_settings()["EMAIL_BACKEND"] == "anymail.backends.mailgun.EmailBackend"
    assert mail_settings()["MAIL_PROVIDER"] == "mailgun"
    assert mail_settings()["ANYMAIL"]["MAILGUN_API_KEY"] == "K/ey"
    assert mail_settings()["ANYMAIL"]["MAILGUN_SENDER_DOMAIN"] == "mg.example"

    monkeypatch.setenv("EMAIL_URL", "anymail+postmark://token")
    assert mail_settings()["ANYMAIL"]["POSTMARK_SERVER_TOKEN"] == "token"
