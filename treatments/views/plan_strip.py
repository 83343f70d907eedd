"""A plan as a small calendar: a column a week, a row a day of the week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

CELL = 24
LEFT = 24
TOP = 22
DAYS = 7
ROOM_FOR_A_MONTH = 2


@dataclass(frozen=True, slots=True)
class StripText:
    """A word at a place of the picture."""

    x: int
    y: int
    text: str


@dataclass(frozen=True, slots=True)
class StripDot:
    """A session at a place of the picture."""

    x: int
    y: int
    number: int
    style: str


@dataclass(frozen=True, slots=True)
class PlanStrip:
    """The whole picture; sizes are in units of its own."""

    width: int
    height: int
    label: str
    months: Sequence[StripText]
    days: Sequence[StripText]
    blanks: Sequence[tuple[int, int]]
    dots: Sequence[StripDot]


def plan_strip(sessions: Sequence[tuple[date, int, str]]) -> PlanStrip:
    """Draw sessions, each (date, number, style), in order; at least one."""
    first = _monday(sessions[0][0])
    weeks = (_monday(sessions[-1][0]) - first).days // DAYS + 1
    taken = {on for on, _number, _style in sessions}
    every = [first + timedelta(days=n) for n in range(weeks * DAYS)]
    return PlanStrip(
        width=LEFT + weeks * CELL,
        height=TOP + DAYS * CELL,
        label=_label(len(sessions), weeks),
        months=_months(first, weeks),
        days=[
            StripText(0, TOP + day * CELL + 16, date_format(first + timedelta(days=day), "D")[:1])
            for day in range(DAYS)
        ],
        blanks=[_place(first, on) for on in every if on not in taken],
        dots=[StripDot(*_place(first, on), number, style) for on, number, style in sessions],
    )


def _label(count: int, weeks: int) -> str:
    sessions = ngettext("%(count)s session", "%(count)s sessions", count) % {"count": count}
    over = ngettext("%(count)s week", "%(count)s weeks", weeks) % {"count": weeks}
    return _("%(sessions)s over %(weeks)s") % {"sessions": sessions, "weeks": over}


def _monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


def _place(first: date, on: date) -> tuple[int, int]:
    week, day = divmod((on - first).days, DAYS)
    return LEFT + week * CELL + CELL // 2, TOP + day * CELL + CELL // 2


def _months(first: date, weeks: int) -> list[StripText]:
    """Name each month over its first week whose name has room beside the one before."""
    found: list[StripText] = []
    named = None
    last_week = -ROOM_FOR_A_MONTH
    for week in range(weeks):
        on = first + timedelta(days=week * DAYS + DAYS - 1)
        if on.month != named and week - last_week >= ROOM_FOR_A_MONTH:
            found.append(StripText(LEFT + week * CELL + 2, 14, date_format(on, "M")))
            last_week, named = week, on.month
    return found
