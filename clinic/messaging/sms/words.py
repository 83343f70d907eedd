"""What people answer to text messages, as networks expect it to be understood.

Source: `domain.md` 6, the words that count as taking back consent in the United States.
"""

from enum import Enum, auto

from django.conf import settings
from django.utils.translation import gettext as _

STOP = {"stop", "stopall", "quit", "end", "revoke", "optout", "cancel", "unsubscribe"}
START = {"start", "unstop", "optin"}
HELP = {"help", "info"}


class Answer(Enum):
    """What an answer asks for."""

    STOP = auto()
    START = auto()
    HELP = auto()
    OTHER = auto()


def understood(body: str) -> Answer:
    """Return what a text message asks for; letters count, signs and blanks do not."""
    word = "".join(sign for sign in body.casefold() if sign.isalpha())
    if word in STOP:
        return Answer.STOP
    if word in START:
        return Answer.START
    return Answer.HELP if word in HELP else Answer.OTHER


def stopped_words() -> str:
    """Return the one confirmation that nothing more is sent."""
    words = _("%(sender)s: You get no more text messages from us. To get them again: %(url)s")
    return words % _names()


def start_words() -> str:
    """Say how to get text messages again: a word alone gives no consent back."""
    words = _("%(sender)s: To get text messages from us, sign in and choose them: %(url)s")
    return words % _names()


def help_words() -> str:
    """Say who writes, and how to stop it."""
    words = _("%(sender)s: We text you about your visits. Answer STOP to end it. More: %(url)s")
    return words % _names()


def _names() -> dict[str, str]:
    return {"sender": settings.MESSAGE_SENDER_NAME, "url": f"{settings.SITE_URL}/me/messages/"}
