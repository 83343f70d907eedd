"""Choose all sessions of a course at once: the exact minimum, by dynamic programming.

The board has one layer for each session, one row for each date, one cell for each
practitioner; a cell keeps only its best start, since a gap's price depends on the dates
and a change's price on the practitioners, never on the time of day.

          session 1            session 2            session 3
    Mon   [ana][bo ]
    Tue   [ana]      ------->  (next Tue) [bo ]
    Wed        [bo ] --.       (next Wed) [ana] --> ...
                        `--->  (next Thu) [ana]

From the last session to the first, each cell learns the price of the best way from
itself to the end:

    to_end(cell) = price of its start
                 + min over the next session's dates in reach of
                       gap + min( to_end(same practitioner),
                                  best of that date + change )

"Best of that date" is the same for all practitioners, so each date looks through its
window once. A date whose gap and best come to `change` or more above the window's best
cannot be worth it for the same practitioner either; those left are a few.

Then from the first session to the last, the ways that attain the minimum are followed
together, always on to the earliest date and time that one of them has; at the end the
lower practitioner ids, session by session, decide. So ties fall as the rule says, exactly.
"""

from dataclasses import dataclass
from operator import add

from treatments.domain.course import CoursePlan, PlanProblem, assemble
from treatments.domain.layers import INFINITE, Board
from treatments.domain.starts import Candidate

Values = dict[int, dict[int, int]]
"""By ordinal of the date, then practitioner: the price from there to the end."""


@dataclass(frozen=True, slots=True)
class Bests:
    """Hold the lowest price of each date `first, first + 1, ...` of one session."""

    first: int
    prices: list[int]

    @property
    def end(self) -> int:
        """The ordinal after the last date."""
        return self.first + len(self.prices)


@dataclass(frozen=True, slots=True)
class Step:
    """Hold where the followed ways stand: one date and minute, and with whom it may be.

    `came_from` maps each practitioner to those of the session before.
    """

    day: int
    minute: int
    came_from: dict[int, list[int]]


def plan(problem: PlanProblem) -> CoursePlan | None:
    """Return the best plan, or None if the hard limits allow none.

    Least first: the days by which flagged gaps pass their ceilings, the weight of the
    booked starts that move, the cost, the booked visits that change hands. Ties: the
    earlier (date, time) session by session, then the lower practitioner id session by
    session.
    """
    chosen = best_slots(Board(problem))
    return None if chosen is None else assemble(problem, chosen)


def best_slots(board: Board) -> list[Candidate] | None:
    """Search a board; one slot for each session, or None."""
    if not board.layers[-1].rows:
        return None
    return _follow(board, _prices_to_end(board))


def _prices_to_end(board: Board) -> list[Values]:
    last = board.layers[-1]
    values = [
        {
            day: {who: price + last.surcharge for who, (price, _) in row.items()}
            for day, row in last.rows.items()
        }
    ]
    for index in range(len(board.layers) - 2, -1, -1):
        values.append(_prices_of_layer(board, index, values[-1]))
    return values[::-1]


def _prices_of_layer(board: Board, index: int, after: Values) -> Values:
    layer, bests, change = board.layers[index], _bests(after), board.change_price(index)
    gaps = board.gap_prices(index, max(0, bests.end - min(layer.rows, default=bests.end)))
    found: Values = {}
    for day, row in layer.rows.items():
        first, end = board.window(index, day, bests.first, bests.end)
        if first >= end:
            continue
        steps = _step_prices(board, index, day, first, end, gaps)
        sums = list(map(add, bests.prices[first - bests.first : end - bests.first], steps))
        limit = min(sums) + change
        if limit >= INFINITE:
            continue
        near = [(steps[at], after[first + at]) for at, total in enumerate(sums) if total < limit]
        prices = {}
        for who, (price, _) in row.items():
            rest = limit
            for step, cells in near:
                if who in cells and cells[who] + step < rest:
                    rest = cells[who] + step
            prices[who] = price + layer.surcharge + rest
        found[day] = prices
    return found


def _bests(values: Values) -> Bests:
    first, end = min(values, default=0), max(values, default=-1) + 1
    prices = [INFINITE] * (end - first)
    for day, cells in values.items():
        prices[day - first] = min(cells.values())
    return Bests(first, prices)


def _step_prices(
    board: Board, index: int, day: int, first: int, end: int, gaps: list[int]
) -> list[int]:
    """Return what it costs to go from `day` to each of the days `[first, end)`."""
    if not board.problem.is_judged(index):
        return [0] * (end - first)
    steps = gaps[first - day : end - day]
    excess = board.excess_prices(index, day, first, end)
    return steps if excess is None else list(map(add, steps, excess))


def _follow(board: Board, values: list[Values]) -> list[Candidate] | None:
    least = min((min(cells.values()) for cells in values[0].values()), default=None)
    if least is None:
        return None
    day = min(day for day, cells in values[0].items() if least in cells.values())
    ways = {who: [who] for who, price in values[0][day].items() if price == least}
    path = [_earliest(board, 0, day, ways)]
    for index in range(len(values) - 1):
        path.append(_next_step(board, index, values, path[-1]))
    people = _lowest_ids(path)
    return [
        board.candidate(index, step.day, step.minute, who)
        for index, (step, who) in enumerate(zip(path, people, strict=True))
    ]


def _next_step(board: Board, index: int, values: list[Values], here: Step) -> Step:
    """Go on to the earliest date and time by which one of the ways stays at the minimum."""
    layer, after, change = board.layers[index], values[index + 1], board.change_price(index)
    rests = {
        who: values[index][here.day][who] - layer.rows[here.day][who][0] - layer.surcharge
        for who in here.came_from
    }
    bests = _bests(after)
    first, end = board.window(index, here.day, bests.first, bests.end)
    gaps = board.gap_prices(index, max(0, end - here.day))
    steps = _step_prices(board, index, here.day, first, end, gaps)
    for day, step in zip(range(first, end), steps, strict=True):
        ways: dict[int, list[int]] = {}
        for who, price in after.get(day, {}).items():
            came_from = [
                before
                for before, rest in rests.items()
                if price + step + (change if who != before else 0) == rest
            ]
            if came_from:
                ways[who] = came_from
        if ways:
            return _earliest(board, index + 1, day, ways)
    raise AssertionError("the minimum is attained by some next date")


def _earliest(board: Board, index: int, day: int, ways: dict[int, list[int]]) -> Step:
    row = board.layers[index].rows[day]
    minute = min(row[who][1] for who in ways)
    return Step(day, minute, {who: ways[who] for who in ways if row[who][1] == minute})


def _lowest_ids(path: list[Step]) -> list[int]:
    """Choose among the ways left: the lowest id for session 1, then for session 2, ..."""
    alive = set(path[-1].came_from)
    living = [alive]
    for step in reversed(path[1:]):
        alive = {before for who in alive for before in step.came_from[who]}
        living.append(alive)
    living.reverse()
    people = [min(living[0])]
    for step, alive in zip(path[1:], living[1:], strict=True):
        people.append(min(who for who in alive if people[-1] in step.came_from[who]))
    return people
