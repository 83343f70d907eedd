"""Does anybody send the messages? Said in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic import formatting
from clinic.selectors.outbox import OutboxHealth, outbox_health, waiting_count

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the outbox stands, for `_pulse.html`; `advice` on what to do is empty if all is well."""

    words: str
    backlog: str
    waiting: str
    advice: str

    @property
    def is_well(self) -> bool:
        return not self.advice


def pulse(now: datetime) -> Pulse:
    """Say how the outbox stands: five queries."""
    health = outbox_health(now)
    return Pulse(
        words=_life(health, now),
        backlog=_backlog(health, now),
        waiting=_waiting(waiting_count()),
        advice=_advice(health, now),
    )


def length_words(length: timedelta) -> str:
    """Return a length in its largest whole unit: 4 seconds, 12 minutes, 5 hours, 3 days."""
    if length < MINUTE:
        seconds = max(int(length.total_seconds()), 0)
        return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}
    if length < HOUR:
        return formatting.minutes_words(length // MINUTE)
    if length < 2 * DAY:
        return formatting.hours_words(length // HOUR)
    days = length // DAY
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


def _life(health: OutboxHealth, now: datetime) -> str:
    if health.last_run_at is None:
        return _("No message has gone out yet: no round was made.")
    ago = {"ago": length_words(now - health.last_run_at)}
    if health.is_silent(now):
        return _("Messages stand still: last round %(ago)s ago.") % ago
    return _("Messages go out: last round %(ago)s ago.") % ago


def _backlog(health: OutboxHealth, now: datetime) -> str:
    if health.oldest_due_at is None:
        return _("None is overdue.")
    length = length_words(now - health.oldest_due_at)
    return _("The oldest has been due for %(length)s.") % {"length": length}


def _waiting(count: int) -> str:
    if not count:
        return _("None waits.")
    return ngettext("%(count)s waits.", "%(count)s wait.", count) % {"count": count}


def _advice(health: OutboxHealth, now: datetime) -> str:
    if health.is_silent(now):
        return _(
            "Tell whoever looks after the computers that the worker is down. Nothing is lost: "
            "what still makes sense goes out once it runs. Call whoever must know today."
        )
    if health.is_behind(now):
        return _("The provider is slow or out of reach; it is tried again by itself.")
    return ""
