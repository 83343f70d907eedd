"""Made-up problems of cover, and what can be said of their answers without the planner's code."""

import datetime as dt
import random
from itertools import product

from treatments.domain.covering import Assignment, Case, Choice, Link, Problem, StepKind, Worth

MONDAY = dt.datetime(2027, 6, 21, 13, tzinfo=dt.UTC)
CELL = dt.timedelta(minutes=5)
A_DAY = 288
HANDS, LENGTH = (0b1111, 0b111 << 9), 12


def choice(
    cell: int, *, who: int = 1, room: int = 11, booked: int | None = None, client: int = 0
) -> Choice:
    """Make a choice of an hour at a cell; at another time unless that is the booked one."""
    starts_at = MONDAY + cell * CELL
    booked = cell if booked is None else booked
    whole = (1 << LENGTH) - 1
    return Choice(
        kind=StepKind.SAME_TIME if cell == booked else StepKind.OTHER_TIME,
        practitioner_id=who,
        room_id=room,
        lane_ids=(100 + who,),
        starts_at=starts_at,
        date=starts_at.date(),
        minutes=abs(cell - booked) * 5,
        holds=(
            (who, (HANDS[0] | HANDS[1]) << cell),
            (100 + who, whole << cell),
            (room, whole << cell),
            (1000 + client, whole << cell),
        ),
    )


def case(number: int, cell: int, *choices: Choice, whose: str = "") -> Case:
    """Make a case whose practitioner, 9, can't come."""
    return Case(number, MONDAY + cell * CELL, whose or str(number), frozenset({9}), choices)


def made_up(
    seed: int, *, cases: int, choices: int, people: int = 3, rooms: int = 2, days: int = 2
) -> Problem:
    """Make a crowded problem; every third case follows the one before it in a course."""
    rng = random.Random(seed)
    made = []
    for number in range(cases):
        booked = rng.randrange(days) * A_DAY + rng.randrange(0, 24)
        found = []
        for _n in range(rng.randrange(1, choices + 1)):
            cell = booked if rng.random() < 0.4 else rng.randrange(days) * A_DAY + rng.randrange(48)
            who, room = rng.randrange(1, people + 1), 11 + rng.randrange(rooms)
            found.append(choice(cell, who=who, room=room, booked=booked, client=number))
        whose = f"course {number // 3}" if number % 3 else ""
        made.append(case(number, booked, *found, whose=whose))
    links = [Link(n - 1, n, 0, 0) for n in range(2, cases, 3)]
    return Problem(tuple(made), tuple(links))


def is_possible(problem: Problem, picked: Assignment) -> bool:
    """Say whether an assignment is one: each case once, nothing taken twice, links kept."""
    if set(picked) != {case.id for case in problem.cases}:
        return False
    taken: set[tuple[int, int]] = set()
    for known in problem.cases:
        chosen = picked[known.id]
        if chosen is None:
            continue
        if chosen not in known.choices:
            return False
        for resource, cells in chosen.holds:
            for cell in range(cells.bit_length()):
                if cells >> cell & 1:
                    if (resource, cell) in taken:
                        return False
                    taken.add((resource, cell))
    for link in problem.links:
        one, other = picked[link.earlier], picked[link.later]
        if one and other:
            days = (other.date - one.date).days
            if days < link.floor_days or days > (link.ceiling_days or 0):
                return False
    return True


def worth(problem: Problem, picked: Assignment) -> Worth:
    """Count what an assignment comes to, anew."""
    calls = moved = minutes = 0
    faces = set()
    for known in problem.cases:
        chosen = picked[known.id]
        if chosen is None:
            calls += 1
            continue
        if chosen.starts_at != known.starts_at:
            moved += 1
            minutes += abs((chosen.starts_at - known.starts_at).total_seconds()) // 60
        if chosen.practitioner_id != 9:
            faces.add((known.whose, chosen.practitioner_id))
    return Worth(calls, moved, int(minutes), len(faces))


def best_by_trying_all(problem: Problem) -> Worth:
    """Return the worth of the best assignment, by looking at every one."""
    ids = [known.id for known in problem.cases]
    ways = product(*((*known.choices, None) for known in problem.cases))
    return min(
        worth(problem, picked)
        for way in ways
        if is_possible(problem, picked := dict(zip(ids, way, strict=True)))
    )
