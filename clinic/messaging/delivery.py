"""What goes to a provider, and what comes back of it.

A deliverer hands one letter over and says what became of it; it touches no database and
raises nothing. Each sender thread has one of its own, with one connection.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from django.utils.translation import gettext_noop

from clinic.messaging.registry import Mail, Text
from clinic.models import Message

UNREADABLE_ADDRESS = gettext_noop("The address can't be read")
REFUSED_ADDRESS = gettext_noop("The provider refused the address")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it is written and addressed now."""

    message: Message
    address: str
    content: Mail | Text

    @property
    def subject(self) -> str:
        """What staff see of it later: a text message has none."""
        return self.content.subject if isinstance(self.content, Mail) else ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it."""

    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """It did not work this time; `error` names no person.

    `after` is how long the provider wants to be left alone. `is_open`: the connection went
    after the message was handed over, so the provider may have it all the same.
    """

    error: str
    after: timedelta | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider will never take it; `is_dead`: nothing at all for this address."""

    error: str
    is_dead: bool = False


Receipt = Accepted | TryAgain | Refused


class Deliverer(Protocol):
    """A connection to a provider, used by one thread.

    `knows_keys`: the provider takes a message with the same key once, however often it is sent.
    """

    @property
    def knows_keys(self) -> bool: ...

    def deliver(self, letter: Letter) -> Receipt:
        """Hand one letter over; blocks for a few seconds at most."""

    def close(self) -> None:
        """Let go of the connection."""


MakeDeliverer = Callable[[], Deliverer]


def receipt_of_status(
    status: int, *, error: str, retry_after: str | None = None, is_dead: bool = False
) -> Receipt:
    """Read the answer of a provider that speaks HTTP.

    Too many, conflicts and trouble over there pass; so does a key that we have to mend (401,
    403), which staff see by the error. Any other 4xx says that this message will never do.
    """
    passing = status in (401, 402, 403, 408, 409, 425, 429) or status >= 500
    if passing:
        return TryAgain(error, after=_seconds(retry_after))
    return Refused(error, is_dead=is_dead)


def _seconds(retry_after: str | None) -> timedelta | None:
    words = (retry_after or "").strip()
    return timedelta(seconds=int(words[:9])) if words.isdecimal() else None
