"""The proposed plan: look at it, or see why there is none and what helps."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from clinic import formatting
from treatments.domain.diagnosis import Relaxation
from treatments.selectors.planning import CourseQuestion
from treatments.selectors.protocols import price_of
from treatments.services.planning import (
    InfeasiblePlan,
    Proposal,
    propose,
    propose_again,
)
from treatments.views.plan_drafts import PlanDraft, keep_draft, question_words, with_draft
from treatments.views.plan_event import event_note
from treatments.views.plan_strip import plan_strip
from treatments.views.plan_words import (
    PlanRow,
    common_name,
    date_words,
    length_words,
    plan_rows,
    price_words,
    reason_words,
    relaxation_words,
    total_words,
    wish_words,
)

LATE_START_DAYS = 14
"""From when on a plan says why it begins no sooner."""


@never_cache
@require_safe
@with_draft
def course_plan_proposal(request: HttpRequest, draft: PlanDraft, now: datetime) -> HttpResponse:
    """Show the plan; a slot that went meanwhile is replaced and marked."""
    try:
        draft, proposal = stand(request, draft, now)
    except InfeasiblePlan as refusal:
        return infeasible_page(request, draft, refusal, now)
    return proposal_page(request, draft, proposal, now)


@require_POST
@with_draft
def course_plan_relax(request: HttpRequest, draft: PlanDraft, now: datetime) -> HttpResponse:
    """Give up the wishes that were named, and plan again."""
    try:
        propose(question=draft.question, now=now)
    except InfeasiblePlan as refusal:
        for relaxation in refusal.diagnosis.relaxations:
            if _name(relaxation) == request.POST.get("give_up"):
                keep_draft(request, draft, _relaxed(draft.question, relaxation), ())
    return redirect("course-plan-proposal", draft.id)


def stand(request: HttpRequest, draft: PlanDraft, now: datetime) -> tuple[PlanDraft, Proposal]:
    """Return a draft with its plan as it stands now, and keep what changed by itself.

    Raises `InfeasiblePlan`.
    """
    if not draft.slots:
        proposal = propose(question=draft.question, now=now)
        return keep_draft(request, draft, draft.question, proposal.slots), proposal
    proposal = propose_again(question=draft.question, slots=draft.slots, now=now)
    if tuple(proposal.slots) != draft.slots:
        changed = changed_numbers(proposal, draft.slots)
        draft = keep_draft(request, draft, draft.question, proposal.slots, changed)
        messages.warning(request, lost_words(changed))
    return draft, proposal


def changed_numbers(proposal: Proposal, before: Sequence[Any]) -> list[int]:
    """Return the numbers of the sessions that are not where they were."""
    return [
        number for (slot, number), old in zip(proposal.numbered, before, strict=True) if slot != old
    ]


def lost_words(changed: Sequence[int]) -> str:
    """Say that the plan had to be made again."""
    return ngettext(
        "A time of your plan has just gone. We planned again; what changed is marked. "
        "Nothing is booked yet.",
        "Some times of your plan have just gone. We planned again; what changed is marked. "
        "Nothing is booked yet.",
        len(changed),
    )


def proposal_page(
    request: HttpRequest, draft: PlanDraft, proposal: Proposal, now: datetime, status: int = 200
) -> HttpResponse:
    """Show a plan as a list and as a small calendar."""
    question = draft.question
    rows = plan_rows(proposal, draft.id, now, draft.changed)
    numbers = [number for _slot, number in proposal.numbered]
    price = price_of(question.catalogue, question.figures, numbers)
    return render(
        request,
        "treatments/plan_proposal.html",
        {
            "draft": draft,
            "title": _("Your plan, done by %(day)s")
            % {"day": date_words(proposal.plan.finish_date, now, question)},
            "what": question_words(question),
            "wishes": wish_words(question),
            "rows": rows,
            "all_with": common_name(rows),
            "strip": plan_strip(_dots(rows, proposal)),
            "bends": " ".join(filter(None, (_bends_words(rows), _start_words(proposal, now)))),
            "event": event_note(proposal, draft.id, now),
            "changed": len(draft.changed),
            "place": question.location,
            "zone": formatting.zone_words(question.location.name),
            "length": length_words(question),
            "price": price_words(price),
            "total": total_words(price),
            "wishes_url": reverse("course-plan-wishes", args=[draft.id]),
        },
        status=status,
    )


def infeasible_page(
    request: HttpRequest, draft: PlanDraft, refusal: InfeasiblePlan, now: datetime
) -> HttpResponse:
    """Say why there is no plan, and offer what would help, each one click away."""
    question, diagnosis = draft.question, refusal.diagnosis
    return render(
        request,
        "treatments/plan_infeasible.html",
        {
            "draft": draft,
            "refusal": refusal,
            "what": question_words(question),
            "wishes": wish_words(question),
            "reasons": [reason_words(reason, question, now) for reason in diagnosis.reasons],
            "ways": [
                {
                    "value": _name(way),
                    "label": relaxation_words(way.kinds),
                    "note": _finish_words(way, question, now),
                }
                for way in diagnosis.relaxations
            ],
            "place": question.location,
            "wishes_url": reverse("course-plan-wishes", args=[draft.id]),
        },
        status=refusal.status,
    )


def _dots(rows: Sequence[PlanRow], proposal: Proposal) -> list[tuple[date, int, str]]:
    dots = []
    for row, session in zip(rows, proposal.plan.sessions, strict=True):
        style = "fixed" if row.is_fixed else "changed" if row.is_changed else "open"
        dots.append((session.candidate.date, row.number, style))
    return dots


def _bends_words(rows: Sequence[PlanRow]) -> str:
    count = sum(bool(row.bends) for row in rows)
    if not count:
        return _("It fits all of your wishes.")
    return ngettext(
        "%(count)s session bends your wishes or the usual gap. It is marked, and you can swap it.",
        "%(count)s sessions bend your wishes or the usual gap. They are marked, and you can "
        "swap each of them.",
        count,
    ) % {"count": count}


def _start_words(proposal: Proposal, now: datetime) -> str:
    """Say why a plan begins late, where nobody wished it to."""
    question = proposal.question
    slot, number = proposal.numbered[0]
    today = now.astimezone(question.location.zone).date()
    days = (slot.date - max(today, question.wishes.not_before or today)).days
    if number > 1 or days < LATE_START_DAYS:
        return ""
    return _(
        "It begins on %(day)s: sooner dates are taken or suit the course less well. To begin "
        "earlier all the same, swap session 1."
    ) % {"day": date_words(slot.date, now, question)}


def _relaxed(question: CourseQuestion, way: Relaxation) -> CourseQuestion:
    return replace(question, wishes=way.wishes, event_date=_event_date(question, way))


def _event_date(question: CourseQuestion, way: Relaxation) -> date | None:
    """Return the event that goes with a relaxation: a later one where the old is too soon."""
    if way.wishes.ready_by is None or way.wishes.ready_by == question.wishes.ready_by:
        return question.event_date
    return way.wishes.ready_by + timedelta(days=question.figures.event_margin_days)


def _finish_words(way: Relaxation, question: CourseQuestion, now: datetime) -> str:
    finish = date_words(way.finish_date, now, question)
    event = _event_date(question, way)
    if event is not None and event != question.event_date:
        return _("You would finish on %(day)s, ready for an event on %(event)s or later.") % {
            "day": finish,
            "event": date_words(event, now, question),
        }
    return _("You would finish on %(day)s.") % {"day": finish}


def _name(way: Relaxation) -> str:
    return " ".join(way.kinds)
