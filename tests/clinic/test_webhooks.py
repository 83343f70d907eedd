"""What providers send: believed only when signed, and then done at once."""

import base64
import json
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse
from twilio.request_validator import RequestValidator

from clinic.messaging import registry
from clinic.messaging.sms.words import Answer, understood
from clinic.models import CallEntry, Client, Consent, DeadAddress, Message, Purpose
from clinic.selectors.reach import reach_of
from tests.factories.clinic import NOW, make_client, make_small_clinic

pytestmark = pytest.mark.django_db

EMAIL, SMS = Message.Channel.EMAIL, Message.Channel.SMS
PHONE = "+12125550107"
TOKEN = "not-a-real-token"
AUTH = "Basic " + base64.b64encode(b"provider:secret").decode()


class VisitKind:
    """A kind about visits, so that reception is asked to call."""

    name = "test_visit"
    label = "Test"
    purpose = Purpose.SERVICE
    keeps_quiet = False


class RecallKind(VisitKind):
    name = "test_recall"
    purpose = Purpose.RECALL


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch) -> Iterator[None]:
    kinds = {kind.name: kind for kind in (VisitKind(), RecallKind())}
    monkeypatch.setattr(registry, "_kinds", {**registry.kinds(), **kinds})
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def clinic():
    clinic = make_small_clinic()
    clinic.alice.phone = PHONE
    clinic.alice.save()
    Consent.objects.create(
        client=clinic.alice,
        purpose=Purpose.SERVICE,
        channel=SMS,
        given=True,
        source=Consent.Source.BOOKING,
        at=NOW,
    )
    return clinic


@pytest.fixture
def twilio(settings) -> Browser:
    settings.SMS = {"provider": "twilio", "account": "AC0", "token": TOKEN, "sender": {}}
    return Browser(enforce_csrf_checks=True)


def signed(twilio, name, **fields):
    path = reverse(name)
    signature = RequestValidator(TOKEN).compute_signature(f"http://testserver{path}", fields)
    return twilio.post(path, fields, headers={"X-Twilio-Signature": signature})


def texted(twilio, body, number=PHONE, **more):
    return signed(twilio, "sms-answered", From=number, Body=body, **more)


def may_text(client):
    return reach_of([client])[client.pk].may(Purpose.SERVICE, SMS)


def message(clinic, *, kind="test_visit", channel=SMS, state="due", about_id=7, **fields):
    if state == "sent":
        fields |= {"sent_at": NOW, "address": PHONE if channel == SMS else "alice@example.com"}
    return Message.objects.create(
        dedupe_key=f"{kind}:{about_id}:{channel}",
        kind=kind,
        channel=channel,
        client=clinic.alice,
        about="visit",
        about_id=about_id,
        about_version=2,
        location=clinic.location,
        due_at=NOW,
        created_at=NOW,
        state=state,
        **fields,
    )


def calls():
    found = CallEntry.objects.order_by("about_id")
    return [(row.client.name, row.reason, row.about_id, row.about_version) for row in found]


# Answers to text messages


@pytest.mark.parametrize(
    "words",
    [
        *("stop", "STOP", " Stop. ", "quit", "End", "REVOKE", "opt out", "Opt-out!", "cancel"),
        *("unsubscribe", "STOPALL", "stop\n"),
    ],
)
def test_stop_words_in_any_form(words):
    assert understood(words) is Answer.STOP


@pytest.mark.parametrize("words", ["", "please stop by", "I can't stop laughing", "yes", "1"])
def test_other_words_stop_nothing(words):
    assert understood(words) is Answer.OTHER


