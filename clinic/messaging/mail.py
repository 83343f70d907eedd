"""Mail through Django's backend: files, SMTP, or a provider that anymail knows."""

import smtplib
from email.mime.text import MIMEText
from email.utils import formataddr, parseaddr
from functools import lru_cache
from typing import Any

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
)
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email

from clinic.messaging.delivery import (
    REFUSED_ADDRESS,
    UNREADABLE_ADDRESS,
    Accepted,
    Letter,
    Receipt,
    Refused,
    TryAgain,
    receipt_of_status,
)
from clinic.messaging.registry import Attachment, Mail

MAILS_PER_CONNECTION = 50
"""Servers end a connection after some mails; it is renewed before they do."""

SAYS_WHOM = ("`to`", "recipient")
"""Words of a provider's 4xx that mean the address, never the sender's settings."""


class MailDeliverer:
    """One connection of the mail backend."""

    def __init__(self) -> None:
        self._connection: Any = get_connection()
        self._sent = 0
        self.knows_keys: bool = getattr(self._connection, "knows_keys", False)

    def deliver(self, letter: Letter) -> Receipt:
        """Send one mail over the open connection, which is opened anew after a failure."""
        mail = mail_of(letter)
        try:
            validate_email(letter.address)
            self._connection.open()
            self._connection.send_messages([mail])
        except (ValidationError, AnymailInvalidAddress):
            return Refused(UNREADABLE_ADDRESS, is_dead=True)
        except (smtplib.SMTPException, AnymailError, OSError) as error:
            self._hang_up()
            return receipt_of_error(error)
        self._sent += 1
        if self._sent >= MAILS_PER_CONNECTION:
            self.close()
        status = getattr(mail, "anymail_status", None)
        return Accepted(
            str(getattr(status, "message_id", None) or mail.extra_headers["Message-ID"])
        )

    def close(self) -> None:
        """Say goodbye and end the connection."""
        self._sent = 0
        try:
            self._connection.close()
        except (smtplib.SMTPException, OSError):
            self._hang_up()

    def _hang_up(self) -> None:
        """End a connection without a word: a server that stalls would let us wait again."""
        raw = getattr(self._connection, "connection", None)
        if isinstance(raw, smtplib.SMTP):
            raw.close()
        else:
            self._connection.close()
        self._connection = get_connection()


def mail_of(letter: Letter) -> EmailMultiAlternatives:
    """Return the mail as it goes out; the same row has the same Message-ID on every try."""
    content, message = letter.content, letter.message
    assert isinstance(content, Mail)
    mail = EmailMultiAlternatives(
        subject=content.subject,
        body=content.text,
        from_email=sender(),
        to=[letter.address],
        reply_to=[message.location.email] if message.location and message.location.email else None,
        headers={
            "Message-ID": f"<{message.public_id}@{sender_domain()}>",
            "Auto-Submitted": "auto-generated",
            **dict(content.headers),
        },
    )
    if content.html:
        mail.attach_alternative(content.html, "text/html")
    for attachment in content.attachments:
        mail.attach(_part(attachment))
    return mail


def sender() -> str:
    """Return whom messages come from: the neutral name with the site's address."""
    return _named(settings.MESSAGE_SENDER_NAME, _bare(settings.DEFAULT_FROM_EMAIL))


def sender_domain() -> str:
    """Return the domain that our mail comes from."""
    return _bare(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2]


@lru_cache(maxsize=8)
def _named(name: str, address: str) -> str:
    return formataddr((name, address))


@lru_cache(maxsize=8)
def _bare(address: str) -> str:
    return parseaddr(address)[1]


def receipt_of_error(error: Exception) -> Receipt:
    """Say whether an error of the backend passes, and name it without naming anybody."""
    if isinstance(error, AnymailRecipientsRefused):
        return Refused(REFUSED_ADDRESS, is_dead=True)
    if isinstance(error, AnymailAPIError):
        return _receipt_of_provider(error)
    if isinstance(error, AnymailError):
        # The provider's interface can't carry what a kind wrote.
        return Refused(type(error).__name__)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max((code for code, _words in error.recipients.values()), default=0)
        return _receipt_of_smtp(code, is_dead=code in (550, 551, 553))
    if isinstance(error, smtplib.SMTPDataError):
        return _receipt_of_smtp(error.smtp_code)
    if isinstance(error, smtplib.SMTPResponseException):
        # Of the greeting, the login or the sender: ours to mend, so the message waits.
        return TryAgain(f"SMTP {error.smtp_code}")
    is_open = isinstance(error, smtplib.SMTPServerDisconnected | TimeoutError)
    return TryAgain(type(error).__name__, is_open=is_open)


def _receipt_of_smtp(code: int, *, is_dead: bool = False) -> Receipt:
    error = f"SMTP {code}"
    return Refused(error, is_dead=is_dead) if code >= 500 else TryAgain(error)


def _receipt_of_provider(error: AnymailAPIError) -> Receipt:
    response = getattr(error, "response", None)
    if response is None:
        never_reached = (
            isinstance(error, requests.ConnectTimeout) or "refused" in str(error).lower()
        )
        return TryAgain(_name(error), is_open=not never_reached)
    if response.status_code < 400:
        return TryAgain("AnswerUnreadable", is_open=True)
    return receipt_of_status(
        response.status_code,
        error=f"HTTP {response.status_code}",
        retry_after=response.headers.get("Retry-After"),
        is_dead=any(word in response.text.lower() for word in SAYS_WHOM),
    )


def _name(error: Exception) -> str:
    """Return what requests calls a failed connection: anymail wraps its classes."""
    if isinstance(error, requests.Timeout):
        return "Timeout"
    return "ConnectionError"


def _part(attachment: Attachment) -> MIMEText:
    kind = attachment.type.partition("/")[2]
    part = MIMEText(attachment.content, kind, "utf-8")
    if not attachment.type.startswith("text/"):
        part.set_type(attachment.type)
    for name, value in attachment.parameters:
        part.set_param(name, value)
    part.add_header("Content-Disposition", "attachment", filename=attachment.name)
    return part
