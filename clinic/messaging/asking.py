"""Ask, just before sending, whether a message may still go out, and to what address."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from clinic.domain.quiet import is_quiet, when_not_quiet
from clinic.logs import place_of
from clinic.messaging.claiming import Claimed, Outcome
from clinic.messaging.dead import call_unless_called
from clinic.messaging.outcomes import failed, left_out, put_back, retried
from clinic.messaging.registry import (
    Answer,
    Dropped,
    Kind,
    Later,
    Mail,
    Skipped,
    Text,
    Wanted,
    kind_named,
)
from clinic.models import Client, Message, Purpose
from clinic.selectors.reach import Channel, Reach, reach_of

logger = logging.getLogger(__name__)

MOST_TIMES_CLAIMED = 20
"""A message that workers were lost with so often is taken for what kills them."""


@dataclass(slots=True)
class Ready:
    """A message that goes out: who writes it, from what, where to; and its text, once written.

    Written without text: its kind could not write it.
    """

    message: Message
    kind: Kind
    about: object
    address: str
    is_written: bool = False
    content: Mail | Text | None = None


def ask(claimed: Claimed, now: datetime, *, knows_keys: bool) -> tuple[list[Ready], list[Outcome]]:
    """Sort a batch into what is sent and what is not, with the reason.

    Two statements for consent and addresses, and those of each kind that is in the batch.
    Whom nothing reaches any more, reception calls about what the clinic changed.
    `knows_keys`: sending twice is harmless with this provider.
    """
    clients = {row.client.pk: row.client for row in claimed.messages if row.client is not None}
    reaches = reach_of(clients.values())
    ready: list[Ready] = []
    outcomes: list[Outcome] = []
    unreached: list[Message] = []
    dropped: list[tuple[Message, Dropped]] = []
    of_kinds: dict[str, list[tuple[Message, str]]] = defaultdict(list)
    for message in claimed.messages:
        found = _address(message, reaches, now, claimed, knows_keys)
        if isinstance(found, Outcome):
            outcomes.append(found)
            if found.state == Message.State.SKIPPED and _is_untold(message, reaches, now):
                unreached.append(message)
        else:
            of_kinds[message.kind].append((message, found))
    call_unless_called(unreached, now)
    for name, rows in of_kinds.items():
        kind = kind_named(name)
        assert kind is not None
        answers = _answers(kind, [message for message, _address in rows], now)
        for message, address in rows:
            answer = answers.get(message.pk)
            if isinstance(answer, Wanted):
                ready.append(Ready(message, kind, answer.about, address))
            elif isinstance(answer, Dropped):
                dropped.append((message, answer))
            else:
                outcomes.append(_outcome(message, answer, now))
    return ready, [*outcomes, *_dropped(dropped)]


def _address(
    message: Message,
    reaches: Mapping[int, Reach],
    now: datetime,
    claimed: Claimed,
    knows_keys: bool,
) -> str | Outcome:
    kind = kind_named(message.kind)
    if kind is None:
        return failed(message, _("No such kind of message in this release"))
    if message.pk in claimed.lost_twice and message.channel == Channel.SMS and not knows_keys:
        return failed(message, _("A worker was lost with it twice; it may have gone out"))
    if message.tries > MOST_TIMES_CLAIMED:
        return failed(message, _("A worker was lost with it each time"))
    if message.client is None:
        return _address_of_user(message)
    refusal = _refusal(message, kind, reaches[message.client.pk])
    if refusal:
        return left_out(message, Message.State.SKIPPED, refusal)
    zone = ZoneInfo(message.location.zone) if message.location else None
    if kind.keeps_quiet and zone and is_quiet(now, zone):
        return put_back(message, when_not_quiet(now, zone))
    return reaches[message.client.pk].addresses[Channel(message.channel)]


def _address_of_user(message: Message) -> str | Outcome:
    user = message.user
    if user is None or not user.is_active or not user.email:
        return left_out(message, Message.State.SKIPPED, _("The login is closed"))
    return user.email


def _refusal(message: Message, kind: Kind, reach: Reach) -> str:
    channel = Channel(message.channel)
    if channel in reach.dead:
        return _("The address gave messages back")
    if channel not in reach.addresses:
        return _("There is no address any more")
    if kind.purpose is not None and not reach.may(kind.purpose, channel):
        return _("The client does not want it this way")
    return ""


def _is_untold(message: Message, reaches: Mapping[int, Reach], now: datetime) -> bool:
    """Tell whether something true that the clinic did reaches its client by no channel."""
    kind = kind_named(message.kind)
    if kind is None or message.client is None or message.details.get("by_client") is not False:
        return False
    if reaches[message.client.pk].channels(Purpose.SERVICE):
        return False
    return isinstance(_answers(kind, [message], now).get(message.pk), Wanted)


def _answers(kind: Kind, messages: Sequence[Message], now: datetime) -> Mapping[int, Answer]:
    """Return what a kind says; nothing when it fails, which is its own rows' trouble alone."""
    try:
        return kind.wanted(messages, now)
    except Exception as error:
        words = "messages of the kind %s could not be asked whether they are wanted: %s"
        logger.error(words, kind.name, place_of(error))
        return {}


def _dropped(rows: Sequence[tuple[Message, Dropped]]) -> list[Outcome]:
    """Drop messages, but not those claimed while their client's record was being merged.

    Their things belong to another record by now, and so do they: they are asked anew.
    """
    clients = {message.client_id for message, _answer in rows if message.client_id}
    merged = Client.objects.filter(pk__in=clients).exclude(merged_into=None)
    moved = set(merged.values_list("pk", flat=True)) if rows else set()
    return [
        put_back(message)
        if message.client_id in moved
        else left_out(message, Message.State.DROPPED, str(answer.reason))
        for message, answer in rows
    ]


def _outcome(message: Message, answer: Answer | None, now: datetime) -> Outcome:
    match answer:
        case Skipped(reason):
            return left_out(message, Message.State.SKIPPED, str(reason))
        case Later(at):
            return put_back(message, at)
        case _:
            return retried(message, now, _("It could not be decided whether it is wanted"))
