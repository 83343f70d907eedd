"""What each timing counts from, how far it may reach, and how one says it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

HOUR, DAY, WEEK = 60, 24 * 60, 7 * 24 * 60
SAID_IN_HOURS = 2 * DAY
"""Below this one says hours: 28 hours, not 1 day and 4 hours."""


@dataclass(frozen=True, slots=True)
class Span:
    """How far from `moment` a message may go out, before or after it: minutes, both inclusive."""

    moment: str | Promise
    is_before: bool
    shortest: int
    longest: int

    def signed(self, distance: int) -> int:
        """Return a distance as a rule keeps it: below zero for before."""
        return -distance if self.is_before else distance


VISIT = gettext_lazy("the visit starts")
OVERDUE = gettext_lazy("the next visit of a course is overdue")
DUE = gettext_lazy("maintenance is due")
SPANS: Mapping[str, Span] = {
    "visit-first": Span(VISIT, is_before=True, shortest=4 * HOUR, longest=60 * DAY),
    "visit-early": Span(VISIT, is_before=True, shortest=4 * HOUR, longest=30 * DAY),
    "visit-last": Span(VISIT, is_before=True, shortest=4 * HOUR, longest=14 * DAY),
    "course-overdue": Span(OVERDUE, is_before=False, shortest=0, longest=60 * DAY),
    "course-overdue-staff": Span(OVERDUE, is_before=False, shortest=0, longest=60 * DAY),
    "recall-before": Span(DUE, is_before=True, shortest=DAY, longest=8 * WEEK),
    "recall-due": Span(DUE, is_before=False, shortest=0, longest=6 * DAY),
    "recall-after": Span(DUE, is_before=False, shortest=WEEK, longest=26 * WEEK),
    "day-list": Span(gettext_lazy("midnight"), is_before=False, shortest=HOUR, longest=DAY - 1),
}
"""By the name of the rule. A visit is reminded of no later than four hours before it, since a
reminder nearer than three is left out (`bookings/domain/reminders.py`)."""


def span_of(name: str, minutes: int) -> Span:
    """Return what a rule counts from; for one of another release, the side on which it is."""
    moment = gettext_lazy("what it is about")
    unknown = Span(moment, is_before=minutes < 0, shortest=0, longest=26 * WEEK)
    return SPANS.get(name, unknown)


def timing_words(name: str, minutes: int) -> str:
    """Say when a rule sends: "3 days before the visit starts"."""
    span = span_of(name, minutes)
    if not minutes:
        return _("as soon as %(moment)s") % {"moment": span.moment}
    said = {"length": length_words(abs(minutes)), "moment": span.moment}
    if minutes < 0:
        return _("%(length)s before %(moment)s") % said
    return _("%(length)s after %(moment)s") % said


def length_words(minutes: int) -> str:
    """Return a length in words: "3 days", "28 hours", "2 days and 30 minutes"."""
    days, hours, rest = split(minutes)
    parts = [
        ngettext("%(count)s day", "%(count)s days", days) % {"count": days} if days else "",
        ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours} if hours else "",
        ngettext("%(count)s minute", "%(count)s minutes", rest) % {"count": rest} if rest else "",
    ]
    return _(" and ").join(part for part in parts if part) or _("no time")


def split(minutes: int) -> tuple[int, int, int]:
    """Return days, hours and minutes; days only from two on, or where nothing is left over."""
    if minutes < SAID_IN_HOURS and minutes % DAY:
        return 0, *divmod(minutes, HOUR)
    days, rest = divmod(minutes, DAY)
    return days, *divmod(rest, HOUR)
