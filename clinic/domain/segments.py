"""A visit as a list of segments: the minutes, and whom each part holds.

consultation 30 | insertion 15 | retention 25 | removal 15 | aftercare 5 | turnover 10
P C R           | P C R        |   C R        | P C R      |   C R       |     R
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import Enum, auto
from typing import Any

GRID_MINUTES = 5


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """One part of a visit; `minutes` is a multiple of 5."""

    kind: str
    minutes: int
    holds_practitioner: bool
    holds_client: bool
    holds_room: bool


class Problem(Enum):
    """Why a list of segments can't be a visit."""

    EMPTY = auto()
    OFF_GRID = auto()
    CLIENT_NOT_FIRST = auto()
    CLIENT_LEAVES_AND_RETURNS = auto()
    CLIENT_WITHOUT_ROOM = auto()
    NO_HANDS = auto()
    HANDS_AFTER_CLIENT = auto()
    LONGER_THAN_A_DAY = auto()


def client_minutes(segments: Iterable[SegmentPlan]) -> int:
    """Sum the minutes that hold the client: the length that a client is told."""
    return sum(segment.minutes for segment in segments if segment.holds_client)


def total_minutes(segments: Iterable[SegmentPlan]) -> int:
    """Sum all minutes, turnover included."""
    return sum(segment.minutes for segment in segments)


def problems(segments: Sequence[SegmentPlan], longest_day_minutes: int) -> list[Problem]:
    """Return what is wrong with a list of segments; an empty list means a visit.

    The client is there from the first minute, in a room, in one piece; afterwards the
    room alone is held (turnover). `longest_day_minutes` is the longest stretch that
    anybody works: a visit that is longer could never be booked.
    """
    if not segments:
        return [Problem.EMPTY]
    here = [segment.holds_client for segment in segments]
    last = len(here) - 1 - here[::-1].index(True) if any(here) else -1
    after = segments[last + 1 :]
    checks = {
        Problem.OFF_GRID: any(s.minutes <= 0 or s.minutes % GRID_MINUTES for s in segments),
        Problem.CLIENT_NOT_FIRST: not here[0],
        Problem.CLIENT_LEAVES_AND_RETURNS: here[0] and not all(here[: last + 1]),
        Problem.CLIENT_WITHOUT_ROOM: any(s.holds_client and not s.holds_room for s in segments),
        Problem.NO_HANDS: not any(s.holds_practitioner for s in segments),
        Problem.HANDS_AFTER_CLIENT: any(s.holds_practitioner for s in after),
        Problem.LONGER_THAN_A_DAY: client_minutes(segments) > longest_day_minutes,
    }
    return [problem for problem, found in checks.items() if found]


def to_json(segments: Iterable[SegmentPlan]) -> list[dict[str, Any]]:
    """Return segments as plain values, as an appointment keeps them."""
    return [asdict(segment) for segment in segments]


def from_json(rows: Iterable[dict[str, Any]]) -> tuple[SegmentPlan, ...]:
    """Read segments that `to_json` wrote."""
    return tuple(SegmentPlan(**row) for row in rows)
