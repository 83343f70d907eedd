"""Answer an offered time: take it, decline it, or let it run out.

    open --> accepted    the visit moves to the very place that was held
      |----> declined    the place is free, reception calls
      |----> expired     the same, without an answer
      `----> obsolete    the visit was moved or cancelled otherwise

Whoever answers locks the place and the visit first, then the offer's row; so of an answer
and the end of the time one is wholly before the other.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.domain.lifecycle import State
from bookings.hooks import MoveAsked, StateChanged, after_state, before_move
from bookings.models import Appointment, ChangeRequest, Reservation
from bookings.refusals import SlotTaken
from bookings.services.by_link import BY_LINK
from bookings.services.holding import release_hold
from bookings.services.placing import Place, lock_places, move_to_held
from bookings.services.recording import settle_wishes
from bookings.services.telling import standing_of, tell_changed
from clinic.models import User
from clinic.permissions import ANSWER_OFFER, RUN_DESK, may, require
from clinic.refusals import Refusal
from clinic.services.transactions import in_one_transaction
from treatments.models import CoverOffer
from treatments.services.courses import BreaksCourse
from treatments.services.cover_calls import call_unanswered

AT_ONCE = 100


class OfferOver(Refusal):
    """The offered time is not kept any more: it ran out, was declined, or the visit changed."""

    code = "offer_over"
    status = 409
    message = gettext_lazy("This time is not kept any more.")


def accept_offer(*, offer: CoverOffer, by: User, now: datetime) -> Appointment:
    """Move a visit to the time that was offered; as its client, or the desk for them.

    Books exactly what was held; the visit may be changed freely afterwards. Twice is once.
    Raises `OfferOver`; `SlotTaken` or `BreaksCourse` when it can't be any more (the offer
    ends, reception calls); `NotAllowed` or `Busy`. Needs `appointment` with its client.
    """
    require(by, ANSWER_OFFER, offer.appointment.client)
    return _accepted(offer, by, not may(by, RUN_DESK), now, reason="")


def accept_by_link(*, offer: CoverOffer, now: datetime) -> Appointment:
    """Accept as a client who came by a signed link, which the caller has checked."""
    return _accepted(offer, None, True, now, reason=str(BY_LINK))


def decline_offer(*, offer: CoverOffer, by: User, now: datetime) -> CoverOffer:
    """Say no to an offered time, which is free at once; reception calls. Twice is once.

    Raises `OfferOver` once it was accepted or is over, or `NotAllowed`.
    """
    require(by, ANSWER_OFFER, offer.appointment.client)
    return _declined(offer=offer, by=by, now=now)


def decline_by_link(*, offer: CoverOffer, now: datetime) -> CoverOffer:
    """Decline as a client who came by a signed link, which the caller has checked."""
    return _declined(offer=offer, by=None, now=now)


def expire_offers(now: datetime) -> int:
    """End the offers that ran out or whose visits changed; return how many. Safe twice."""
    late = CoverOffer.objects.filter(state=CoverOffer.State.OPEN, expires_at__lte=now)
    overtaken = CoverOffer.objects.overtaken()
    ended = 0
    for row in late.order_by("pk")[:AT_ONCE]:
        ended += _end(row, CoverOffer.State.EXPIRED, by=None, now=now)
    for row in overtaken.order_by("pk")[:AT_ONCE]:
        ended += _end(row, CoverOffer.State.OBSOLETE, by=None, now=now)
    return ended


def let_offers_go(
    visit_ids: Collection[int], state: CoverOffer.State, *, by: User | None, now: datetime
) -> None:
    """End open offers of visits that change otherwise, in the transaction of that change.

    Locks no resource: the kept time runs out now, which searches see at once and writers
    clear away.
    """
    rows = CoverOffer.objects.filter(appointment__in=visit_ids, state=CoverOffer.State.OPEN)
    holds = list(rows.values_list("hold", flat=True))
    if not holds:
        return
    rows.update(state=state, answered_at=now, answered_by=by)
    Appointment.objects.filter(pk__in=holds, state=State.HELD).update(held_until=now)
    Reservation.objects.filter(appointment__in=holds).update(held_until=now)


def follow_offered_visits() -> None:
    """Let offers go when their visits move or change state. Calling twice changes nothing."""
    before_move.register(_follow_moves)
    after_state.register(_follow_state)


def _follow_moves(events: Sequence[MoveAsked]) -> None:
    ids, first = [event.appointment.pk for event in events], events[0]
    let_offers_go(ids, CoverOffer.State.OBSOLETE, by=first.by, now=first.now)


def _follow_state(event: StateChanged) -> None:
    if event.from_state is State.BOOKED:
        visit_ids = [event.appointment.pk]
        let_offers_go(visit_ids, CoverOffer.State.OBSOLETE, by=event.by, now=event.now)


def _accepted(
    offer: CoverOffer, by: User | None, by_client: bool, now: datetime, *, reason: str
) -> Appointment:
    try:
        return _accept(offer=offer, by=by, by_client=by_client, now=now, reason=reason)
    except (SlotTaken, BreaksCourse):
        # Its client wanted it and can't have it: a person tells them.
        _end(offer, CoverOffer.State.OBSOLETE, by=by, now=now, calls=True)
        raise


@in_one_transaction
def _accept(
    *, offer: CoverOffer, by: User | None, by_client: bool, now: datetime, reason: str
) -> Appointment:
    visit, hold = _lock(offer, now)
    offer.refresh_from_db(fields=["state", "expires_at"])
    if offer.state == CoverOffer.State.ACCEPTED:
        return visit
    if not _settle(offer, CoverOffer.State.ACCEPTED, by=by, now=now, until=now):
        raise OfferOver
    if visit.version != offer.version or visit.state_now is not State.BOOKED:
        raise OfferOver
    before = standing_of(visit)
    move_to_held(
        visit=visit, hold=hold, by=by, now=now, reason=reason or _("Accepted the offered time")
    )
    settle_wishes([visit], ChangeRequest.Outcome.MOVED, by=by, now=now)
    visit = Appointment.objects.with_people().get(pk=visit.pk)
    tell_changed(visit, before, by_client=by_client, now=now)
    return visit


@in_one_transaction
def _declined(*, offer: CoverOffer, by: User | None, now: datetime) -> CoverOffer:
    _lock(offer, now)
    offer.refresh_from_db(fields=["state", "expires_at"])
    if offer.state == CoverOffer.State.DECLINED:
        return offer
    if not _settle(offer, CoverOffer.State.DECLINED, by=by, now=now, until=now):
        raise OfferOver
    release_hold(hold=offer.hold, now=now)
    call_unanswered([offer], now)
    return offer


@in_one_transaction
def _end(
    offer: CoverOffer,
    state: CoverOffer.State,
    *,
    by: User | None,
    now: datetime,
    calls: bool = False,
) -> bool:
    _lock(offer, now)
    if not _settle(offer, state, by=by, now=now):
        return False
    release_hold(hold=offer.hold, now=now)
    if calls or state == CoverOffer.State.EXPIRED:
        call_unanswered([offer], now)
    return True


def _lock(offer: CoverOffer, now: datetime) -> tuple[Appointment, Appointment]:
    """Lock what an offer keeps and what its visit has, then both visits; return them fresh."""
    hold = offer.hold
    place = Place(offer.appointment, hold.starts_at, hold.practitioner_id, hold.room_id, ())
    rows = lock_places([place], now, also_visits=[hold.pk])
    return rows[offer.appointment_id], rows[hold.pk]


def _settle(
    offer: CoverOffer,
    state: CoverOffer.State,
    *,
    by: User | None,
    now: datetime,
    until: datetime | None = None,
) -> bool:
    """End an open offer; with `until` only while it is kept longer. False if it is over."""
    rows = CoverOffer.objects.filter(pk=offer.pk, state=CoverOffer.State.OPEN)
    if until is not None:
        rows = rows.filter(expires_at__gt=until)
    changed = rows.update(state=state, answered_at=now, answered_by=by)
    if changed:
        offer.state, offer.answered_at, offer.answered_by = state, now, by
    return bool(changed)
