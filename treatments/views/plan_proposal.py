"""The proposed plan: look at it, swap a session, or see why there is none and what helps."""

from collections.abc import Sequence
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
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.selectors.slots import Slot, free_time
from bookings.views.picker import DateCard, value_of
from clinic import formatting
from clinic.refusals import Refusal
from clinic.views.components import Choice, ChoiceGroup
from treatments.domain.diagnosis import Relaxation
from treatments.domain.swapping import SwapDate
from treatments.forms.planning import SwapForm
from treatments.selectors.planning import CourseQuestion, candidate_at
from treatments.selectors.protocols import price_of
from treatments.services.planning import (
    InfeasiblePlan,
    NotInPlan,
    Proposal,
    SwapOffer,
    offer_swap,
    propose,
    propose_again,
    swap_session,
)
from treatments.views.plan_drafts import PlanDraft, keep_draft, question_words, with_draft
from treatments.views.plan_strip import plan_strip
from treatments.views.plan_words import (
    PlanRow,
    date_words,
    plan_rows,
    price_words,
    reason_words,
    relaxation_words,
    total_words,
    wish_words,
)

DATES_SHOWN = 8
MORE_DATES = 40


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
            "strip": plan_strip(_dots(rows, proposal)),
            "bends": _bends_words(rows),
            "changed": len(draft.changed),
            "place": question.location,
            "zone": formatting.zone_words(question.location.name),
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
    offer: SwapOffer, number: int, on: date, current: Any, question: CourseQuestion, now: datetime
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


def _read_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
