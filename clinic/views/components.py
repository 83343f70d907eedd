"""Ready values that templates/components show. Views build them; templates hold no rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clinic.domain.segments import SegmentPlan
from clinic.models import Segment

Text: TypeAlias = str | Promise


@dataclass(frozen=True, slots=True)
class Choice:
    """One radio card: a date, a time, a service."""

    value: str
    label: Text
    note: Text = ""
    is_chosen: bool = False
    is_disabled: bool = False


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    """Radio cards under one heading, such as "Suggested times"; no heading when empty."""

    label: Text
    choices: Sequence[Choice]


@dataclass(frozen=True, slots=True)
class Row:
    """A label with its value, for facts.html, visit_summary.html and answers.html."""

    label: Text
    value: Text
    note: Text = ""
    change_url: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A button on a card; `style` is "primary", "danger" or empty."""

    label: Text
    url: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """The kept time, for hold.html; `extend_url` is empty once it was used."""

    until_label: str
    until_iso: str
    now_iso: str
    extend_url: str = ""


@dataclass(frozen=True, slots=True)
class VisitCard:
    """One appointment, for appointment_card.html; all words are ready to show."""

    title: Text
    when: str
    state: str
    who: Text = ""
    where: Text = ""
    zone: Text = ""
    url: str = ""
    note: Text = ""
    late: bool = False
    actions: Sequence[Action] = ()


@dataclass(frozen=True, slots=True)
class BarPart:
    """One part of a segment bar; `x` and `width` are percentages for SVG attributes."""

    label: Text
    minutes: int
    style: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class SegmentBar:
    """A service's segments side by side, for segments.html."""

    label: str
    parts: tuple[BarPart, ...]


def segment_bar(segments: Sequence[SegmentPlan]) -> SegmentBar:
    """Lay segments out as a bar: hands-on solid, client resting hatched, room alone outlined."""
    total = sum(segment.minutes for segment in segments)
    parts, begun = [], 0
    for segment in segments:
        parts.append(
            BarPart(
                label=Segment.Kind(segment.kind).label,
                minutes=segment.minutes,
                style=_style(segment),
                x=f"{100 * begun / total:.2f}%",
                width=f"{100 * segment.minutes / total - 0.6:.2f}%",
            )
        )
        begun += segment.minutes
    return SegmentBar(label=_spoken(parts), parts=tuple(parts))


def _style(segment: SegmentPlan) -> str:
    if segment.holds_practitioner:
        return "hands"
    return "rest" if segment.holds_client else "turn"


def _spoken(parts: Sequence[BarPart]) -> str:
    return ", ".join(
        _("%(part)s %(minutes)s minutes") % {"part": part.label, "minutes": part.minutes}
        for part in parts
    )
