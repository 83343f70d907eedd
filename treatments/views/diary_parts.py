"""What the grid of a day is made of, ready to show (`diary.py` lays it out)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from treatments.views.retention import Timer


@dataclass(frozen=True, slots=True)
class Mark:
    """Something without a link: an hour, a rule, a time when nobody works."""

    place: str
    label: str = ""


class Gap(NamedTuple):
    """Free time of a practitioner; a click books there."""

    place: str
    url: str
    span: str
    who: str


class BlockWords(NamedTuple):
    """What a block of the grid says, and where it lies."""

    place: str
    url: str
    title: str
    line: str
    promised: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A visit in a room, or its hands-on part with a practitioner, and its segments."""

    words: BlockWords
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A room or a practitioner."""

    name: str
    is_person: bool
    begins_group: bool
    off: Sequence[Mark]
    gaps: Sequence[Gap]
    blocks: Sequence[Block]
    timers: Sequence[Timer] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole grid, ready to show."""

    hours: Sequence[Mark]
    columns: Sequence[Column]
    now: str

    @property
    def gaps(self) -> list[Gap]:
        """The free time of the day, for pages without a grid: by practitioner, then time."""
        return [gap for column in self.columns for gap in column.gaps]
