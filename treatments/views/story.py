"""The story of a visit in words: who did what and when."""

from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.domain.lifecycle import State, is_step
from bookings.models import (
    STATE_LABELS,
    Appointment,
    NeedleChange,
    RetentionChange,
    StatusChange,
)
from bookings.selectors.stories import Change, story_of
from bookings.services.by_link import BY_LINK
from clinic.formatting import when
from clinic.models import User
from clinic.permissions import RECORD_NEEDLES, may

COUNTED = frozenset({NeedleChange.Kind.IN, NeedleChange.Kind.OUT})
NEEDLES: dict[str, str | Promise] = {
    NeedleChange.Kind.IN: gettext_lazy("Needles in"),
    NeedleChange.Kind.OUT: gettext_lazy("Needles removed"),
    NeedleChange.Kind.SEARCHED: gettext_lazy("Searched, client told"),
    NeedleChange.Kind.UNDONE: gettext_lazy("Last entry about needles taken back"),
}


def story(visit: Appointment, zone: ZoneInfo, by: User) -> list[dict[str, str]]:
    """Return what happened at a visit, the first thing first; numbers only for who treats."""
    with_numbers = may(by, RECORD_NEEDLES, visit)
    return [_happening(change, zone, with_numbers) for change in story_of(visit)]


def _happening(change: Change, zone: ZoneInfo, with_numbers: bool) -> dict[str, str]:
    told = {"at": when(change.at, zone), "reason": ""}
    if isinstance(change, NeedleChange):
        what = _needles(change) if with_numbers else NEEDLES[change.kind]
        return {**told, "what": str(what), "who": change.by.get_full_name()}
    if isinstance(change, RetentionChange):
        return {**told, "what": _retention(change), "who": change.by.get_full_name()}
    return {**told, "what": _what(change), "who": _who(change), "reason": change.reason}


def _retention(change: RetentionChange) -> str:
    said = {"minutes": change.minutes, "before": change.before_minutes}
    return _("Needles stay in for %(minutes)s minutes, not %(before)s") % said


def _needles(change: NeedleChange) -> str:
    words = NEEDLES[change.kind]
    if change.kind not in COUNTED:
        return str(words)
    return _("%(words)s: %(count)s") % {"words": words, "count": change.count}


def _who(change: StatusChange) -> str:
    if change.by is not None:
        return change.by.get_full_name()
    return _("the client") if change.reason == str(BY_LINK) else _("by itself")


def _what(change: StatusChange) -> str:
    to_state = State(change.to_state)
    if change.from_state == change.to_state:
        return _("Moved")
    if change.from_state and not is_step(change.from_state, change.to_state):
        return _("Back to: %(state)s") % {"state": STATE_LABELS[to_state]}
    return str(STATE_LABELS[to_state])
