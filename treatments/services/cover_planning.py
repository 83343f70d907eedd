"""Plans of cover: wanted, worked out by a worker, adjusted and discarded by people.

    wanted --> ready --> applied      (cover_applying.py)
       |  ^      |----> discarded
       |  `------'  proposed anew, since something changed
       `-----> failed -> discarded

Each step is a conditional update on the state before. Working out is slow and happens
outside any transaction.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Q

from bookings.models import Appointment
from clinic.models import User
from clinic.permissions import COVER_VISITS, RUN_DESK, require
from clinic.refusals import AlreadyChanged
from clinic.selectors.catalogue import catalogue
from clinic.services.transactions import in_one_transaction
from treatments.domain.covering import Choice, StepKind, fits, in_order
from treatments.models import CoverPlan
from treatments.models.cover_steps import CoverStep, steps_from_json, steps_to_json
from treatments.selectors.cover_scope import CoverScope, affected_visits
from treatments.services.cover_options import CoverOptions, cover_options
from treatments.services.cover_proposing import picked_by, propose_steps, step_of

GIVEN_UP_AFTER = timedelta(minutes=10)
"""A plan that no worker could work out for so long is `failed`."""

TAKEN_FOR = timedelta(minutes=1)
"""So long a plan is left to the worker who took it up; then that one is lost."""

AT_ONCE = 5

UNSETTLED = (CoverPlan.State.WANTED, CoverPlan.State.READY, CoverPlan.State.FAILED)


def want_cover(*, scope: CoverScope, by: User, now: datetime) -> CoverPlan:
    """Ask for a plan; a worker takes it up within seconds.

    The desk asks for anything, practitioners for themselves. Raises `NotAllowed`.
    """
    plan = CoverPlan(
        scope=scope.scope,
        cause=scope.cause,
        practitioner_id=scope.practitioner_id,
        room_id=scope.room_id,
        location_id=scope.location_id,
        starts_at=scope.span.starts_at,
        ends_at=scope.span.ends_at,
        state=CoverPlan.State.WANTED,
        made_at=now,
        made_by=by,
    )
    require(by, COVER_VISITS, plan)
    plan.save()
    return plan


def work_out_wanted(now: datetime) -> int:
    """Work out the plans that wait, the oldest first; return how many. Safe to run twice."""
    waiting = CoverPlan.objects.filter(state=CoverPlan.State.WANTED)
    late = waiting.filter(made_at__lte=now - GIVEN_UP_AFTER).update(state=CoverPlan.State.FAILED)
    wanted = waiting.filter(_is_left_alone(now)).order_by("made_at", "pk")
    plans = [work_out(plan=plan, now=now) for plan in wanted[:AT_ONCE]]
    return late + len(plans)


def work_out(*, plan: CoverPlan, now: datetime) -> CoverPlan:
    """Propose something for each visit of a wanted plan; one not wanted is left as it is.

    What was proposed before and still holds is kept. Of two workers one takes it up; whom
    it was taken from, since it took too long, finds it settled or settles it first.
    """
    wanted = CoverPlan.objects.filter(_is_left_alone(now), pk=plan.pk, state=CoverPlan.State.WANTED)
    if not wanted.update(taken_at=now):
        plan.refresh_from_db()
        return plan
    kept = steps_from_json(plan.proposal)
    steps, figures = propose_steps(CoverScope.of(plan), now, kept=kept)
    rows = CoverPlan.objects.filter(pk=plan.pk, state=CoverPlan.State.WANTED, made_at=plan.made_at)
    rows.update(
        state=CoverPlan.State.READY,
        proposal=steps_to_json(steps),
        figures=figures.to_json(),
    )
    plan.refresh_from_db()
    return plan


def propose_again(*, plan: CoverPlan, by: User, now: datetime) -> CoverPlan:
    """Have a plan worked out anew, since something changed; what still holds is kept.

    The desk asks, or the practitioner whom it is for. Asking twice changes nothing. Raises
    `AlreadyChanged` once it is settled, `NotAllowed`.
    """
    require(by, COVER_VISITS, plan)
    if plan.state == CoverPlan.State.WANTED:
        return plan
    waiting = (CoverPlan.State.READY, CoverPlan.State.FAILED)
    rows = CoverPlan.objects.filter(pk=plan.pk, state__in=waiting)
    if not rows.update(state=CoverPlan.State.WANTED, made_at=now, taken_at=None):
        raise AlreadyChanged
    plan.refresh_from_db()
    return plan


def discard_cover(*, plan: CoverPlan, by: User, now: datetime) -> CoverPlan:
    """Set a plan aside; nothing was changed by it. Twice is once.

    Raises `AlreadyChanged` once it was applied, or `NotAllowed`.
    """
    require(by, COVER_VISITS, plan)
    if plan.state == CoverPlan.State.DISCARDED:
        return plan
    rows = CoverPlan.objects.filter(pk=plan.pk, state__in=UNSETTLED)
    if not rows.update(state=CoverPlan.State.DISCARDED, settled_at=now, settled_by=by):
        raise AlreadyChanged
    plan.refresh_from_db()
    return plan


def choices_for(*, plan: CoverPlan, visit: Appointment, now: datetime) -> tuple[CoverStep, ...]:
    """Return what else one visit of a ready plan could become while the others stay.

    The nearest first, one for each start and practitioner, and the call list last. A fixed
    number of queries. The proposed step is among them as long as it is free.
    """
    steps = {step.visit: step for step in steps_from_json(plan.proposal)}
    step = steps.get(visit.public_id)
    if step is None:
        return ()
    options = _options(plan, list(steps.values()), now)
    others = picked_by(options, [item for item in steps.values() if item is not step])
    found: dict[tuple[datetime, int], CoverStep] = {}
    for choice in _choices(options, visit.pk, step):
        if fits(options.problem, visit.pk, choice, others):
            key = (choice.starts_at, choice.practitioner_id)
            found.setdefault(key, step_of(options, visit.pk, choice, need=step.need))
    call = CoverStep(step.visit, step.version, StepKind.CALL, need=step.need)
    return (*found.values(), call)


def adjust_cover(
    *, plan: CoverPlan, visit: Appointment, key: str, by: User, now: datetime
) -> CoverPlan:
    """Let a visit of a ready plan become something else: the choice with that `key`.

    The others stay as proposed. Raises `AlreadyChanged` when there is no such choice (any
    more), when the plan is not ready, or when somebody else adjusted it, and `NotAllowed`.
    """
    require(by, RUN_DESK)
    before = plan.proposal
    chosen = next(
        (step for step in choices_for(plan=plan, visit=visit, now=now) if step.key == key), None
    )
    if chosen is None:
        raise AlreadyChanged
    chosen = replace(chosen, is_chosen=True)
    steps = [chosen if step.visit == visit.public_id else step for step in steps_from_json(before)]
    return _write_proposal(plan, steps)


def _is_left_alone(now: datetime) -> Q:
    return Q(taken_at=None) | Q(taken_at__lte=now - TAKEN_FOR)


@in_one_transaction
def _write_proposal(plan: CoverPlan, steps: Sequence[CoverStep]) -> CoverPlan:
    ready = CoverPlan.objects.select_for_update().filter(pk=plan.pk, state=CoverPlan.State.READY)
    row = ready.first()
    if row is None or row.proposal != plan.proposal:
        raise AlreadyChanged
    row.proposal = steps_to_json(steps)
    row.save(update_fields=["proposal"])
    plan.refresh_from_db()
    return plan


def _options(plan: CoverPlan, steps: Sequence[CoverStep], now: datetime) -> CoverOptions:
    facts = catalogue()
    scope = CoverScope.of(plan)
    visits = [item.visit for item in affected_visits(scope, facts, now)]
    return cover_options(visits, scope, facts, now, wanted=steps)


def _choices(options: CoverOptions, visit_id: int, step: CoverStep) -> list[Choice]:
    if visit_id not in options.visits or options.visits[visit_id].version != step.version:
        return []
    choices = options.problem.case(visit_id).choices
    return in_order(choices)
