"""What becomes of a claimed message, as rows to write. No I/O."""

import random
from datetime import datetime, timedelta
from uuid import UUID

from clinic.messaging.claiming import Outcome
from clinic.messaging.delivery import Letter
from clinic.models import Message

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""After each failed try. After the last one it fails, for staff to see."""
JITTER = 0.2
LONGEST_WAIT = timedelta(hours=4)
"""What a provider may ask for at most; then it is asked again."""
LAST_ERROR_LETTERS = 200
State = Message.State


def sent(letter: Letter, provider_id: str, now: datetime) -> Outcome:
    """It went out."""
    return Outcome(
        *_key(letter.message),
        State.SENT.value,
        sent_at=now,
        provider_id=provider_id[:200],
        address=letter.address,
        subject=letter.subject[:200],
    )


def left_out(message: Message, state: State, reason: str) -> Outcome:
    """It is dropped or skipped."""
    return Outcome(*_key(message), state.value, reason=reason[:200], tries_back=1)


def put_back(message: Message, at: datetime | None = None) -> Outcome:
    """It was claimed and not begun: it waits, until a time if one is given."""
    return Outcome(
        *_key(message),
        State.DUE.value,
        due_at=at,
        tries_back=1,
        last_error=message.last_error,
    )


def failed(message: Message, error: str) -> Outcome:
    """Nobody tries again."""
    return Outcome(*_key(message), State.FAILED.value, last_error=error[:LAST_ERROR_LETTERS])


def retried(
    message: Message,
    now: datetime,
    error: str,
    *,
    after: timedelta | None = None,
    may_be_out: bool = False,
) -> Outcome:
    """It is tried again after a delay that grows with the tries, or fails after the last one.

    The delay is up to a fifth shorter or longer, so that what failed together does not come
    back together.
    """
    if message.tries > len(DELAYS):
        return failed(message, error)
    wait = DELAYS[message.tries - 1] * random.uniform(1 - JITTER, 1 + JITTER)
    if after is not None:
        wait = max(wait, min(after, LONGEST_WAIT))
    return Outcome(
        *_key(message),
        State.DUE.value,
        due_at=now + wait,
        last_error=error[:LAST_ERROR_LETTERS],
        may_be_out=may_be_out,
    )


def _key(message: Message) -> tuple[int, UUID]:
    assert message.claim is not None, "only a claimed message becomes anything"
    return message.pk, message.claim
