"""The best assignment for all cases of cover at once, by OR-Tools' CP-SAT.

Three rounds, so that no weight can drown another: the first one finds how few clients need
a call and how few another time, the second one keeps both numbers and looks for the fewest
minutes and the fewest new faces, the third one takes of equal answers what is liked best.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from treatments.domain.covering import Assignment, Choice, Problem, is_moved

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel, IntVar, LinearExprT

    Terms = Sequence[tuple[IntVar, int]]

SEED = 1
FEW, NEAR, LIKED = 0.6, 0.3, 0.1
"""Which part of the time each round may take."""

Block = tuple[int, int]
"""First cell, and the first one after it."""


class NoAnswer(Exception):
    """The solver found no assignment in its time; the words say how it ended."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver found; `is_proven`: nothing better exists."""

    picked: Assignment
    is_proven: bool


def solve(problem: Problem, *, seconds: float, hint: Assignment) -> Answer:
    """Search for the best assignment, beginning at `hint`; in `seconds` of wall time.

    Deterministic as long as the time suffices: one worker, a fixed seed, a fixed order.
    Raises `NoAnswer`. OR-Tools is imported here, so that only who solves pays for it.
    """
    model = _Model(problem)
    model.hint(hint)
    # One call outweighs all moves that there can be, one minute all new faces.
    weight = len(problem.cases) + 1
    few = [*((says, weight) for says in model.calls()), *((says, 1) for says in model.moved())]
    near = [*((says, n * weight) for says, n in model.way()), *((v, 1) for v in model.new_faces())]
    few_proven = model.minimise(few, seconds * FEW)
    model.keep_to(few)
    near_proven = model.minimise(near, seconds * NEAR)
    model.keep_to(near)
    model.minimise(model.liking(), seconds * LIKED)
    return Answer(model.picked, is_proven=few_proven and near_proven)


class _Model:
    """The problem as CP-SAT sees it: one yes or no for each case and choice."""

    def __init__(self, problem: Problem) -> None:
        from ortools.sat.python import cp_model

        self._cp = cp_model
        self._problem = problem
        self._model: CpModel = cp_model.CpModel()
        self._says: dict[int, list[IntVar]] = {}
        self._calls: dict[int, IntVar] = {}
        self._faces: list[IntVar] = []
        self.picked: Assignment = {}
        for case in problem.cases:
            self._says[case.id] = [self._yes_or_no() for _choice in case.choices]
            self._calls[case.id] = self._yes_or_no()
            self._model.add_exactly_one([*self._says[case.id], self._calls[case.id]])
        self._no_two_at_once()
        self._keep_links()
        self._count_faces()

    def hint(self, picked: Assignment) -> None:
        """Begin the search at an assignment."""
        self._model.clear_hints()  # type: ignore[no-untyped-call]
        for case in self._problem.cases:
            was = picked[case.id]
            for choice, says in zip(case.choices, self._says[case.id], strict=True):
                self._model.add_hint(says, choice is was or choice == was)
            self._model.add_hint(self._calls[case.id], was is None)

    def calls(self) -> list["IntVar"]:
        """The cases that go to the call list."""
        return list(self._calls.values())

    def moved(self) -> list["IntVar"]:
        """The choices of another time."""
        return [says for _case, choice, says in self._all() if is_moved(choice)]

    def way(self) -> "Terms":
        """The choices away from the booked start, each with its minutes."""
        return [(says, choice.minutes) for _case, choice, says in self._all() if choice.minutes]

    def new_faces(self) -> list["IntVar"]:
        """The practitioners that are new to a course, or to a single visit's client."""
        return self._faces

    def liking(self) -> "Terms":
        """The choices, each with how many of its case are liked better."""
        return [
            (says, place)
            for case in self._problem.cases
            for place, says in enumerate(self._says[case.id])
        ]

    def minimise(self, what: "Terms", seconds: float) -> bool:
        """Search; keep what was found as `picked` and as hint. Say whether it is proven."""
        solver = self._cp.CpSolver()
        solver.parameters.random_seed = SEED
        solver.parameters.num_workers = 1
        solver.parameters.max_time_in_seconds = seconds
        self._model.minimize(self._sum(what))
        status = solver.solve(self._model)
        if status == self._cp.UNKNOWN and self.picked:
            # Out of time before it began: what the round before found stands.
            return False
        if status not in (self._cp.OPTIMAL, self._cp.FEASIBLE):
            raise NoAnswer(solver.status_name(status))
        self._found = solver
        picked: dict[int, Choice | None] = {case.id: None for case in self._problem.cases}
        for case_id, choice, says in self._all():
            if solver.boolean_value(says):
                picked[case_id] = choice
        self.picked = picked
        self.hint(picked)
        return bool(status == self._cp.OPTIMAL)

    def keep_to(self, what: "Terms") -> None:
        """Let nothing found from now on be worse than what was found."""
        self._model.add(self._sum(what) <= int(self._found.value(self._sum(what))))

    def _sum(self, what: "Terms") -> "LinearExprT":
        expressions, factors = [says for says, _factor in what], [factor for _says, factor in what]
        return self._cp.LinearExpr.weighted_sum(expressions, factors)

    def _all(self) -> Iterable[tuple[int, Choice, "IntVar"]]:
        for case in self._problem.cases:
            for choice, says in zip(case.choices, self._says[case.id], strict=True):
                yield case.id, choice, says

    def _yes_or_no(self) -> "IntVar":
        return self._model.new_bool_var("")

    def _no_two_at_once(self) -> None:
        """Let each resource be at one place only: at the begin of each block, at most one."""
        blocks: dict[int, list[tuple[Block, IntVar]]] = defaultdict(list)
        for _case, choice, says in self._all():
            for resource, cells in choice.holds:
                blocks[resource].extend((block, says) for block in blocks_of(cells))
        done: set[frozenset[int]] = set()
        for _resource, rows in sorted(blocks.items()):
            for begin in sorted({begin for (begin, _end), _says in rows}):
                here = {says.index: says for (first, end), says in rows if first <= begin < end}
                key = frozenset(here)
                if len(here) > 1 and key not in done:
                    done.add(key)
                    self._model.add_at_most_one([here[index] for index in sorted(here)])

    def _keep_links(self) -> None:
        for link in self._problem.links:
            earlier = self._problem.case(link.earlier)
            later = self._problem.case(link.later)
            for one, says in zip(earlier.choices, self._says[earlier.id], strict=True):
                barred = [
                    other_says
                    for other, other_says in zip(later.choices, self._says[later.id], strict=True)
                    if not link.allows(one.date, other.date)
                ]
                for other_says in barred:
                    self._model.add_at_most_one([says, other_says])

    def _count_faces(self) -> None:
        whose = {case.id: case for case in self._problem.cases}
        seen: dict[tuple[str, int], list[IntVar]] = defaultdict(list)
        for case_id, choice, says in self._all():
            case = whose[case_id]
            if choice.practitioner_id not in case.known_ids:
                seen[case.whose, choice.practitioner_id].append(says)
        for _key, rows in sorted(seen.items()):
            face = self._yes_or_no()
            for says in rows:
                self._model.add_implication(says, face)
            self._faces.append(face)


def blocks_of(cells: int) -> list[Block]:
    """Return the runs of set bits, in order."""
    edges = cells ^ (cells << 1)
    at = []
    while edges:
        low = edges & -edges
        at.append(low.bit_length() - 1)
        edges ^= low
    return [pair for number, pair in enumerate(pairwise(at)) if number % 2 == 0]
