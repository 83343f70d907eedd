"""Answer an offered time by a link in a message, without signing in."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bookings.links import visit_links
from bookings.refusals import SlotTaken
from clinic.formatting import zone_words
from clinic.messaging.links import Link
from clinic.refusals import Refusal
from clinic.views.links import broken_page, closed_page, done_page
from treatments.forms.cover import OfferAnswerForm
from treatments.models import CoverOffer
from treatments.selectors.cover_plans import offers_with_people
from treatments.services.courses import BreaksCourse
from treatments.services.cover_offers import OfferOver, accept_by_link, decline_by_link
from treatments.views.offer_words import is_kept, may_choose_by_link, offer_card, over_words


def offer(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Show the time that is kept; POST takes it or says no."""
    row = offers_with_people().filter(pk=link.about_id).first()
    if row is None or row.version != link.version:
        return broken_page(request)
    if not is_kept(row, now):
        return _over(request, row, now)
    if request.method != "POST":
        return _page(request, row, now)
    form = OfferAnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, row, now, refusal=Refusal(_("Please use one of the buttons.")))
    if form.cleaned_data["answer"] == "decline":
        return _decline(request, row, now)
    return _accept(request, row, now)


def _accept(request: HttpRequest, row: CoverOffer, now: datetime) -> HttpResponse:
    try:
        moved = accept_by_link(offer=row, now=now)
    except (OfferOver, SlotTaken, BreaksCourse):
        return _over(request, offers_with_people().get(pk=row.pk), now)
    except Refusal as refusal:
        return _page(request, row, now, refusal=refusal)
    taken = offers_with_people().get(pk=row.pk)
    return done_page(request, _("It is booked"), over_words(taken, now), location=moved.location)


def _decline(request: HttpRequest, row: CoverOffer, now: datetime) -> HttpResponse:
    try:
        decline_by_link(offer=row, now=now)
    except OfferOver:
        return _over(request, offers_with_people().get(pk=row.pk), now)
    except Refusal as refusal:
        return _page(request, row, now, refusal=refusal)
    words = _("We call you and find a time together. You may call us, too.")
    return done_page(request, _("Thank you"), words, location=row.appointment.location)


def _over(request: HttpRequest, row: CoverOffer, now: datetime) -> HttpResponse:
    visit = row.appointment
    is_taken = row.state == CoverOffer.State.ACCEPTED
    heading = _("We know already") if is_taken else _("This message is out of date")
    return closed_page(
        request,
        heading,
        over_words(row, now),
        status=409,
        location=visit.location,
        sign_in_url=reverse("appointment", args=[visit.public_id]),
    )


def _page(
    request: HttpRequest, row: CoverOffer, now: datetime, refusal: Refusal | None = None
) -> HttpResponse:
    visit = row.appointment
    name = visit.client.first_name if visit.client else ""
    by_link = may_choose_by_link(visit, now)
    context = {
        "title": _("A time for you"),
        "lede": _("Hello %(name)s, your visit can’t take place as booked. We suggest this instead.")
        % {"name": name},
        "offer": offer_card(row, now),
        "location": visit.location,
        "zone": zone_words(visit.location.name),
        "by_link": by_link,
        "choose_url": visit_links(visit).move
        if by_link
        else reverse("my-offer", args=[row.public_id]),
        "refusal": refusal,
    }
    return render(request, "links/offer.html", context, status=refusal.status if refusal else 200)
