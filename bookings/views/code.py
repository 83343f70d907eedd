"""The step of the six-digit code, for visitors who are not signed in."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.forms.booking import CodeForm
from bookings.models import Appointment
from bookings.views.holding import way_on
from bookings.views.presenting import hold_notice, visit_rows
from bookings.views.visitor import Visitor
from bookings.views.who import save_details
from clinic.refusals import Refusal
from clinic.selectors.catalogue import catalogue
from clinic.services.sign_in import (
    SecondFactorNeeded,
    awaited_address,
    finish_code_sign_in,
    resend_code,
)

SEND_AGAIN = "again"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hold_code(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask for the code from the mail; the right one signs in and goes on to checking."""
    visitor = Visitor(request)
    hold = visitor.hold_or_404(public_id)
    now = timezone.now()
    if request.user.is_authenticated:
        return redirect("hold-details", public_id)
    if request.method != "POST":
        if awaited_address(request) is None:
            return way_on(request, visitor, hold) or redirect("hold-details", public_id)
        return way_on(request, visitor, hold) or _page(request, hold, CodeForm(), now)
    if SEND_AGAIN in request.POST:
        return _send_again(request, hold, now)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _page(request, hold, form, now, status=422)
    return _sign_in(request, visitor, hold, form, now)


def _sign_in(
    request: HttpRequest, visitor: Visitor, hold: Appointment, form: CodeForm, now: datetime
) -> HttpResponse:
    next_url = reverse("hold-details", args=[hold.public_id])
    try:
        user = finish_code_sign_in(request, form.cleaned_data["code"], next_url=next_url)
    except SecondFactorNeeded as step:
        return redirect(step.url)
    except Refusal as refusal:
        form.add_error("code", str(refusal.message))
        return _page(request, hold, form, now, status=refusal.status)
    save_details(user, visitor, now)
    return redirect("hold-check", hold.public_id)


def _send_again(request: HttpRequest, hold: Appointment, now: datetime) -> HttpResponse:
    try:
        resend_code(request)
    except Refusal as refusal:
        form = CodeForm({"code": ""})
        form.full_clean()
        form.errors.clear()
        form.add_error(None, str(refusal.message))
        return _page(request, hold, form, now, status=refusal.status)
    messages.success(request, _("A new code is on its way. The old one no longer works."))
    return redirect("hold-code", hold.public_id)


def _page(
    request: HttpRequest, hold: Appointment, form: CodeForm, now: datetime, status: int = 200
) -> HttpResponse:
    return render(
        request,
        "bookings/code.html",
        {
            "form": form,
            "address": awaited_address(request) or Visitor(request).typed.get("email", ""),
            "rows": visit_rows(hold, now, catalogue()),
            "hold": hold_notice(hold, now, "code"),
            "back_url": reverse("hold-details", args=[hold.public_id]),
            "send_again": SEND_AGAIN,
            "mailbox_url": reverse("demo-mailbox") if settings.DEMO_MAILBOX else "",
            "location": hold.location,
        },
        status=status,
    )
