"""Resend, with its Idempotency-Key: it takes a mail with the same key once within a day."""

from typing import Any

from anymail.backends.resend import EmailBackend as AnymailResend
from django.core.mail import EmailMessage

KEY_USED = "invalid_idempotent_request"


class EmailBackend(AnymailResend):
    """Sends each mail under its Message-ID as the key.

    A second try may read otherwise than the first one (a link signed anew); Resend answers it
    with `KEY_USED`, which says that the first one was taken.
    """

    knows_keys = True

    def build_message_payload(self, message: EmailMessage, defaults: Any) -> Any:
        payload = super().build_message_payload(message, defaults)
        payload.headers["Idempotency-Key"] = message.extra_headers["Message-ID"].strip("<>")
        return payload

    def raise_for_status(self, response: Any, payload: Any, message: EmailMessage) -> None:
        if not is_taken_before(response):
            super().raise_for_status(response, payload, message)

    def parse_recipient_status(self, response: Any, payload: Any, message: EmailMessage) -> Any:
        if is_taken_before(response):
            return {}
        return super().parse_recipient_status(response, payload, message)

    def raise_for_recipient_status(self, *args: Any) -> None:
        if args[0].recipients:
            super().raise_for_recipient_status(*args)


def is_taken_before(response: Any) -> bool:
    """Tell whether Resend has a mail with this key already, one that read otherwise."""
    if response.status_code != 409:
        return False
    try:
        return bool(response.json().get("name") == KEY_USED)
    except (ValueError, AttributeError):
        return False
