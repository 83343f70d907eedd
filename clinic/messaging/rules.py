"""The timings of messages: defaults in code, changed by managers in the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext_noop

from clinic.models import MessageRule

HOUR = 60
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Default:
    """A rule as it is before anybody changed it."""

    title: str
    minutes: int


DEFAULTS: Mapping[str, Default] = {
    "visit-first": Default(gettext_noop("Before a first visit, with how to prepare"), -7 * DAY),
    "visit-early": Default(gettext_noop("First reminder of a visit"), -3 * DAY),
    "visit-last": Default(
        gettext_noop("Second reminder, unless the client has said “I'll be there”"), -28 * HOUR
    ),
    "course-overdue": Default(gettext_noop("Nothing booked in a course: the client"), 0),
    "course-overdue-staff": Default(gettext_noop("Nothing booked in a course: staff"), 7 * DAY),
    "recall-before": Default(gettext_noop("Maintenance: before it is due"), -14 * DAY),
    "recall-due": Default(gettext_noop("Maintenance: on the day"), 0),
    "recall-after": Default(gettext_noop("Maintenance: after it was due"), 28 * DAY),
    "day-list": Default(gettext_noop("Day list for practitioners, after midnight"), 7 * HOUR),
}
"""Evidence for the figures: `domain.md` 6. Counted from what `MessageRule` says."""


def ensure_rules(**signal: object) -> None:
    """Write the rules that are missing; follows each `migrate`, and may be called again."""
    MessageRule.objects.bulk_create(
        [
            MessageRule(name=name, title=rule.title, minutes=rule.minutes)
            for name, rule in DEFAULTS.items()
        ],
        ignore_conflicts=True,
    )


def rules(*names: str) -> dict[str, timedelta]:
    """Return when the named messages go out, without those switched off: one query."""
    found = {row.name: row for row in MessageRule.objects.filter(name__in=names)}
    return {
        name: timedelta(minutes=found[name].minutes if name in found else DEFAULTS[name].minutes)
        for name in names
        if name not in found or found[name].is_active
    }
