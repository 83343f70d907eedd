"""A plan of cover: the wait for it, the proposal, its application, and what came of it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clinic.permissions import RUN_DESK, SEE_DAY, may
from clinic.refusals import AlreadyChanged, Refusal
from clinic.selectors.catalogue import catalogue
from clinic.views.access import SignedInRequest, needs
from clinic.views.components import Choice
from treatments.forms.cover import ChangeForm, PlanActForm
from treatments.messages.writing import short_words
from treatments.models import CoverPlan
from treatments.models.cover_steps import CoverStep
from treatments.selectors.cover_plans import Proposal, ProposedVisit, plans_seen_by, proposal_of
from treatments.services.cover_applying import CoverChanged, apply_cover
from treatments.services.cover_planning import (
    adjust_cover,
    choices_for,
    propose_again,
)
from treatments.views.cover_aside import ASIDE, aside_of, set_aside
from treatments.views.cover_cards import (
    apply_words,
    becomes_words,
    card_of,
    days_of,
    simple_way_words,
    summary_of,
    visits_words,
)
from treatments.views.cover_results import results_of
from treatments.views.cover_scopes import plan_title

LONG = timedelta(minutes=1)
"""A plan that takes so long waits for a worker."""

State = CoverPlan.State


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(SEE_DAY)
def cover_plan(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show a plan as it stands; POST applies it, sets it aside or has it worked out anew."""
    plan = _plan_seen(request, public_id)
    now = timezone.now()
    if request.method == "POST":
        return _act(request, plan, now)
    facts, is_desk = catalogue(), may(request.user, RUN_DESK)
    context: dict[str, Any] = {
        "title": plan_title(plan, facts),
        "plan": plan,
        "aside": aside_of(plan, facts),
        "is_desk": is_desk,
        "is_slow": now - plan.made_at > LONG,
        "back_url": reverse("cover-plans") if is_desk else reverse("day"),
    }
    if plan.state == State.READY:
        context |= _ready(proposal_of(plan), now, is_desk=is_desk)
    elif plan.state == State.APPLIED:
        context |= {"results": results_of(proposal_of(plan), now)}
    return render(request, "treatments/cover_plan.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(RUN_DESK)
def cover_change(request: SignedInRequest, public_id: UUID, visit_id: UUID) -> HttpResponse:
    """Show what else one visit of a proposal could become; POST picks one of these."""
    plan = _plan_seen(request, public_id)
    proposal = proposal_of(plan)
    item = proposal.of(visit_id)
    if item is None:
        raise Http404
    if plan.state != State.READY:
        return redirect("cover-plan", public_id)
    now = timezone.now()
    steps = choices_for(plan=plan, visit=item.visit, now=now)
    form = ChangeForm(
        request.POST if request.method == "POST" else None, keys=[s.key for s in steps]
    )
    if form.is_valid():
        key = form.cleaned_data["choice"]
        try:
            adjust_cover(plan=plan, visit=item.visit, key=key, by=request.user, now=now)
        except Refusal as refusal:
            messages.error(request, str(refusal.message))
        else:
            words = _("%(client)s: changed in the proposal.")
            messages.success(request, words % {"client": _client(item)})
        return redirect(f"{reverse('cover-plan', args=[public_id])}#visit-{visit_id}")
    context = {
        "title": _("Another way for this visit"),
        "plan": plan,
        "card": card_of(item, proposal, now),
        "form": form,
        "error": form.errors.get("choice", [""])[0] if form.is_bound else "",
        "choices": [_choice(step, item, proposal) for step in steps],
    }
    return render(
        request, "treatments/cover_change.html", context, status=422 if form.errors else 200
    )


def _plan_seen(request: SignedInRequest, public_id: UUID) -> CoverPlan:
    plan = plans_seen_by(request.user).filter(public_id=public_id).first()
    if plan is None:
        raise Http404
    return plan


def _ready(proposal: Proposal, now: datetime, *, is_desk: bool) -> dict[str, Any]:
    return {
        "count": len(proposal.visits),
        "count_words": visits_words(len(proposal.visits)),
        "summary": summary_of(proposal),
        "simple_way": simple_way_words(proposal.plan),
        "days": days_of(proposal, now, may_change=is_desk),
        "apply_words": apply_words(proposal),
    }


def _act(request: SignedInRequest, plan: CoverPlan, now: datetime) -> HttpResponse:
    form = PlanActForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please use one of the buttons. Nothing was changed."))
        return redirect("cover-plan", plan.public_id)
    act, by = form.cleaned_data["act"], request.user
    if act not in ASIDE and not may(by, RUN_DESK):
        raise Http404
    try:
        if act == "apply":
            apply_cover(plan=plan, by=by, now=now)
        elif act in ASIDE:
            messages.success(request, set_aside(plan, act, by, now))
            return redirect("cover-plans" if may(by, RUN_DESK) else "day")
        else:
            propose_again(plan=plan, by=by, now=now)
    except CoverChanged as refusal:
        messages.warning(request, _changed_words(refusal, proposal_of(plan)))
        _again(plan, request, now)
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    return redirect("cover-plan", plan.public_id)


def _again(plan: CoverPlan, request: SignedInRequest, now: datetime) -> None:
    try:
        propose_again(plan=plan, by=request.user, now=now)
    except AlreadyChanged as refusal:
        messages.error(request, str(refusal.message))


def _changed_words(refusal: CoverChanged, proposal: Proposal) -> str:
    found = [item for pk in refusal.visits if (item := proposal.of(pk))]
    names = ", ".join(f"{_client(item)} ({_when(item)})" for item in found)
    if not names:
        return _(
            "Something changed meanwhile. Nothing was applied; we propose anew and keep the rest."
        )
    words = _(
        "Changed meanwhile: %(names)s. Nothing was applied; we propose anew and keep the rest."
    )
    return words % {"names": names}


def _client(item: ProposedVisit) -> str:
    return item.visit.client.name if item.visit.client else ""


def _when(item: ProposedVisit) -> str:
    return short_words(item.visit.starts_at, item.visit.location_zone)


def _choice(step: CoverStep, item: ProposedVisit, proposal: Proposal) -> Choice:
    label = becomes_words(step, item.visit, proposal)
    note = _("Asks the client first") if step.asks else ""
    return Choice(step.key, label, note, is_chosen=step.key == item.step.key)
