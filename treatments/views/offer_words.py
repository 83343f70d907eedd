"""Offered times in words, for their clients and for the desk."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from bookings.domain.policy import MoveAnswer
from bookings.hooks import course_places
from bookings.models import Appointment
from bookings.services.by_link import stands_alone
from bookings.services.moving import move_answer
from bookings.views.presenting import course_page
from clinic import formatting
from clinic.models import User
from treatments.models import CoverOffer
from treatments.selectors.cover_plans import own_open_offers

Offer = CoverOffer.State


@dataclass(frozen=True, slots=True)
class OfferCard:
    """An offer in words; `until` is empty once nothing is kept any more."""

    id: str
    was: str
    becomes: str
    same_time: bool
    until: str
    url: str


@dataclass(frozen=True, slots=True)
class DeskOffer:
    """An offer at the desk, for cover_plans.html."""

    card: OfferCard
    client: str
    client_url: str
    phone: object
    visit_url: str
    move_url: str
    ended: str


def is_kept(offer: CoverOffer, now: datetime) -> bool:
    """Say whether the offered time can still be taken. Needs `appointment` loaded."""
    visit = offer.appointment
    is_open = offer.state == Offer.OPEN and offer.expires_at > now
    return is_open and visit.state == "booked" and visit.version == offer.version


def offer_card(offer: CoverOffer, now: datetime) -> OfferCard:
    """Return an offer in words. Needs its people loaded."""
    visit, hold = offer.appointment, offer.hold
    said = {"when": _when(hold.starts_at, visit, now), "name": hold.practitioner.name}
    is_same = hold.starts_at == visit.starts_at
    return OfferCard(
        id=str(offer.public_id),
        was=_("%(when)s with %(name)s")
        % {"when": _when(visit.starts_at, visit, now), "name": visit.practitioner.name},
        becomes=_("%(when)s with %(name)s") % said,
        same_time=is_same,
        until=_when(offer.expires_at, visit, now) if is_kept(offer, now) else "",
        url=reverse("my-offer", args=[offer.public_id]),
    )


def offer_notes(user: User, now: datetime) -> list[OfferCard]:
    """Return what waits for an answer of the client with this login. One query."""
    return [offer_card(offer, now) for offer in own_open_offers(user, now) if is_kept(offer, now)]


def desk_offer(offer: CoverOffer, now: datetime) -> DeskOffer:
    """Return an offer for the desk's list."""
    visit = offer.appointment
    client = visit.client
    return DeskOffer(
        card=offer_card(offer, now),
        client=client.name if client else "",
        client_url=reverse("client", args=[client.public_id]) if client else "",
        phone=client.phone if client else "",
        visit_url=reverse("visit", args=[visit.public_id]),
        move_url=reverse("visit-move", args=[visit.public_id]),
        ended=_ended(offer, now),
    )


def choose_url(visit: Appointment, now: datetime) -> str:
    """Return where a client finds another time alone; empty where that is not possible.

    One query.
    """
    place = course_places.of([visit]).get(visit.pk)
    if place is not None and place.can_change:
        return course_page(place, "move")
    if move_answer(visit, now) is not MoveAnswer.YES:
        return ""
    return reverse("appointment-move", args=[visit.public_id])


def may_choose_by_link(visit: Appointment, now: datetime) -> bool:
    """Say whether a client may move the visit without signing in. One query."""
    return stands_alone(visit) and move_answer(visit, now) is MoveAnswer.YES


def over_words(offer: CoverOffer, now: datetime) -> str:
    """Say to a client what is true now of an offer that can't be taken any more."""
    visit = offer.appointment
    said = {"when": _when(visit.starts_at, visit, now), "name": visit.practitioner.name}
    if visit.state == "cancelled":
        return _("This visit is cancelled. Call us if you did not know.")
    if visit.state != "booked" or visit.starts_at <= now:
        return _("This visit has begun or is over.")
    is_taken = offer.state == Offer.ACCEPTED
    if visit.version != offer.version + is_taken:
        return _("Your visit was changed since: it is on %(when)s now.") % said
    if is_taken:
        return _("Your visit is on %(when)s with %(name)s. There is nothing more to do.") % said
    if offer.state == Offer.DECLINED:
        return _(
            "You have said no to this time, so we keep it no longer. We call you to find another."
        )
    return _("We keep this time no longer. We call you, or you call us, and we find another one.")


def _ended(offer: CoverOffer, now: datetime) -> str:
    if offer.answered_at is None:
        return ""
    visit = offer.appointment
    said = {"when": _when(offer.answered_at, visit, now)}
    if offer.state == Offer.DECLINED:
        return _("Declined %(when)s") % said
    return _("Ran out %(when)s") % said


def _when(at: datetime, visit: Appointment, now: datetime) -> str:
    zone = visit.location_zone
    other_year = at.astimezone(zone).year != now.astimezone(zone).year
    return formatting.when(at, zone, with_year=other_year)
