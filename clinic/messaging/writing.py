"""How messages are written: a folder of templates each, and what all of them say.

templates/messages/<folder>/subject.txt   one line
                           /body.txt      the mail as text
                           /body.html     the same, on `messages/base.html`
                           /sms.txt       a line per thought, the three needed ones first
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from clinic.formatting import phone_words
from clinic.messaging.moulds import render_message
from clinic.messaging.registry import Attachment, Mail, Text
from clinic.models import Client, Location, User

SMS_LETTERS = 160
NEEDED_LINES = 3
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The letters of a text message of 160; any other more than halves what fits in (GSM 03.38)."""
EMPTY_LINES = re.compile(r"\n\s*\n\s*\n")


def common_words(client: Client, location: Location) -> dict[str, Any]:
    """Return what every message to a client says: from whom, to whom, and whom to call."""
    first_name, number = client.first_name, location.phone.as_e164
    return {
        "sender": settings.MESSAGE_SENDER_NAME,
        "first_name": first_name,
        "greeting": _("Hello %(name)s,") % {"name": first_name} if first_name else _("Hello,"),
        "place_name": location.name,
        "address": location.address,
        "phone": _phone(number),
        "phone_link": number,
    }


def staff_words(user: User) -> dict[str, Any]:
    """Return what every mail to somebody of the clinic says: from whom, and to whom."""
    first_name = user.name.partition(" ")[0]
    return {
        "sender": settings.MESSAGE_SENDER_NAME,
        "greeting": _("Hello %(name)s,") % {"name": first_name} if first_name else _("Hello,"),
    }


def write_mail(
    folder: str,
    words: Mapping[str, Any],
    *,
    attachments: tuple[Attachment, ...] = (),
    headers: tuple[tuple[str, str], ...] = (),
) -> Mail:
    """Write a mail from a folder of templates; no queries."""
    subject = " ".join(_rendered(f"messages/{folder}/subject.txt", words).split())
    text = EMPTY_LINES.sub("\n\n", _rendered(f"messages/{folder}/body.txt", words))
    html = _rendered(f"messages/{folder}/body.html", {**words, "subject": subject})
    return Mail(subject, f"{text}\n", html, attachments, headers)


def write_sms(folder: str, words: Mapping[str, Any]) -> Text:
    """Write a text message that fits into one of 160 letters, where that can be.

    The first three lines of the template always stand there, others where there is room; a
    first name too long for it is left out. Names are spelled in the letters of a text message.
    """
    spelled = {name: _spelled(str(words[name])) for name in ("first_name", "address")}
    text = _fitted(_lines(folder, {**words, **spelled}))
    if len(text) <= SMS_LETTERS:
        return Text(text)
    return Text(_fitted(_lines(folder, {**words, **spelled, "first_name": ""})))


@lru_cache(maxsize=256)
def _phone(number: str) -> str:
    return phone_words(number)


def _rendered(name: str, words: Mapping[str, Any]) -> str:
    return render_message(name, words).strip()


def _lines(folder: str, words: Mapping[str, Any]) -> list[str]:
    lines = _rendered(f"messages/{folder}/sms.txt", words).splitlines()
    return [line.strip() for line in lines if line.strip()]


def _fitted(lines: list[str]) -> str:
    text = " ".join(lines[:NEEDED_LINES])
    for line in lines[NEEDED_LINES:]:
        if len(text) + 1 + len(line) <= SMS_LETTERS:
            text = f"{text} {line}"
    return text


def _spelled(name: str) -> str:
    """Return a name in the letters of a text message; empty if that can't be done."""
    letters = "".join(
        letter if letter in GSM else unicodedata.normalize("NFKD", letter)[0] for letter in name
    )
    return letters if GSM.issuperset(letters) else ""
