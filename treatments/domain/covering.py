"""Cover as a problem of its own: visits that can't stay as they are, and what each could become.

    case    what is possible for it                    what it takes (bits of cells)
    -----   ----------------------------------------   ------------------------------
    09:00   same time with Dora, room 2                 Dora ##..##   room 2 ######
    09:20   same time with Dora, room 1                 Dora   ##..##   (collides above)
            Thursday 10:15 with Chen, room 2            ...
            the call list                               nothing

An assignment picks one possibility for each. Better is, in this order: fewer on the call
list, fewer at another time, fewer minutes between old and new times, fewer new faces.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from treatments.domain.spacing import Pause, merge_pauses, paused_days_between


class StepKind(StrEnum):
    """What becomes of a visit.

    `same_time`: its time stays, somebody else treats, or in another room. `other_time`:
    another time is offered. `call`: reception calls the client.
    """

    SAME_TIME = "same_time"
    OTHER_TIME = "other_time"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that a visit could become: with whom, where, from when.

    `holds` has by resource the cells that it takes, bits on one grid for all cases. `date`
    is the local date of `starts_at` (UTC); `minutes` lie between it and the booked start.
    """

    kind: StepKind
    practitioner_id: int
    room_id: int
    lane_ids: tuple[int, ...]
    starts_at: dt.datetime
    date: dt.date
    minutes: int
    holds: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One visit to cover and its choices, the best liked first; the call list is always one.

    `whose` tells apart for whom a new face counts once: a course, or a single visit.
    `known_ids` are the practitioners who are no new face there.
    """

    id: int
    starts_at: dt.datetime
    whose: str
    known_ids: frozenset[int]
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Two cases that follow each other in a course; ids, and the limits of the days between.

    Each choice keeps the limits to its neighbours where they are booked; a link is about
    both at another time. No ceiling: it may be passed.
    """

    earlier: int
    later: int
    floor_days: int
    ceiling_days: int | None
    pauses: tuple[Pause, ...] = ()

    def allows(self, earlier: dt.date, later: dt.date) -> bool:
        """Say whether the two may lie on these dates."""
        days = (later - earlier).days
        if days < self.floor_days:
            return False
        if self.ceiling_days is None:
            return True
        paused = paused_days_between(merge_pauses(self.pauses), earlier, later)
        return days - paused <= self.ceiling_days


@dataclass(frozen=True, slots=True)
class Problem:
    """All visits that are covered at once, by order of start."""

    cases: tuple[Case, ...]
    links: tuple[Link, ...] = ()

    def case(self, case_id: int) -> Case:
        """Return a case by its id."""
        return next(case for case in self.cases if case.id == case_id)


Assignment = Mapping[int, Choice | None]
"""What each case becomes, by its id; None is the call list."""


class Worth(NamedTuple):
    """How good an assignment is; the lesser tuple is the better one."""

    calls: int
    moved: int
    minutes: int
    new_faces: int


def worth_of(problem: Problem, picked: Assignment) -> Worth:
    """Return what an assignment comes to."""
    others = [choice for choice in picked.values() if is_moved(choice)]
    faces = {
        (case.whose, choice.practitioner_id)
        for case in problem.cases
        if (choice := picked[case.id]) and choice.practitioner_id not in case.known_ids
    }
    return Worth(
        calls=sum(choice is None for choice in picked.values()),
        moved=len(others),
        minutes=sum(choice.minutes for choice in others if choice),
        new_faces=len(faces),
    )


def is_moved(choice: Choice | None) -> bool:
    """Say whether a visit gets another time."""
    return choice is not None and choice.kind is StepKind.OTHER_TIME


def greedy(problem: Problem, kept: Assignment | None = None) -> dict[int, Choice | None]:
    """Decide case after case, in order of start: the same time, else the nearest one, else a call.

    `kept` are decided already, and stand in the others' way.
    """
    picked: dict[int, Choice | None] = dict(kept or {})
    taken: dict[int, int] = {}
    for choice in picked.values():
        _take(taken, choice)
    for case in sorted(problem.cases, key=lambda case: (case.starts_at, case.id)):
        if case.id not in picked:
            picked[case.id] = _first_that_fits(problem, case, picked, taken)
            _take(taken, picked[case.id])
    return picked


def fits(problem: Problem, case_id: int, choice: Choice, picked: Assignment) -> bool:
    """Say whether a choice goes together with what the other cases became."""
    others = {other: was for other, was in picked.items() if other != case_id}
    taken: dict[int, int] = {}
    for was in others.values():
        _take(taken, was)
    return _is_free(choice, taken) and _keeps_links(problem.links, case_id, choice, others)


def _first_that_fits(
    problem: Problem, case: Case, picked: Assignment, taken: Mapping[int, int]
) -> Choice | None:
    for choice in in_order(case.choices):
        free = _is_free(choice, taken)
        if free and _keeps_links(problem.links, case.id, choice, picked):
            return choice
    return None


def in_order(choices: Iterable[Choice]) -> list[Choice]:
    """Return choices as one goes through them by hand: same time first, then the nearest."""
    return sorted(choices, key=lambda choice: (is_moved(choice), choice.minutes))


def _is_free(choice: Choice, taken: Mapping[int, int]) -> bool:
    return not any(cells & taken.get(resource, 0) for resource, cells in choice.holds)


def _take(taken: dict[int, int], choice: Choice | None) -> None:
    for resource, cells in choice.holds if choice is not None else ():
        taken[resource] = taken.get(resource, 0) | cells


def _keeps_links(links: Sequence[Link], case_id: int, choice: Choice, picked: Assignment) -> bool:
    return all(
        _link_holds(link, case_id, choice, picked)
        for link in links
        if case_id in (link.earlier, link.later)
    )


def _link_holds(link: Link, case_id: int, choice: Choice, picked: Assignment) -> bool:
    other = picked.get(link.later if case_id == link.earlier else link.earlier)
    if other is None:
        return True
    if case_id == link.earlier:
        return link.allows(choice.date, other.date)
    return link.allows(other.date, choice.date)
