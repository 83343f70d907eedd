"""Who comes to a planned course: details and the code from the mail, for those not known."""

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
from bookings.views.presenting import where_row
from bookings.views.visitor import Visitor
from bookings.views.who import email_of, is_complete, known_of, save_details, typed_in
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
from treatments.views.plan_drafts import PlanDraft, question_words, with_draft
from treatments.views.plan_words import date_words


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
        form = DetailsForm(
            initial=known_of(visitor, draft.client),
            fixed_email=fixed_email,
            asks_consent=draft.client is None,
        )
        return _details_page(request, draft, form, now)
    visitor.remember(typed_in(request))
    form = DetailsForm(request.POST, fixed_email=fixed_email, asks_consent=draft.client is None)
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
