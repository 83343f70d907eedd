"""The planner's board: for each session the dates it may have, with whom, at what price.

Prices are one integer, so that the search adds and compares and nothing else:

    price =  days over a ceiling * EXCESS  +  weight of moves * MOVE
           + cost * COST  +  visits that change hands

Each unit outweighs all that can come below it, which makes the sum lexicographic.
"""

import datetime as dt
from dataclasses import dataclass

from treatments.domain.course import PlanProblem, PlanSession, days_waited, gap_cost
from treatments.domain.spacing import is_paused
from treatments.domain.starts import BestStarts, Candidate, Row
from treatments.domain.wishes import SlotCosts

COST = 1 << 10
MOVE = 1 << 50
EXCESS = 1 << 70
INFINITE = 1 << 100


@dataclass(frozen=True, slots=True)
class Layer:
    """Hold the choices of one session: `rows` by ordinal of the date.

    `surcharge` comes on top of every price: what leaving the booked start weighs. The
    slots that leave nothing are entered with the surcharge taken off again.
    """

    rows: dict[int, Row]
    surcharge: int = 0


class Board:
    """Lay out a problem: one layer a session, one window a gap, no date out of reach."""

    def __init__(self, problem: PlanProblem) -> None:
        self.problem = problem
        self._costs = SlotCosts(problem.wishes, problem.weights)
        self._shared: dict[int, dict[int, Row]] = {}
        self._paused = frozenset(
            day
            for pause in problem.pauses
            for day in range(pause.first_date.toordinal(), pause.end_date.toordinal())
        )
        self.layers = [self._layer(index) for index in range(len(problem.sessions))]
        days = [day for layer in self.layers for day in layer.rows]
        self._first, self._end = min(days, default=0), max(days, default=-1) + 1
        self._cut_unreached()

    def latest(self, gap_index: int, day: int) -> int:
        """Return the last ordinal that a gap starting on `day` allows without an excess."""
        latest = day + self.problem.gaps[gap_index].rule.ceiling_days
        for pause in self.problem.pauses:
            first = max(pause.first_date.toordinal(), day + 1)
            end = pause.end_date.toordinal()
            if first <= latest and first < end:
                latest += end - first
        return latest

    def window(self, gap_index: int, day: int, first: int, end: int) -> tuple[int, int]:
        """Cut the ordinals `[first, end)` of the next session to those that follow `day`."""
        if not self.problem.is_judged(gap_index):
            return first, end
        gap = self.problem.gaps[gap_index]
        first = max(first, day + gap.rule.floor_days)
        if gap.may_exceed_ceiling:
            return first, end
        return first, min(end, self.latest(gap_index, day) + 1)

    def gap_prices(self, gap_index: int, longest: int) -> list[int]:
        """Return the price of a gap by its days, 0 to `longest`, excess not included."""
        gap = self.problem.gaps[gap_index]
        return [gap_cost(gap, self.problem.weights, days) * COST for days in range(longest + 1)]

    def excess_prices(self, gap_index: int, day: int, first: int, end: int) -> list[int] | None:
        """Return the price of passing the ceiling for each next day in `[first, end)`, if any.

        From one day to the next the excess grows by one, unless the day between is paused.
        """
        gap = self.problem.gaps[gap_index]
        if not gap.may_exceed_ceiling or not self.problem.is_judged(gap_index):
            return None
        latest = self.latest(gap_index, day)
        prices = [0] * (min(end, latest + 1) - first)
        excess = 0
        for later in range(latest + 1, end):
            excess += 0 if later - 1 in self._paused else EXCESS
            if later >= first:
                prices.append(excess)
        return prices

    def change_price(self, gap_index: int) -> int:
        """Return the price of going on with another practitioner."""
        if not self.problem.is_judged(gap_index):
            return 0
        return self.problem.weights.change_of_practitioner * COST

    def candidate(self, index: int, day: int, minute: int, practitioner_id: int) -> Candidate:
        """Return the slot that the search chose for a session."""
        session = self.problem.sessions[index]
        date = dt.date.fromordinal(day)
        known = (session.completed, session.pinned, session.kept)
        offered = self.problem.free_for(session).at(date, minute)
        return next(
            slot
            for slot in (*known, *offered)
            if slot is not None
            and (slot.date, slot.minute, slot.practitioner_id) == (date, minute, practitioner_id)
        )

    def _cut_unreached(self) -> None:
        """Take the dates out of the layers that no chain of gaps reaches."""
        for index in range(len(self.layers) - 1):
            layer = self.layers[index + 1]
            allowed = self._following(index)
            rows = {day: row for day, row in layer.rows.items() if allowed >> day - self._first & 1}
            self.layers[index + 1] = Layer(rows, layer.surcharge)

    def _following(self, gap_index: int) -> int:
        """Return the days within one gap of a session's days, as bits from the board's first."""
        allowed = 0
        for day in self.layers[gap_index].rows:
            first, end = self.window(gap_index, day, self._first, self._end)
            if first < end:
                allowed |= (1 << end - self._first) - (1 << first - self._first)
        return allowed

    def _layer(self, index: int) -> Layer:
        session = self.problem.sessions[index]
        if session.completed is not None:
            done = session.completed
            return Layer({done.date.toordinal(): {done.practitioner_id: (0, done.minute)}})
        surcharge = self.problem.weight_of_move(session) * MOVE
        if session.pinned is not None:
            rows: dict[int, Row] = {}
            self._offer(rows, index, session.pinned, surcharge)
            return Layer(rows, surcharge)
        rows = dict(self._free_rows(session))
        if index == 0 and self.problem.wishes.not_before is not None:
            rows = {day: self._after_wait(day, row) for day, row in rows.items()}
        for slot in self._same_start(session):
            self._offer(rows, index, slot, surcharge)
        return Layer(rows, surcharge)

    def _offer(self, rows: dict[int, Row], index: int, slot: Candidate, surcharge: int) -> None:
        """Enter one slot that is free of the "only" wishes, if its date may be at all."""
        if not self._may_stand(slot.date):
            return
        price = self._costs.of_start(slot.date.isoweekday(), slot.minute)
        price += self._costs.of_practitioner(slot.practitioner_id)
        if index == 0:
            waited = days_waited(self.problem, slot.date)
            price += waited * self.problem.weights.day_after_not_before
        price *= COST
        booked = self.problem.sessions[index].booked
        if booked is not None and slot.starts_at == booked.starts_at:
            price += (slot.practitioner_id != booked.practitioner_id) - surcharge
        row = dict(rows.get(slot.date.toordinal(), {}))
        entry = (price, slot.minute)
        row[slot.practitioner_id] = min(entry, row.get(slot.practitioner_id, entry))
        rows[slot.date.toordinal()] = row

    def _same_start(self, session: PlanSession) -> list[Candidate]:
        """List the slots that move nothing: the booked one, and others at its very start."""
        if session.booked is None:
            return []
        booked = session.booked
        others = [
            slot
            for slot in self.problem.free_for(session).at(booked.date, booked.minute)
            if slot.starts_at == booked.starts_at and self._is_admitted(slot)
        ]
        return others if session.lost else [booked, *others]

    def _is_admitted(self, slot: Candidate) -> bool:
        costs = self._costs
        return (
            self._may_begin(slot.date)
            and costs.admits_weekday(slot.date.isoweekday())
            and costs.admits_minute(slot.minute)
            and costs.admits_practitioner(slot.practitioner_id)
        )

    def _free_rows(self, session: PlanSession) -> dict[int, Row]:
        key = session.visit.value
        if key not in self._shared:
            best: BestStarts = self.problem.free_for(session).best(self._costs)
            self._shared[key] = {
                day: {who: (cost * COST, minute) for who, (cost, minute) in row.items()}
                for day, row in best.items()
                if self._may_begin(date := dt.date.fromordinal(day)) and self._may_stand(date)
            }
        return self._shared[key]

    def _may_stand(self, date: dt.date) -> bool:
        ready_by = self.problem.wishes.ready_by
        return (ready_by is None or date <= ready_by) and not is_paused(self.problem.pauses, date)

    def _may_begin(self, date: dt.date) -> bool:
        not_before = self.problem.wishes.not_before
        return not_before is None or date >= not_before

    def _after_wait(self, day: int, row: Row) -> Row:
        waited = days_waited(self.problem, dt.date.fromordinal(day))
        price = waited * self.problem.weights.day_after_not_before * COST
        return {who: (cost + price, minute) for who, (cost, minute) in row.items()}
