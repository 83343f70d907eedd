"""Offered times: one for its client, and at the desk all that wait, with the plans of cover."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from clinic import formatting
from clinic.models import User
from clinic.permissions import RUN_DESK
from clinic.refusals import Refusal
from clinic.selectors.catalogue import Catalogue, catalogue
from clinic.views.access import SignedInRequest, needs, signed_in
from treatments.forms.cover import OfferAnswerForm
from treatments.models import CoverOffer, CoverPlan
from treatments.selectors.cover_plans import (
    offers_with_people,
    open_offers,
    own_offers,
    settled_plans,
    unanswered_offers,
    waiting_plans,
)
from treatments.services.cover_offers import accept_offer, decline_offer
from treatments.views.cover_scopes import plan_title
from treatments.views.desk import page_of
from treatments.views.offer_words import choose_url, desk_offer, is_kept, offer_card, over_words

RECENT = timedelta(days=7)
UNANSWERED_SHOWN = 20


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def my_offer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show the time that is kept instead of a visit; POST takes it or says no."""
    offer = own_offers(request.user).filter(public_id=public_id).first()
    if offer is None:
        raise Http404
    now = timezone.now()
    form = OfferAnswerForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _my_page(request, offer, now, status=422 if form.is_bound else 200)
    try:
        _answer(offer, form.cleaned_data["answer"], request.user, now)
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
        return redirect("my-offer", public_id)
    if form.cleaned_data["answer"] == "accept":
        messages.success(request, _("Your new time is booked. There is nothing more to do."))
        return redirect("appointment", offer.appointment.public_id)
    messages.success(request, _("Thank you. We call you and find a time together."))
    return redirect("my-offer", public_id)


def _my_page(
    request: SignedInRequest, offer: CoverOffer, now: datetime, status: int = 200
) -> HttpResponse:
    visit = offer.appointment
    kept = is_kept(offer, now)
    context = {
        "offer": offer_card(offer, now),
        "over": "" if kept else over_words(offer, now),
        "location": visit.location,
        "zone": formatting.zone_words(visit.location.name),
        "visit_url": reverse("appointment", args=[visit.public_id]),
        "choose_url": choose_url(visit, now) if kept else "",
        "was_wrong": status != 200,
    }
    return render(request, "treatments/my_offer.html", context, status=status)


@never_cache
@require_safe
@needs(RUN_DESK)
def cover_plans(request: SignedInRequest) -> HttpResponse:
    """List the plans that wait, the offers without an answer, and those that nobody took."""
    now = timezone.now()
    facts = catalogue()
    page = page_of(open_offers(now), request)
    lost = unanswered_offers(now - RECENT)[:UNANSWERED_SHOWN]
    context = {
        "title": _("Plans and offers"),
        "plans": [_plan_row(plan, facts, now) for plan in waiting_plans(request.user)],
        "settled": [_plan_row(plan, facts, now) for plan in settled_plans(request.user)],
        "page": page,
        "rows": [desk_offer(offer, now) for offer in page],
        "lost": [desk_offer(offer, now) for offer in lost],
    }
    return render(request, "treatments/cover_plans.html", context)


@never_cache
@require_http_methods(["POST"])
@needs(RUN_DESK)
def cover_offer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Answer an offer for a client who calls."""
    offer = offers_with_people().filter(public_id=public_id).first()
    form = OfferAnswerForm(request.POST)
    if offer is None or not form.is_valid():
        raise Http404
    client = offer.appointment.client
    said: dict[str, Any] = {"client": client.name if client else ""}
    try:
        _answer(offer, form.cleaned_data["answer"], request.user, timezone.now())
    except Refusal as refusal:
        words = _("%(client)s: %(reason)s")
        messages.error(request, words % {**said, "reason": refusal.message})
    else:
        is_yes = form.cleaned_data["answer"] == "accept"
        words = (
            _("Booked for %(client)s at the offered time.")
            if is_yes
            else _("Let go. %(client)s stands on the call list.")
        )
        messages.success(request, words % said)
    if request.POST.get("back") == "visit":
        return redirect("visit", offer.appointment.public_id)
    return redirect("cover-plans")


def _answer(offer: CoverOffer, answer: str, by: User, now: datetime) -> None:
    if answer == "accept":
        accept_offer(offer=offer, by=by, now=now)
    else:
        decline_offer(offer=offer, by=by, now=now)


def _plan_row(plan: CoverPlan, facts: Catalogue, now: datetime) -> dict[str, Any]:
    return {
        "title": plan_title(plan, facts),
        "url": reverse("cover-plan", args=[plan.public_id]),
        "state": CoverPlan.State(plan.state).label,
        "by": plan.made_by.get_full_name(),
        "count": len(plan.proposal),
    }
