"""Another time for one session of a proposed plan."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.selectors.slots import Slot, free_time
from bookings.views.picker import DateCard, value_of
from clinic import formatting
from clinic.refusals import Refusal
from clinic.views.components import Choice, ChoiceGroup
from treatments.domain.starts import Candidate
from treatments.domain.swapping import SwapDate
from treatments.forms.planning import SwapForm
from treatments.selectors.planning import CourseQuestion, candidate_at
from treatments.services.planning import (
    InfeasiblePlan,
    NotInPlan,
    Proposal,
    SwapOffer,
    offer_swap,
    swap_session,
)
from treatments.views.plan_drafts import PlanDraft, keep_draft, with_draft
from treatments.views.plan_proposal import changed_numbers, stand
from treatments.views.plan_words import date_words, plan_rows

DATES_SHOWN = 8
MORE_DATES = 40


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_draft
def course_plan_swap(
    request: HttpRequest, draft: PlanDraft, now: datetime, number: int
) -> HttpResponse:
    """Offer other times for one session; POST takes one."""
    try:
        draft, standing = stand(request, draft, now)
    except InfeasiblePlan:
        return redirect("course-plan-proposal", draft.id)
    current = next((slot for slot, at in standing.numbered if at == number), None)
    if current is None:
        raise Http404
    people = {person.slug: person.id for person in draft.question.catalogue.practitioners.values()}
    form = SwapForm(request.POST if request.method == "POST" else None, people=people, now=now)
    refusal = None
    if form.is_bound and form.is_valid():
        try:
            return _swap(request, draft, form, number, now)
        except (NotInPlan, InfeasiblePlan) as no:
            refusal = no
            form.add_error("slot", _refused(no, form))
    offer = offer_swap(question=draft.question, slots=draft.slots, number=number, now=now)
    status = refusal.status if refusal else 422 if form.errors else 200
    context = _swap_context(request, draft, offer, standing, number, now)
    return render(request, "treatments/plan_swap.html", {**context, "form": form}, status=status)


def _swap(
    request: HttpRequest, draft: PlanDraft, form: SwapForm, number: int, now: datetime
) -> HttpResponse:
    starts_at, practitioner_id = form.cleaned_data["slot"]
    proposal = swap_session(
        question=draft.question,
        slots=draft.slots,
        number=number,
        slot=candidate_at(draft.question.location, starts_at, practitioner_id),
        keep_others=form.cleaned_data["others"] != SwapForm.AROUND,
        now=now,
    )
    changed = changed_numbers(proposal, draft.slots)
    keep_draft(request, draft, draft.question, proposal.slots, changed)
    others = len(set(changed) - {number})
    words = _("Session %(number)s is set. The others stay as they were.")
    if others:
        words = ngettext(
            "Session %(number)s is set, and %(count)s other session with it. They are marked.",
            "Session %(number)s is set, and %(count)s other sessions with it. They are marked.",
            others,
        )
    messages.success(request, words % {"number": number, "count": others})
    return redirect("course-plan-proposal", draft.id)


def _refused(refusal: Refusal, form: SwapForm) -> str:
    if isinstance(refusal, NotInPlan):
        return str(refusal.message)
    if form.cleaned_data["others"] == SwapForm.AROUND:
        return _("With that time no plan keeps the limits. Choose another one.")
    return _("With that time the others can’t all stay. Let us plan them around it.")


def _swap_context(
    request: HttpRequest,
    draft: PlanDraft,
    offer: SwapOffer,
    standing: Proposal,
    number: int,
    now: datetime,
) -> dict[str, Any]:
    question = draft.question
    current = next(slot for slot, at in standing.numbered if at == number)
    shown = MORE_DATES if "more" in request.GET else DATES_SHOWN
    asked = _read_date(request.GET.get("date", ""))
    chosen = next((item for item in offer.dates if item.date == asked), None)
    if chosen is None:
        chosen = next(iter(offer.dates), None)
    staying = [item for item in offer.dates if item.keeps_others]
    moving = [item for item in offer.dates if not item.keeps_others]
    path = reverse("course-plan-swap", args=[draft.id, number])
    more = "&more=1" if "more" in request.GET else ""
    rows = plan_rows(standing, draft.id, now, ())
    return {
        "draft": draft,
        "number": number,
        "count": question.figures.length,
        "row": next(row for row in rows if row.number == number),
        "rows": [row for row in rows if abs(row.number - number) == 1],
        "staying": [_card(item, chosen, path, more, current.date) for item in staying[:shown]],
        "moving": [_card(item, chosen, path, more, current.date) for item in moving[:shown]],
        "more_url": f"{path}?more=1" if not more and max(len(staying), len(moving)) > shown else "",
        "keeps_others": chosen.keeps_others if chosen else False,
        "day": date_words(chosen.date, now, question) if chosen else "",
        "groups": _groups(offer, number, chosen.date, current, question, now) if chosen else [],
        "zone": formatting.zone_words(question.location.name),
        "place": question.location,
        "back_url": reverse("course-plan-proposal", args=[draft.id]),
    }


def _card(item: SwapDate, chosen: SwapDate | None, path: str, more: str, today: date) -> DateCard:
    days = (item.date - today).days
    note = _("the same day")
    if days:
        words = (
            ngettext("%(count)s day later", "%(count)s days later", days)
            if days > 0
            else ngettext("%(count)s day sooner", "%(count)s days sooner", -days)
        )
        note = words % {"count": abs(days)}
    return DateCard(
        label=formatting.short_day(item.date),
        spoken=formatting.day_and_year(item.date),
        note=note,
        url=f"{path}?date={item.date.isoformat()}{more}",
        is_chosen=item == chosen,
    )


def _groups(
    offer: SwapOffer,
    number: int,
    on: date,
    current: Candidate,
    question: CourseQuestion,
    now: datetime,
) -> list[ChoiceGroup]:
    """Return the starts of a date: with the session's own person first, then with others."""
    asked = (offer.asked.first if number == 1 else offer.asked.follow_up).question
    day = replace(asked, first_date=on, end_date=on + timedelta(days=1))
    slots = sorted(free_time(day, now).slots(), key=lambda slot: slot.starts_at)
    own = [slot for slot in slots if slot.practitioner_id == current.practitioner_id]
    others: dict[datetime, Slot] = {}
    for slot in slots:
        if slot.practitioner_id != current.practitioner_id:
            others.setdefault(slot.starts_at, slot)
    people = question.catalogue.practitioners
    known = people.get(current.practitioner_id)
    groups = []
    if own and known:
        label = _("With %(name)s") % {"name": known.name}
        groups.append(ChoiceGroup(label, [_slot_choice(slot, question, "") for slot in own]))
    if others:
        listed = [_slot_choice(slot, question, slot.practitioner_name) for slot in others.values()]
        groups.append(ChoiceGroup(_("With somebody else"), listed))
    return groups


def _slot_choice(slot: Slot, question: CourseQuestion, name: str) -> Choice:
    slug = question.catalogue.practitioners[slot.practitioner_id].slug
    notes = [name] if name else []
    notes += [_("subject to renewal")] if slot.awaits_renewal else []
    return Choice(
        f"{value_of(slot.starts_at.astimezone(UTC))} with {slug}",
        formatting.time_of_day(slot.starts_at, question.location.zone),
        ", ".join(notes),
    )


def _read_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
