"""A verifier decides on a paper."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.documents.refusals import DocumentRefused
from clinic.permissions import VERIFY_PAPER, VERIFY_PAPERS, may
from clinic.refusals import AlreadyChanged, Refusal
from clinic.services.intake import stored
from clinic.services.verifying import Seen, decide
from clinic.views.access import SignedInRequest, needs
from treatments.forms.verification import DecisionForm, SeenForm
from treatments.views.paper_sheet import Sheet, newest, page_of_paper, sheet_of, was_withdrawn


@needs(VERIFY_PAPERS)
def verification_paper(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show a paper with its pages, and take the decision about it."""
    now = timezone.now()
    if was_withdrawn(public_id):
        messages.warning(request, _("This paper was taken back, so there is nothing to decide."))
        return redirect("verification")
    sheet = sheet_of(public_id, now)
    if request.method != "POST":
        return _page(request, sheet, form_of(sheet), now)
    if not may(request.user, VERIFY_PAPER, sheet.row):
        raise Http404
    seen = SeenForm(request.POST).seen()
    if seen != newest(sheet.item):
        return _conflict(request, sheet, seen, now)
    form = form_of(sheet, request.POST, request.FILES)
    if not form.is_valid():
        return _again(request, sheet, form, 422, now)
    return _decide(request, sheet, form, seen, now)


def form_of(sheet: Sheet, *bound: Any) -> DecisionForm:
    """Return the form for what can be decided about a paper now.

    It starts with what the last decision said of cosmetic work and conditions, which the
    next one replaces.
    """
    type = sheet.row.type
    last = sheet.item.paper.decision
    recheck = timedelta(days=type.recheck_days) if type.recheck_days else None
    return DecisionForm(
        *bound,
        open_to=sheet.open_to,
        services=sheet.services,
        asks_cosmetic=type.must_cover_cosmetic,
        must_recheck=recheck is not None,
        today=sheet.today,
        initial={
            "next_check_date": sheet.today + recheck if recheck else None,
            "covers_cosmetic": ("yes" if last.covers_cosmetic else "no") if last else None,
            "barred": sorted(last.barred) if last else [],
        },
    )


def _decide(
    request: SignedInRequest, sheet: Sheet, form: DecisionForm, seen: Seen, now: datetime
) -> HttpResponse:
    try:
        with stored(form.uploads()) as evidence:
            check = decide(
                paper=sheet.row,
                decision=form.decision(),
                seen=seen,
                by=request.user,
                now=now,
                evidence=evidence,
            )
    except AlreadyChanged:
        return _conflict(request, sheet_of(sheet.row.public_id, now), seen, now)
    except DocumentRefused as refusal:
        form.add_error("proof", str(refusal.message))
        return _again(request, sheet, form, 422, now)
    except Refusal as refusal:
        form.add_error(None, str(refusal.message))
        return _again(request, sheet, form, refusal.status, now)
    said = {"paper": sheet.row, "result": check.get_result_display()}
    messages.success(request, _("%(paper)s: %(result)s.") % said)
    return redirect("verification")


def _conflict(
    request: SignedInRequest, sheet: Sheet, seen: Seen | None, now: datetime
) -> HttpResponse:
    """Show what somebody else did meanwhile, and keep what was typed."""
    form = form_of(sheet, request.POST, request.FILES)
    return _again(request, sheet, form, AlreadyChanged.status, now, meanwhile=_did(sheet, seen))


def _did(sheet: Sheet, seen: Seen | None) -> str:
    check = sheet.item.last_check
    if check is None or (seen is not None and seen.check == check.pk):
        return _("Somebody corrected this paper, or added to it, a moment ago.")
    said = {"name": check.by.name, "result": check.get_result_display()}
    return _("%(name)s was here first and decided: %(result)s.") % said


def _again(
    request: SignedInRequest,
    sheet: Sheet,
    form: DecisionForm,
    status: int,
    now: datetime,
    *,
    meanwhile: str = "",
) -> HttpResponse:
    form.ask_for_files_again()
    return _page(request, sheet, form, now, status=status, meanwhile=meanwhile)


def _without_notes(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out what verifiers write for each other: the paper is that of whoever looks."""
    return {**row, "note": "", "evidence": ""}


def _page(
    request: SignedInRequest,
    sheet: Sheet,
    form: DecisionForm,
    now: datetime,
    *,
    status: int = 200,
    meanwhile: str = "",
) -> HttpResponse:
    context = page_of_paper(sheet, form, now)
    context["meanwhile"] = meanwhile
    context["may_decide"] = may(request.user, VERIFY_PAPER, sheet.row)
    if not context["may_decide"]:
        context |= {"evidence": [], "checks": [_without_notes(row) for row in context["checks"]]}
    return render(request, "treatments/verification_paper.html", context, status=status)
