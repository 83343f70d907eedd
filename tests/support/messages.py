"""A kind of message of the tests' own, and providers that do as they are told."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from unittest.mock import patch

from clinic.messaging import registry
from clinic.messaging.delivery import Accepted, Letter, Receipt
from clinic.messaging.registry import Answer, Mail, Text, Wanted
from clinic.models import Client, Location, Message, Purpose

NOTE = "test_note"


@dataclass
class NoteKind:
    """A note: wanted unless `answers` says otherwise for what it is about."""

    name: str = NOTE
    label: str = "Note"
    purpose: Purpose | None = Purpose.SERVICE
    keeps_quiet: bool = False
    answers: dict[int, Answer] = field(default_factory=dict)
    asked: int = 0

    def wanted(self, messages: Sequence[Message], now: datetime) -> Mapping[int, Answer]:
        self.asked += 1
        return {row.pk: self.answers.get(row.about_id, Wanted(row.about_id)) for row in messages}

    def render(self, message: Message, about: object) -> Mail | Text:
        if message.channel == Message.Channel.SMS:
            return Text(f"Note {about}")
        return Mail(f"Note {about}", f"This is note {about}.", f"<p>This is note {about}.</p>")


@contextmanager
def registered(*kinds: registry.Kind) -> Iterator[None]:
    """Let these kinds be known beside all others while the block runs."""
    with patch.dict(registry._kinds, {kind.name: kind for kind in kinds}):
        yield


def make_message(client: Client, location: Location, now: datetime, **fields: object) -> Message:
    """Make a note to a client that is due now."""
    number = fields.setdefault("about_id", 1)
    fields = {"kind": NOTE, "about": "note", "due_at": now, "created_at": now, **fields}
    channel = fields.get("channel", "email")
    key = fields.pop("dedupe_key", f"{fields['kind']}:{number}:{client.pk}:{channel}")
    return Message.objects.create(client=client, location=location, dedupe_key=key, **fields)


class FakeProvider:
    """Answers each letter as `answer` says, and remembers what it was given."""

    def __init__(
        self,
        answer: Callable[[Letter], Receipt] = lambda letter: Accepted(f"p{letter.message.pk}"),
        *,
        knows_keys: bool = False,
    ) -> None:
        self.answer = answer
        self.letters: list[Letter] = []
        self.knows_keys = knows_keys
        self.threads: set[int] = set()

    def make(self) -> "FakeProvider":
        return self

    @property
    def numbers(self) -> list[int]:
        """What the letters were about, in order."""
        return sorted(letter.message.about_id for letter in self.letters)

    def deliver(self, letter: Letter) -> Receipt:
        self.threads.add(threading.get_ident())
        self.letters.append(letter)
        return self.answer(letter)

    def close(self) -> None:
        """Have nothing to let go of."""
