"""Messages as lines of a staff list: what, to whom, when, about what, and why not."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic import formatting
from clinic.messaging.registry import Described, kind_named, topic_named
from clinic.models import CallEntry, Message, User
from clinic.permissions import may
from clinic.views.components import Text

State = Message.State
Key = tuple[str, int]

CAME_BACK = "came_back"
"""Sent, and given back by the provider later."""
CODE = re.compile(r"(HTTP|SMTP|Twilio) \d+")
NAME = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message, for `_message_row.html` and `_told.html`. `state` is a code, all else words."""

    id: str
    state: str
    kind: Text
    channel: Text
    to: str
    to_url: str
    phone: object
    address: str
    about: str
    about_url: str
    version: str
    is_outdated: bool
    when: str
    why: str


def message_rows(messages: Sequence[Message], by: User, now: datetime) -> list[MessageRow]:
    """Make the lines as `by` sees them; a query or two for each sort of thing they are about."""
    abouts = {key: _as_seen(item, by) for key, item in described(messages).items()}
    return told_rows(messages, now, abouts)


def told_rows(
    messages: Sequence[Message], now: datetime, abouts: Mapping[Key, Described]
) -> list[MessageRow]:
    """Make the lines of messages about things that are described already; no queries."""
    return [_row(row, abouts.get((row.about, row.about_id)), now) for row in messages]


def described(things: Iterable[Message | CallEntry]) -> dict[Key, Described]:
    """Say what messages and calls are about; a query or two for each sort of thing."""
    ids: dict[str, set[int]] = defaultdict(set)
    for thing in things:
        ids[thing.about].add(thing.about_id)
    found: dict[Key, Described] = {}
    for about, wanted in ids.items():
        topic = topic_named(about)
        items = topic.describe(wanted) if topic is not None else {}
        found |= {(about, pk): item for pk, item in items.items()}
    return found


def kind_choices(names: Sequence[str]) -> list[tuple[str, Text]]:
    """Return kinds with what staff call them, by that."""
    labelled = [(name, kind_label(name)) for name in names]
    return sorted(labelled, key=lambda item: str(item[1]))


def kind_label(name: str) -> Text:
    """Return what staff call a kind; its name for one of another release."""
    kind = kind_named(name)
    return kind.label if kind is not None else name


def failure_words(error: str) -> str:
    """Say why a message failed, where its last error is a code."""
    if CODE.fullmatch(error):
        return _("The provider refused it (%(error)s).") % {"error": error}
    if NAME.fullmatch(error):
        return _("The provider could not be reached (%(error)s).") % {"error": error}
    return error


def _as_seen(about: Described, by: User) -> Described:
    """Leave out the link to a page that somebody may not see."""
    is_seen = not about.permission or may(by, about.permission)
    return about if is_seen else replace(about, url="")


def _row(message: Message, about: Described | None, now: datetime) -> MessageRow:
    client, user = message.client, message.user
    return MessageRow(
        id=str(message.public_id),
        state=_state(message),
        kind=kind_label(message.kind),
        channel=Message.Channel(message.channel).label,
        to=client.name if client else user.get_full_name() if user else "",
        to_url=reverse("client", args=[client.public_id]) if client else "",
        phone=client.phone if client else "",
        address=message.address,
        about=about.words if about else "",
        about_url=about.url if about else "",
        version=_version(message, about),
        is_outdated=bool(about and about.version not in (None, message.about_version)),
        when=_when(message, now),
        why=_why(message),
    )


def _state(message: Message) -> str:
    return CAME_BACK if message.state == State.SENT and message.last_error else message.state


def _version(message: Message, about: Described | None) -> str:
    if about is None or about.version is None:
        return ""
    said = {"number": message.about_version}
    if about.version == message.about_version:
        return _("Version %(number)s, as it stands now") % said
    return _("Version %(number)s, changed since") % said


def _when(message: Message, now: datetime) -> str:
    zone = _zone(message)
    if message.sent_at is not None:
        return _moment(message.sent_at, zone, now)
    if message.state in (State.DUE, State.CLAIMED):
        if message.due_at <= now:
            return _("due since %(when)s") % {"when": _moment(message.due_at, zone, now)}
        return _("due %(when)s") % {"when": _moment(message.due_at, zone, now)}
    return _("was due %(when)s") % {"when": _moment(message.due_at, zone, now)}


def _why(message: Message) -> str:
    if message.state in (State.DROPPED, State.SKIPPED):
        return message.reason
    words = failure_words(message.last_error)
    if words and message.state != State.SENT and message.tries > 1:
        tried = ngettext("Tried %(count)s time.", "Tried %(count)s times.", message.tries)
        return f"{words.rstrip('.')}. {tried % {'count': message.tries}}"
    return words


def _zone(message: Message) -> tzinfo:
    return ZoneInfo(message.location.zone) if message.location else UTC


def _moment(at: datetime, zone: tzinfo, now: datetime) -> str:
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    day = formatting.short_day(local.date())
    if local.date() == today:
        day = _("today")
    elif local.year != today.year:
        day = f"{day} {local.year}"
    return _("%(day)s, %(time)s") % {"day": day, "time": formatting.clock(local.time())}
