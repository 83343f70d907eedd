"""The last step of planning a course: check, and book all sessions or none."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.views.presenting import change_policy, where_row
from bookings.views.who import email_of, is_complete
from clinic import formatting
from clinic.models import User
from clinic.refusals import Refusal
from clinic.views.components import Row
from treatments.selectors.protocols import price_of
from treatments.services.courses import (
    CourseWish,
    EmailNotVerified,
    OneCourseAtATime,
    PlanLost,
    book_course,
)
from treatments.services.planning import InfeasiblePlan, Proposal
from treatments.views.plan_drafts import (
    PlanDraft,
    keep_draft,
    mark_booked,
    question_words,
    with_draft,
)
from treatments.views.plan_proposal import (
    changed_numbers,
    infeasible_page,
    lost_words,
    proposal_page,
    stand,
)
from treatments.views.plan_words import (
    common_name,
    date_words,
    plan_rows,
    price_words,
    total_words,
    wish_words,
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_draft
def course_plan_check(request: HttpRequest, draft: PlanDraft, now: datetime) -> HttpResponse:
    """Show all answers and the price; POST books all sessions, or none."""
    if not draft.for_client and not (isinstance(request.user, User) and is_complete(draft.client)):
        return redirect("course-plan-details", draft.id)
    if request.method == "POST" and draft.slots:
        return _book(request, draft, now)
    before = draft.slots
    try:
        draft, proposal = stand(request, draft, now)
    except InfeasiblePlan as refusal:
        return infeasible_page(request, draft, refusal, now)
    if draft.slots != before:
        return redirect("course-plan-proposal", draft.id)
    return _check_page(request, draft, proposal, now)


def _book(request: HttpRequest, draft: PlanDraft, now: datetime) -> HttpResponse:
    if request.POST.get("request_id") != draft.request_id:
        messages.warning(
            request, _("The plan was changed in another tab. Here is how it stands; check again.")
        )
        return redirect("course-plan-check", draft.id)
    user, client = request.user, draft.client
    assert isinstance(user, User)
    assert client is not None
    try:
        course = book_course(
            wish=CourseWish(draft.question, draft.slots),
            client=client,
            request_id=draft.request_id,
            by=user,
            now=now,
        )
    except PlanLost as refusal:
        changed = changed_numbers(refusal.proposal, draft.slots)
        draft = keep_draft(request, draft, draft.question, refusal.proposal.slots, changed)
        messages.warning(request, lost_words(changed or refusal.lost))
        return proposal_page(request, draft, refusal.proposal, now, status=refusal.status)
    except InfeasiblePlan as refusal:
        return infeasible_page(request, draft, refusal, now)
    except Refusal as refusal:
        return _refused(request, draft, refusal, now)
    mark_booked(request, draft, course.public_id)
    return redirect("course-booked", course.public_id)


def _refused(
    request: HttpRequest, draft: PlanDraft, refusal: Refusal, now: datetime
) -> HttpResponse:
    try:
        draft, proposal = stand(request, draft, now)
    except InfeasiblePlan as none_left:
        return infeasible_page(request, draft, none_left, now)
    return _check_page(request, draft, proposal, now, refusal=refusal)


def _check_page(
    request: HttpRequest,
    draft: PlanDraft,
    proposal: Proposal,
    now: datetime,
    refusal: Refusal | None = None,
) -> HttpResponse:
    rows = plan_rows(proposal, draft.id, now, ())
    return render(
        request,
        "treatments/plan_check.html",
        {
            "draft": draft,
            "refusal": refusal,
            "has_course": isinstance(refusal, OneCourseAtATime),
            "needs_email": isinstance(refusal, EmailNotVerified),
            "plan_facts": _plan_facts(draft, proposal, now),
            "rows": rows,
            "all_with": common_name(rows),
            "awaits_renewal": any(row.note for row in rows),
            "person_rows": _person_rows(request, draft),
            "count": len(proposal.slots),
            "policy": change_policy(draft.question.location),
            "location": draft.question.location,
            "back_url": reverse("course-plan-proposal", args=[draft.id]),
        },
        status=refusal.status if refusal else 200,
    )


def _plan_facts(draft: PlanDraft, proposal: Proposal, now: datetime) -> list[Row]:
    question = draft.question
    numbers = [number for _slot, number in proposal.numbered]
    price = price_of(question.catalogue, question.figures, numbers)
    wishes_url = reverse("course-plan-wishes", args=[draft.id])
    return [
        Row(_("What"), question_words(question)),
        Row(_("Wishes"), wish_words(question), change_url=wishes_url),
        Row(
            _("From"),
            date_words(proposal.slots[0].date, now, question),
            note=formatting.zone_words(question.location.name),
        ),
        Row(_("To"), date_words(proposal.plan.finish_date, now, question)),
        where_row(question.location),
        Row(_("Price"), price_words(price)),
        Row(_("Altogether"), total_words(price), note=_("Paid at the clinic, visit by visit")),
    ]


def _person_rows(request: HttpRequest, draft: PlanDraft) -> list[Row]:
    client = draft.client
    assert client is not None
    phone = client.phone.as_national if client.phone else _("none")
    if draft.for_client:
        return [
            Row(_("Name"), client.name),
            Row(_("Phone"), phone),
            Row(_("E-mail"), client.email or _("none")),
        ]
    change_url = reverse("course-plan-details", args=[draft.id]) + "?change=1"
    return [
        Row(_("Name"), client.name, change_url=change_url),
        Row(_("Phone"), phone, change_url=change_url),
        Row(_("E-mail"), email_of(request)),
        Row(_("Age"), _("18 or over")),
    ]
