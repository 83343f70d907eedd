"""The last steps of planning a course: who, the code, check, book."""

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.forms.booking import CodeForm, DetailsForm
from bookings.views.choosing import step_url
from bookings.views.code import SEND_AGAIN
from bookings.views.holding import email_of, is_complete, known_of, save_details, typed_in
from bookings.views.presenting import change_policy, where_row
from bookings.views.visitor import Visitor
from clinic import formatting
from clinic.models import User
from clinic.refusals import Refusal
from clinic.services.sign_in import (
    SecondFactorNeeded,
    awaited_address,
    finish_code_sign_in,
    resend_code,
    start_code_sign_in,
)
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
from treatments.views.plan_words import date_words, plan_rows, price_words, total_words, wish_words


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_draft
def course_plan_details(request: HttpRequest, draft: PlanDraft, now: datetime) -> HttpResponse:
    """Ask who comes; somebody known goes straight on to checking."""
    if draft.for_client:
        return redirect("course-plan-check", draft.id)
    visitor = Visitor(request)
    fixed_email = email_of(request)
    if request.method != "POST":
        if is_complete(draft.client) and "change" not in request.GET:
            return redirect("course-plan-check", draft.id)
        form = DetailsForm(initial=known_of(visitor, draft.client), fixed_email=fixed_email)
        return _details_page(request, draft, form, now)
    visitor.remember(typed_in(request))
    form = DetailsForm(request.POST, fixed_email=fixed_email)
    if not form.is_valid():
        return _details_page(request, draft, form, now, status=422)
    said = form.cleaned_data
    email = fixed_email or said["email"].lower()
    visitor.remember(
        {"name": said["name"], "email": email, "phone": str(said["phone"]), "adult": True}
    )
    if isinstance(request.user, User):
        save_details(request.user, visitor, now)
        return redirect("course-plan-check", draft.id)
    try:
        start_code_sign_in(request, email)
    except Refusal as refusal:
        form.add_error(None, str(refusal.message))
        return _details_page(request, draft, form, now, status=refusal.status)
    return redirect("course-plan-code", draft.id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_draft
def course_plan_code(request: HttpRequest, draft: PlanDraft, now: datetime) -> HttpResponse:
    """Ask for the code from the mail; the right one signs in and goes on to checking."""
    if request.user.is_authenticated:
        return redirect("course-plan-details", draft.id)
    if request.method != "POST":
        if awaited_address(request) is None:
            return redirect("course-plan-details", draft.id)
        return _code_page(request, draft, CodeForm(), now)
    if SEND_AGAIN in request.POST:
        return _send_again(request, draft, now)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _code_page(request, draft, form, now, status=422)
    visitor = Visitor(request)
    try:
        user = finish_code_sign_in(
            request,
            form.cleaned_data["code"],
            next_url=reverse("course-plan-details", args=[draft.id]),
        )
    except SecondFactorNeeded as step:
        return redirect(step.url)
    except Refusal as refusal:
        form.add_error("code", str(refusal.message))
        return _code_page(request, draft, form, now, status=refusal.status)
    save_details(user, visitor, now)
    return redirect("course-plan-check", draft.id)


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


def _details_page(
    request: HttpRequest, draft: PlanDraft, form: DetailsForm, now: datetime, status: int = 200
) -> HttpResponse:
    check_url = reverse("course-plan-check", args=[draft.id])
    is_known = isinstance(request.user, User)
    return render(
        request,
        "treatments/plan_details.html",
        {
            "form": form,
            "rows": _summary(draft, now),
            "when_words": _("Your plan is kept while you do this."),
            "hold": None,
            "fixed_email": email_of(request),
            "back_url": reverse("course-plan-proposal", args=[draft.id]),
            "sign_in_url": "" if is_known else step_url("account_login", next=check_url),
        },
        status=status,
    )


def _code_page(
    request: HttpRequest, draft: PlanDraft, form: CodeForm, now: datetime, status: int = 200
) -> HttpResponse:
    return render(
        request,
        "treatments/plan_code.html",
        {
            "form": form,
            "address": awaited_address(request) or Visitor(request).typed.get("email", ""),
            "rows": _summary(draft, now),
            "hold": None,
            "back_url": reverse("course-plan-details", args=[draft.id]),
            "send_again": SEND_AGAIN,
            "mailbox_url": reverse("demo-mailbox") if settings.DEMO_MAILBOX else "",
            "location": draft.question.location,
        },
        status=status,
    )


def _send_again(request: HttpRequest, draft: PlanDraft, now: datetime) -> HttpResponse:
    try:
        resend_code(request)
    except Refusal as refusal:
        form = CodeForm({"code": ""})
        form.full_clean()
        form.errors.clear()
        form.add_error(None, str(refusal.message))
        return _code_page(request, draft, form, now, status=refusal.status)
    messages.success(request, _("A new code is on its way. The old one no longer works."))
    return redirect("course-plan-code", draft.id)


def _summary(draft: PlanDraft, now: datetime) -> list[Row]:
    question = draft.question
    rows = [Row(_("What"), question_words(question))]
    if draft.slots:
        first, last = draft.slots[0], draft.slots[-1]
        rows += [
            Row(_("From"), date_words(first.date, now, question)),
            Row(_("To"), date_words(last.date, now, question)),
        ]
    return [*rows, where_row(question.location)]
