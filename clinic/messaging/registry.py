"""Kinds of messages, and the things they are about. The apps above register theirs.

The outbox knows no visit and no course. A kind says whether a row is still wanted and what
it reads; a topic says in a few words, with a link for staff, what a row is about.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.utils.functional import Promise

from clinic.models import Message, Purpose


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail. `parameters` go into its type: method=REQUEST."""

    name: str
    content: str
    type: str = "text/calendar"
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """What a message reads, by e-mail. `headers` are added to those of delivery."""

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """What a message reads, by text message."""

    body: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Send it. `about` is what `render` needs, loaded for the whole batch at once."""

    about: object


@dataclass(frozen=True, slots=True)
class Dropped:
    """It is no longer true; the reason is for staff."""

    reason: str | Promise


@dataclass(frozen=True, slots=True)
class Skipped:
    """It comes too late or makes no sense; the reason is for staff."""

    reason: str | Promise


@dataclass(frozen=True, slots=True)
class Later:
    """Still true, but not yet: ask again at this time."""

    at: datetime


Answer = Wanted | Dropped | Skipped | Later


class Kind(Protocol):
    """A kind of message.

    `purpose`: which consent it needs; None for staff's own mail. `keeps_quiet`: it waits for
    the morning when it falls due in quiet hours.
    """

    @property
    def name(self) -> str: ...

    @property
    def label(self) -> str | Promise:
        """What staff call it: "Reminder, 3 days before"."""

    @property
    def purpose(self) -> Purpose | None: ...

    @property
    def keeps_quiet(self) -> bool: ...

    def wanted(self, messages: Sequence[Message], now: datetime) -> Mapping[int, Answer]:
        """Say for each row, by its pk, whether to send it; a fixed number of queries.

        Rows come with `client`, `user` and `location` loaded.
        """

    def render(self, message: Message, about: object) -> Mail | Text:
        """Write it for its channel, from what `wanted` loaded; no queries."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a message is about, for staff: "Tue 8 Jun, 9:00 with Chen".

    `version` is the one that stands now; None where things have no versions. `permission` is
    what the page at `url` needs, where not all of the desk may see it.
    """

    words: str
    url: str
    version: int | None = None
    permission: str = ""


class Topic(Protocol):
    """A sort of thing that messages are about, such as a visit."""

    def describe(self, ids: Collection[int]) -> Mapping[int, Described]:
        """Describe things by their pk; a fixed number of queries."""


_kinds: dict[str, Kind] = {}
_topics: dict[str, Topic] = {}


def register(kind: Kind) -> None:
    """Make a kind known; called in an app's `ready()`."""
    _kinds[kind.name] = kind


def register_topic(about: str, topic: Topic) -> None:
    """Say who describes the things that `Message.about` names so."""
    _topics[about] = topic


def kind_named(name: str) -> Kind | None:
    """Return a kind; None for one of another release."""
    return _kinds.get(name)


def kinds() -> Mapping[str, Kind]:
    """Return all kinds by name."""
    return _kinds


def topic_named(about: str) -> Topic | None:
    """Return who describes such things, or None."""
    return _topics.get(about)
