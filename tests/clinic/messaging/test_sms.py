"""Text messages: files of a demo, and Twilio as its interface answers."""

import json
from uuid import UUID

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured
from django.test import Client as Browser
from twilio.http import HttpClient
from twilio.http.response import Response

from clinic.messaging.delivery import Accepted, Letter, Refused, TryAgain
from clinic.messaging.registry import Text
from clinic.messaging.sms import make_sms_deliverer
from clinic.messaging.sms.files import FileDeliverer, newest_texts
from clinic.messaging.sms.twilio import TwilioDeliverer
from clinic.models import Message
from clinic.settings.providers import sms_settings

KEY = "11111111-2222-4333-8444-555555555555"
URL = "twilio://AC1:secret@?from=%2B12125550199"


def letter(body="See you tomorrow"):
    return Letter(Message(public_id=UUID(KEY), channel="sms"), "+12125550111", Text(body))


class Wire(HttpClient):
    """The network in place of Twilio's, one request at a time."""

    session = None

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def request(self, method, url, params=None, data=None, headers=None, auth=None, **more):
        self.asked.append((method, url, data, auth))
        if isinstance(self.answer, Exception):
            raise self.answer
        status, words = self.answer
        return Response(status, json.dumps(words))


def told(answer, settings):
    settings.SMS = sms_settings(URL, "")
    wire = Wire(answer)
    deliverer = TwilioDeliverer(wire)
    return deliverer.deliver(letter()), wire


def test_twilio_is_given_number_words_and_sender(settings):
    receipt, wire = told((201, {"sid": "SM1", "account_sid": "AC1"}), settings)

    assert receipt == Accepted("SM1")
    ((method, url, data, auth),) = wire.asked
    assert (method, auth) == ("POST", ("AC1", "secret"))
    assert url.endswith("/2010-04-01/Accounts/AC1/Messages.json")
    assert data == {
        "To": "+12125550111",
        "From": "+12125550199",
        "Body": "See you tomorrow",
        "StatusCallback": "http://testserver/webhooks/sms/delivery/",
    }
    assert TwilioDeliverer.knows_keys is False


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((400, {"code": 21211}), Refused("Twilio 21211: not a number", is_dead=True)),
        ((400, {"code": 21610}), Refused("Twilio 21610: stopped", is_dead=True)),
        ((400, {"code": 21617}), Refused("Twilio 21617")),
        ((401, {"code": 20003}), TryAgain("Twilio 20003")),
        ((429, {"code": 20429}), TryAgain("Twilio 20429")),
        ((503, {}), TryAgain("Twilio 503")),
        (requests.ConnectTimeout(), TryAgain("ConnectTimeout")),
        (requests.ReadTimeout(), TryAgain("ReadTimeout", is_open=True)),
    ],
)
def test_answers_of_twilio(settings, answer, expected):
    assert told(answer, settings)[0] == expected


def test_file_is_written_once_however_often_it_is_sent(settings, tmp_path):
    settings.SMS = {"provider": "file", "folder": str(tmp_path / "sms")}
    deliverer = FileDeliverer()

    deliverer.deliver(letter())
    deliverer.deliver(letter())

    (text,) = newest_texts(tmp_path / "sms")
    assert (text.to, text.body) == ("+12125550111", "See you tomorrow")


@pytest.mark.django_db
def test_demo_mailbox_shows_text_messages(settings, tmp_path):
    settings.SMS = {"provider": "file", "folder": str(tmp_path)}
    settings.EMAIL_FILE_PATH = tmp_path
    FileDeliverer().deliver(letter("See you <b> at https://meridian.example/m/x"))

    page = Browser().get("/demo/mailbox/").text

    assert "To +12125550111" in page
    assert "See you &lt;b&gt; at" in page


def test_url_says_who_sends(settings):
    assert sms_settings("", "x") == {"provider": ""}
    assert sms_settings("file:", "x") == {"provider": "file", "folder": "x"}
    service = sms_settings("twilio://AC1:s@?service=MG1", "x")
    assert service["sender"] == {"messaging_service_sid": "MG1"}
    settings.SMS = {"provider": ""}
    assert make_sms_deliverer() is None
    settings.SMS = service
    assert make_sms_deliverer() is TwilioDeliverer


@pytest.mark.parametrize("url", ["twilio://", "twilio://AC1:s@", "twilio://AC1@?from=1", "x://y"])
def test_url_that_lacks_something_stops_the_start(url):
    with pytest.raises(ImproperlyConfigured):
        sms_settings(url, "x")