def test_stop_takes_consent_back_for_all_with_the_number_and_confirms_once(clinic, twilio):
    other = make_client("Fay Fir", login=False)
    Client.objects.filter(pk=other.pk).update(phone=PHONE)
    other.refresh_from_db()

    first, second = texted(twilio, "STOP"), texted(twilio, "stop")

    assert not may_text(clinic.alice)
    assert not may_text(other)
    assert first.status_code == second.status_code == 200
    assert "You get no more text messages" in first.content.decode()
    assert "<Message>" not in second.content.decode()
    assert Consent.objects.filter(source=Consent.Source.WORD, given=False).count() == 4


def test_confirmation_fits_one_text_message_and_names_no_treatment(clinic, twilio):
    words = texted(twilio, "STOP").content.decode().split("<Message>")[1].split("</Message>")[0]

    assert len(words) <= 160
    assert "acupuncture" not in words.lower()


def test_stop_that_twilio_confirmed_itself_is_not_confirmed_again(clinic, twilio):
    answer = texted(twilio, "STOP", OptOutType="STOP")

    assert not may_text(clinic.alice)
    assert "<Message>" not in answer.content.decode()


def test_start_gives_nothing_back_and_says_how(clinic, twilio):
    texted(twilio, "STOP")

    answer = texted(twilio, "START")

    assert not may_text(clinic.alice)
    assert "http://testserver/me/messages/" in answer.content.decode()


@pytest.mark.parametrize("number", ["", "STOP", "+1", "+999999999999999999", "\x00", "alice"])
def test_junk_numbers_change_nothing(number, clinic, twilio):
    answer = texted(twilio, "STOP", number=number)

    assert answer.status_code == 200
    assert may_text(clinic.alice)


