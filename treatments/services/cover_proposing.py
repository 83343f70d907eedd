"""Work out a proposal of cover: the solver's answer, or the simple one where that is as good."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from clinic.selectors.catalogue import catalogue
from treatments.domain.cover_solver import Answer, NoAnswer, solve
from treatments.domain.covering import (
    Assignment,
    Case,
    Choice,
    Problem,
    StepKind,
    Worth,
    greedy,
    worth_of,
)
from treatments.models.cover_steps import Count, CoverFigures, CoverStep
from treatments.selectors.cover_scope import CoverScope, affected_visits
from treatments.services.cover_choices import is_as_proposed
from treatments.services.cover_options import CoverOptions, cover_options

SECONDS = 5.0
"""How long the solver may search: with reading and writing a proposal takes ten at most."""

log = logging.getLogger(__name__)


def propose_steps(
    scope: CoverScope, now: datetime, *, kept: Sequence[CoverStep] = ()
) -> tuple[list[CoverStep], CoverFigures]:
    """Return what is proposed for each affected visit, in order of start, and the figures.

    What is `kept` stays as it is where the visit is as it was seen and the place still free;
    a call that nobody asked for is looked at anew. Writes nothing.
    """
    began = time.monotonic()
    facts = catalogue()
    affected = affected_visits(scope, facts, now)
    visits = [item.visit for item in affected]
    options = cover_options(visits, scope, facts, now, wanted=kept)
    problem = _narrowed(options, kept)
    simple = greedy(problem)
    answer, trouble = _solved(problem, simple)
    best, figures = _better(problem, simple, answer)
    needs = {item.visit.pk: item.need for item in affected}
    by_hand = {(step.visit, step.key) for step in kept if step.is_chosen}
    steps = []
    for visit in visits:
        step = step_of(options, visit.pk, best[visit.pk], need=needs[visit.pk].value)
        steps.append(replace(step, is_chosen=(step.visit, step.key) in by_hand))
    taken = round(time.monotonic() - began, 2)
    return steps, replace(figures, seconds=taken, trouble=trouble)


def step_of(options: CoverOptions, visit_id: int, choice: Choice | None, *, need: str) -> CoverStep:
    """Return a choice for a visit as a step of a proposal; None is the call list."""
    visit = options.visits[visit_id]
    if choice is None:
        return CoverStep(visit.public_id, visit.version, StepKind.CALL, need=need)
    return CoverStep(
        visit=visit.public_id,
        version=visit.version,
        kind=choice.kind,
        practitioner_id=choice.practitioner_id,
        room_id=choice.room_id,
        lane_ids=choice.lane_ids,
        starts_at=choice.starts_at,
        asks=options.asks(visit_id, choice),
        need=need,
    )


def picked_by(options: CoverOptions, steps: Iterable[CoverStep]) -> Assignment:
    """Return steps as an assignment; what is not free any more stands in nobody's way."""
    ids = {visit.public_id: pk for pk, visit in options.visits.items()}
    return {
        ids[step.visit]: _choice_of(options.problem.case(ids[step.visit]), step)
        for step in steps
        if step.visit in ids
    }


def _narrowed(options: CoverOptions, kept: Iterable[CoverStep]) -> Problem:
    """Leave to each visit with a kept step that one alone, where it still holds."""
    by_visit = {step.visit: step for step in kept}
    cases = []
    for case in options.problem.cases:
        visit = options.visits[case.id]
        step = by_visit.get(visit.public_id)
        if step is not None and step.version == visit.version:
            case = _only(case, step)
        cases.append(case)
    return replace(options.problem, cases=tuple(cases))


def _only(case: Case, step: CoverStep) -> Case:
    if step.kind is StepKind.CALL:
        return replace(case, choices=()) if step.is_chosen else case
    choice = _choice_of(case, step)
    return case if choice is None else replace(case, choices=(choice,))


def _choice_of(case: Case, step: CoverStep) -> Choice | None:
    return next((choice for choice in case.choices if is_as_proposed(choice, step)), None)


def _solved(problem: Problem, simple: Mapping[int, Choice | None]) -> tuple[Answer | None, str]:
    if not problem.cases:
        return None, ""
    try:
        return solve(problem, seconds=SECONDS, hint=simple), ""
    except NoAnswer as reason:
        log.warning("no answer from the solver for %s visits: %s", len(problem.cases), reason)
        return None, str(reason)


def _better(
    problem: Problem, simple: Assignment, answer: Answer | None
) -> tuple[Assignment, CoverFigures]:
    by_hand = worth_of(problem, simple)
    figures = CoverFigures(
        visits=len(problem.cases),
        options=sum(len(case.choices) for case in problem.cases),
        greedy=_count(by_hand),
    )
    if answer is None:
        return simple, figures
    found = worth_of(problem, answer.picked)
    figures = replace(figures, solver=_count(found), is_proven=answer.is_proven)
    if found > by_hand:
        return simple, figures
    return answer.picked, replace(figures, winner="solver")


def _count(worth: Worth) -> Count:
    return Count(worth.calls, worth.moved, worth.minutes)
