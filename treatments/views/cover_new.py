"""Cover several visits at once: for whom or what, which visits those are, and the wish."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.selectors.days import visits_seen_by
from clinic.formatting import plain_date, when
from clinic.models import User
from clinic.permissions import SEE_DAY
from clinic.refusals import Refusal
from clinic.selectors.catalogue import Catalogue, catalogue
from clinic.views.access import SignedInRequest, needs
from treatments.forms.cover import CoverForm
from treatments.models import CoverPlan
from treatments.selectors.cover_scope import Affected, CoverScope, affected_visits
from treatments.services.cover_starting import start_cover, time_off_to_take
from treatments.views.cover_scopes import (
    Thing,
    answers_in,
    groups_of,
    key_of_person,
    scope_of,
    things_for,
    today_of,
)
from treatments.views.cover_words import cover_words
from treatments.views.visits import zone_of

Scope = CoverPlan.Scope


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(SEE_DAY)
def cover_new(request: SignedInRequest) -> HttpResponse:
    """Ask for whom or what, and list the visits; POST has a proposal worked out."""
    now = timezone.now()
    facts = catalogue()
    things = things_for(request.user, facts, now)
    if not things:
        raise Http404
    answers = answers_in(request.POST if request.method == "POST" else request.GET)
    form = _form(answers, things, request.user, facts, now)
    if not form.is_bound:
        return _page(request, form, facts, now)
    if not form.is_valid():
        return _page(request, form, facts, now, status=422)
    scope = scope_of(form, things, now)
    if request.method == "POST":
        return _start(request, form, scope, facts, now)
    return _page(request, form, facts, now, scope=scope)


def _form(
    answers: QueryDict, things: dict[str, Thing], user: User, facts: Catalogue, now: datetime
) -> CoverForm:
    today = today_of(things.get(answers.get("whom", "")), facts, now)
    asks = "whom" in answers
    return CoverForm(
        answers if asks else None,
        groups=groups_of(things, with_list=user.is_desk),
        today=today,
        initial={"from": today, "to": today, "span": "today"},
    )


def _start(
    request: SignedInRequest, form: CoverForm, scope: CoverScope, facts: Catalogue, now: datetime
) -> HttpResponse:
    try:
        plan = start_cover(scope=scope, facts=facts, by=request.user, now=now)
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
        return _page(request, form, facts, now, scope=scope, status=refusal.status)
    if plan is None:
        messages.success(request, _("It is entered. No booked visit was in the way."))
        return redirect("cover" if request.user.is_desk else "day")
    return redirect("cover-plan", plan.public_id)


def _page(
    request: SignedInRequest,
    form: CoverForm,
    facts: Catalogue,
    now: datetime,
    *,
    scope: CoverScope | None = None,
    status: int = 200,
) -> HttpResponse:
    affected = affected_visits(scope, facts, now) if scope is not None else []
    context = {
        "title": _("Cover several visits"),
        "form": form,
        "is_asked": scope is not None,
        "rows": [_row(item) for item in affected],
        "count": _count_words(len(affected)),
        "first_this": _time_off_words(scope, form) if scope is not None else "",
        "answers": _answers(form) if scope is not None else [],
        "today": _on_duty(request.user, facts, now) if not form.is_bound else [],
        "back_url": reverse("cover") if request.user.is_desk else reverse("day"),
    }
    return render(request, "treatments/cover_new.html", context, status=status)


def _row(item: Affected) -> dict[str, Any]:
    visit = item.visit
    return {
        "when": when(visit.starts_at, zone_of(visit)),
        "client": visit.client.name if visit.client else "",
        "what": visit.service.name,
        "who": visit.practitioner.name,
        "where": f"{visit.room.name}, {visit.location.name}",
        "why": cover_words(item.need, visit),
        "url": reverse("visit", args=[visit.public_id]),
    }


def _count_words(count: int) -> str:
    words = ngettext("%(count)s visit needs cover", "%(count)s visits need cover", count)
    return words % {"count": count}


def _time_off_words(scope: CoverScope, form: CoverForm) -> str:
    """Say what is entered together with the proposal, if anything."""
    if time_off_to_take(scope) is None:
        return ""
    first, last = form.cleaned_data["from"], form.cleaned_data["to"]
    name = _name_of(form)
    said = {"name": name, "from": plain_date(first), "to": plain_date(last)}
    if scope.scope == Scope.PRACTITIONER:
        if first == last:
            return (
                _("%(name)s is entered as away on %(from)s, so that nothing new is booked.") % said
            )
        return (
            _("%(name)s is entered as away from %(from)s to %(to)s, so that nothing new is booked.")
            % said
        )
    if first == last:
        return _("%(name)s is closed on %(from)s, so that nothing new is booked.") % said
    return _("%(name)s is closed from %(from)s to %(to)s, so that nothing new is booked.") % said


def _name_of(form: CoverForm) -> str:
    groups: Any = form.fields["whom"].choices  # type: ignore[attr-defined]
    named = {
        key: name for _heading, group in groups if isinstance(group, list) for key, name in group
    }
    return str(named.get(form.cleaned_data["whom"], ""))


def _answers(form: CoverForm) -> list[tuple[str, str]]:
    """Return the answers as hidden fields, so that what is sent is what was shown."""
    cleaned = form.cleaned_data
    shown = [("whom", cleaned["whom"]), ("cause", cleaned.get("cause") or ""), ("span", "dates")]
    return [*shown, ("from", cleaned["from"].isoformat()), ("to", cleaned["to"].isoformat())]


def _on_duty(user: User, facts: Catalogue, now: datetime) -> list[dict[str, str]]:
    """Return those who still have visits today, each with the address that covers today."""
    soon = now + timedelta(hours=24)
    rows = visits_seen_by(user).filter(state=State.BOOKED, starts_at__gt=now, starts_at__lt=soon)
    ahead = _today_only(rows.select_related(None).select_related("location"), now)
    counts: dict[int, int] = {}
    for visit in ahead:
        counts[visit.practitioner_id] = counts.get(visit.practitioner_id, 0) + 1
    return [
        {
            "name": person.name,
            "count": ngettext(
                "%(count)s visit left today", "%(count)s visits left today", counts[person.id]
            )
            % {"count": counts[person.id]},
            "url": _ill_today(key_of_person(person.public_id)),
        }
        for person in facts.practitioners.values()
        if person.id in counts
    ]


def _today_only(rows: Any, now: datetime) -> list[Appointment]:
    return [
        visit
        for visit in rows
        if visit.starts_at.astimezone(zone_of(visit)).date()
        == now.astimezone(zone_of(visit)).date()
    ]


def _ill_today(key: str) -> str:
    query = urlencode({"whom": key, "cause": CoverPlan.Cause.ILL.value, "span": "today"})
    return f"{reverse('cover-new')}?{query}"