@pytest.mark.parametrize("signature", ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
@pytest.mark.parametrize("name", ["sms-answered", "sms-delivery"])
def test_unsigned_posts_are_refused(name, signature, clinic, twilio):
    fields = {"From": PHONE, "To": PHONE, "Body": "STOP", "MessageStatus": "failed"}

    answer = twilio.post(
        reverse(name), {**fields, "ErrorCode": "30005"}, headers={"X-Twilio-Signature": signature}
    )

    assert answer.status_code == 403
    assert may_text(clinic.alice)
    assert not DeadAddress.objects.exists()


def test_signature_of_one_post_does_not_sign_another(clinic, twilio):
    path = reverse("sms-answered")
    signature = RequestValidator(TOKEN).compute_signature(
        f"http://testserver{path}", {"From": PHONE, "Body": "hello"}
    )

    answer = twilio.post(
        path, {"From": PHONE, "Body": "STOP"}, headers={"X-Twilio-Signature": signature}
    )

    assert (answer.status_code, may_text(clinic.alice)) == (403, True)


def test_without_twilio_there_is_no_such_page(clinic, settings):
    settings.SMS = {"provider": ""}

    assert Browser().post(reverse("sms-answered"), {"From": PHONE}).status_code == 404


# What was not delivered


def test_unknown_number_is_dead_and_reception_calls(clinic, twilio):
    went_out = message(clinic, state="sent", provider_id="SM1")
    message(clinic, about_id=8)
    message(clinic, about_id=9, kind="test_recall")

    for _ in range(2):
        signed(
            twilio,
            "sms-delivery",
            To=PHONE,
            MessageSid="SM1",
            MessageStatus="undelivered",
            ErrorCode="30005",
        )

    went_out.refresh_from_db()
    assert went_out.last_error == "The message was not delivered (30005)"
    assert [row.address for row in DeadAddress.objects.all()] == [PHONE]
    assert reach_of([clinic.alice])[clinic.alice.pk].dead == {SMS}
    assert calls() == [
        ("Alice Arden", "undelivered", 7, 2),
        ("Alice Arden", "undelivered", 8, 2),
    ]


def test_phone_that_was_switched_off_is_not_dead_but_reception_calls(clinic, twilio):
    message(clinic, state="sent", provider_id="SM1")

    signed(
        twilio,
        "sms-delivery",
        To=PHONE,
        MessageSid="SM1",
        MessageStatus="undelivered",
        ErrorCode="30003",
    )

    assert not DeadAddress.objects.exists()
    assert calls() == [("Alice Arden", "undelivered", 7, 2)]


def test_number_that_stopped_at_twilio_takes_consent_back(clinic, twilio):
    signed(
        twilio, "sms-delivery", To=PHONE, MessageSid="x", MessageStatus="failed", ErrorCode="21610"
    )

    assert not may_text(clinic.alice)


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", ""])
def test_good_news_changes_nothing(status, clinic, twilio):
    answer = signed(twilio, "sms-delivery", To=PHONE, MessageSid="SM1", MessageStatus=status)

    assert answer.status_code == 204
    assert not DeadAddress.objects.exists()


# What mail providers tell (Postmark's form, which anymail reads)


def told(record, *, auth=AUTH):
    return Browser(enforce_csrf_checks=True).post(
        reverse("anymail:postmark_tracking_webhook"),
        json.dumps({"MessageID": "pm-1", **record}),
        content_type="application/json",
        headers={"Authorization": auth} if auth else {},
    )


def bounce(kind="HardBounce", code=1, address="Alice@example.com", **more):
    return {
        "RecordType": "Bounce",
        "ID": 1,
        "Type": kind,
        "TypeCode": code,
        "Email": address,
        "BouncedAt": "2027-06-07T12:00:00Z",
        "Description": "gone",
        **more,
    }


def test_bounced_address_is_dead_and_reception_calls(clinic):
    went_out = message(clinic, channel=EMAIL, state="sent", provider_id="pm-1")

    assert told(bounce()).status_code == 200

    went_out.refresh_from_db()
    assert (went_out.state, went_out.last_error) == ("sent", "Messages came back")
    assert DeadAddress.objects.get().address == "alice@example.com"
    assert calls() == [("Alice Arden", "undelivered", 7, 2)]


def test_complaint_takes_consent_back(clinic):
    record = {"RecordType": "SpamComplaint", "ID": 1, "Type": "SpamComplaint", "TypeCode": 512}

    told({**record, "Email": "alice@example.com", "BouncedAt": "2027-06-07T12:00:00Z"})

    assert not reach_of([clinic.alice])[clinic.alice.pk].may(Purpose.SERVICE, EMAIL)
    assert set(Consent.objects.filter(given=False).values_list("source", "purpose", "channel")) == {
        ("provider", "service", "email"),
        ("provider", "recall", "email"),
    }


def test_unsubscribing_at_the_provider_takes_consent_back(clinic):
    told(
        {
            "RecordType": "SubscriptionChange",
            "SuppressSending": True,
            "SuppressionReason": "ManualSuppression",
            "Recipient": "alice@example.com",
            "ChangedAt": "2027-06-07T12:00:00Z",
        }
    )

    assert not reach_of([clinic.alice])[clinic.alice.pk].may(Purpose.SERVICE, EMAIL)


def test_mail_of_a_stranger_marks_an_address_and_touches_nobody(clinic):
    told(bounce(address="nobody@example.com"))

    assert calls() == []
    assert reach_of([clinic.alice])[clinic.alice.pk].dead == frozenset()


@pytest.mark.logs_errors
@pytest.mark.parametrize("auth", ["", "Basic eDp5", "Bearer provider:secret"])
def test_provider_without_the_secret_is_refused(auth, clinic):
    answer = told(bounce(), auth=auth)

    assert answer.status_code == 400
    assert not DeadAddress.objects.exists()


def test_mail_that_comes_in_has_no_address_here(clinic):
    assert Browser().post("/webhooks/mail/postmark/inbound/").status_code == 404


@pytest.mark.parametrize("provider", ["mailersend", "mailgun", "brevo", "resend", "amazon_ses"])
def test_providers_that_are_not_ours_have_no_address_here(provider):
    assert Browser().post(f"/webhooks/mail/{provider}/tracking/").status_code == 404
