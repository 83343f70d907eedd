"""Close a visit in session in its practitioner's place: a page of its own, for managers."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.domain.lifecycle import State
from bookings.domain.needling import Stage
from bookings.selectors.running import runs_of
from bookings.services.standing_in import Count, close_for_absent
from clinic.formatting import when
from clinic.models import AccessLog
from clinic.permissions import CLOSE_FOR_ABSENT, SEE_DAY, may
from clinic.refusals import Refusal
from clinic.views.access import SignedInRequest, keep_look, needs
from treatments.forms.standing_in import StandInForm
from treatments.views.visits import facts_of, seen_visit, zone_of


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(SEE_DAY)
def visit_stand_in(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Ask for the needles and why, then complete the visit."""
    seen = seen_visit(request.user, public_id)
    if not may(request.user, CLOSE_FOR_ABSENT, seen):
        raise Http404
    if seen.state_now is not State.IN_SESSION:
        messages.error(request, _("Only a visit in session is closed for somebody else."))
        return redirect("visit", public_id)
    now = timezone.now()
    if seen.client is not None:
        keep_look(request, seen.client, AccessLog.Kind.VISIT, now)
    run = runs_of([seen])[0]
    stage = run.stage if seen.service.uses_needles else Stage.OUT
    answers = request.POST if request.method == "POST" else None
    form = StandInForm(answers, stage=stage, in_count=run.in_count)
    if form.is_valid():
        said = form.cleaned_data
        count = Count(said.get("went_in"), said.get("came_out"), said.get("searched", False))
        try:
            close_for_absent(
                appointment=seen,
                count=count,
                reason=said["reason"],
                by=request.user,
                now=now,
            )
        except Refusal as refusal:
            messages.error(request, str(refusal.message))
        else:
            words = _("Closed in place of %(name)s.") % {"name": seen.practitioner.name}
            messages.success(request, words)
        return redirect("visit", public_id)
    context = {
        "title": _("Close it for %(name)s") % {"name": seen.practitioner.name},
        "form": form,
        "visit": seen,
        "facts": facts_of(seen),
        "when": when(seen.starts_at, zone_of(seen)),
        "counted": _counted(run.in_count, run.out_count) if seen.service.uses_needles else "",
    }
    return render(
        request, "treatments/visit_stand_in.html", context, status=422 if form.is_bound else 200
    )


def _counted(in_count: int | None, out_count: int | None) -> str:
    if in_count is None:
        return ""
    if out_count is None:
        return _("%(count)s needles went in.") % {"count": in_count}
    return _("%(in)s needles in, %(out)s removed") % {"in": in_count, "out": out_count}
