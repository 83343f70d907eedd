"""Text messages through Twilio. It knows no keys: what is sent twice arrives twice."""

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from clinic.messaging.delivery import (
    Accepted,
    Letter,
    Receipt,
    Refused,
    TryAgain,
    receipt_of_status,
)
from clinic.messaging.registry import Text

TIMEOUT_SECONDS = 10
DELIVERY_PATH = "/webhooks/sms/delivery/"
"""Where Twilio tells what became of a message (`clinic/views/webhooks.py`)."""

DEAD = {21211: "not a number", 21217: "not a number", 21610: "stopped", 21614: "not a mobile"}
"""Twilio's codes for a number that takes no message."""


class TwilioDeliverer:
    """One HTTP connection to Twilio."""

    knows_keys = False

    def __init__(self, http: TwilioHttpClient | None = None) -> None:
        self._http = http or TwilioHttpClient(timeout=TIMEOUT_SECONDS)
        account, token = settings.SMS["account"], settings.SMS["token"]
        self._client = Client(account, token, http_client=self._http)

    def deliver(self, letter: Letter) -> Receipt:
        """Hand one message over."""
        assert isinstance(letter.content, Text)
        try:
            sent = self._client.messages.create(
                to=letter.address,
                body=letter.content.body,
                status_callback=f"{settings.SITE_URL}{DELIVERY_PATH}",
                **settings.SMS["sender"],
            )
        except TwilioRestException as error:
            return receipt_of_error(error)
        except requests.ConnectTimeout:
            return TryAgain("ConnectTimeout")
        except (requests.RequestException, TwilioException) as error:
            return TryAgain(type(error).__name__, is_open=True)
        return Accepted(sent.sid or "")

    def close(self) -> None:
        """End the connection."""
        if self._http.session is not None:
            self._http.session.close()


def receipt_of_error(error: TwilioRestException) -> Receipt:
    """Read Twilio's code, else the status."""
    if error.code in DEAD:
        return Refused(f"Twilio {error.code}: {DEAD[error.code]}", is_dead=True)
    return receipt_of_status(error.status, error=f"Twilio {error.code or error.status}")
