"""Signed addresses in messages: each for one act on one thing as it stood, and not for ever.

    act | last day | version | number of the thing | 12 bytes of HMAC-SHA256   (base64url)
     1  |    2     |  1-5    |        1-9

About 27 letters, since a text message has 160. The key is made from `SECRET_KEY`, so that
nobody can make, change or lengthen one; opening one changes nothing, only its POST does.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from clinic.models import Message, Purpose
from clinic.refusals import Refusal

PREFIX = "v"
"""Where links live: `/v/<token>/`; short, and the address of the site gives the host."""
SALT = "clinic.messaging.links"
FIRST_DAY = date(2020, 1, 1)
MAC_BYTES = 12
MOST_BYTES = 40

Channel = Message.Channel

STOPS = (
    (Purpose.SERVICE, Channel.EMAIL),
    (Purpose.SERVICE, Channel.SMS),
    (Purpose.RECALL, Channel.EMAIL),
    (Purpose.RECALL, Channel.SMS),
)
"""What a stop link takes back; the place in this row stands in the link. Only ever add."""


class Act(IntEnum):
    """What a link is for; the number stands in the link, so it never changes its meaning."""

    PROMISE = 1
    MOVE = 2
    CANCEL = 3
    STOP = 4
    REPAIR = 5
    RECALL = 6
    OFFER = 7


class BrokenLink(Refusal):
    """The signature is not good: cut off, changed, or not ours."""

    code = "broken_link"
    status = 404
    message = _("This link is not complete.")


@dataclass(frozen=True, slots=True)
class Link:
    """What a link with a good signature says. `last_date` is the last UTC date it is good on.

    `about_id` is the pk of a visit (promise, move, cancel), a repair, an offer, or a client (stop,
    recall); `version` is that thing's when the message was written.
    """

    act: Act
    about_id: int
    version: int
    last_date: date

    @property
    def stops(self) -> tuple[Purpose, Channel]:
        """What a stop link takes back. Raises `BrokenLink` for one of a later release."""
        try:
            return STOPS[self.version]
        except IndexError as error:
            raise BrokenLink from error


class ExpiredLink(Refusal):
    """The signature is good, but its time is over; `link` says what it was for."""

    code = "expired_link"
    status = 410
    message = _("This link is too old.")

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link


def link_url(act: Act, about_id: int, version: int, expires: datetime) -> str:
    """Return the whole address of a link, good until the end of that UTC day."""
    return f"{settings.SITE_URL}/{PREFIX}/{write(act, about_id, version, expires)}/"


def stop_url(client_id: int, purpose: Purpose, channel: Channel, expires: datetime) -> str:
    """Return the address at which a client stops messages of one purpose by one channel."""
    return link_url(Act.STOP, client_id, STOPS.index((purpose, channel)), expires)


def stop_headers(client_id: int, expires: datetime) -> tuple[tuple[str, str], ...]:
    """Return the headers by which a mail program stops maintenance mail (RFC 8058)."""
    url = stop_url(client_id, Purpose.RECALL, Channel.EMAIL, expires)
    return (
        ("List-Unsubscribe", f"<{url}at-once/>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def write(act: Act, about_id: int, version: int, expires: datetime) -> str:
    """Return a link's token."""
    day = (expires.astimezone(UTC).date() - FIRST_DAY).days
    body = bytes([act]) + day.to_bytes(2, "big") + _varint(version) + _varint(about_id)
    return _written(body + _mac(body, settings.SECRET_KEY))


def read(token: str, now: datetime) -> Link:
    """Return what a token says. Raises `BrokenLink` or `ExpiredLink`."""
    link = _parse(_checked(token))
    if now.astimezone(UTC).date() > link.last_date:
        raise ExpiredLink(link)
    return link


def _checked(token: str) -> bytes:
    try:
        whole = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), b"-_", True)
    except (binascii.Error, UnicodeError) as error:
        raise BrokenLink from error
    body, mac = whole[:-MAC_BYTES], whole[-MAC_BYTES:]
    is_ours = any(hmac.compare_digest(mac, _mac(body, key)) for key in _keys())
    # The same bytes can be written in several ways; only ours counts.
    if not body or len(whole) > MOST_BYTES or not is_ours or _written(whole) != token:
        raise BrokenLink
    return body


def _parse(body: bytes) -> Link:
    try:
        act = Act(body[0])
        version, after = _read_varint(body, 3)
        about_id, end = _read_varint(body, after)
    except (ValueError, IndexError) as error:
        raise BrokenLink from error
    if end != len(body):
        raise BrokenLink
    last_date = FIRST_DAY + timedelta(days=int.from_bytes(body[1:3], "big"))
    return Link(act, about_id, version, last_date)


def _written(whole: bytes) -> str:
    return base64.urlsafe_b64encode(whole).rstrip(b"=").decode()


def _keys() -> Sequence[str | bytes]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _mac(body: bytes, key: str | bytes) -> bytes:
    return salted_hmac(SALT, body, secret=key, algorithm="sha256").digest()[:MAC_BYTES]


def _varint(number: int) -> bytes:
    """Write a number in groups of seven bits, the lowest first; the last has no high bit."""
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def _read_varint(body: bytes, start: int) -> tuple[int, int]:
    number, shift, at = 0, 0, start
    while body[at] & 0x80:
        number |= (body[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return number | body[at] << shift, at + 1
