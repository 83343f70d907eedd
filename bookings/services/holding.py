"""Hold a slot while a form is filled in, and turn the hold into a booking."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import State
from bookings.domain.segments import shape_of
from bookings.models import Appointment, StatusChange
from bookings.refusals import NotBookable, SlotTaken
from bookings.selectors.questions import ClientMarks
from bookings.services.booking import VisitWish, new_appointment
from bookings.services.claiming import alternatives, claim
from bookings.services.eligibility import (
    check_client_may_book,
    check_service_open_to,
    open_visits_of,
)
from bookings.services.recording import record_state
from bookings.services.reserving import (
    expire,
    reserve,
    resources_of,
    set_free,
)
from bookings.services.telling import messages_of_booking
from clinic.models import Client, User
from clinic.permissions import BOOK_FOR_CLIENT, RUN_DESK, may, require
from clinic.refusals import AlreadyChanged
from clinic.selectors.catalogue import Catalogue
from clinic.services.locking import lock_resources
from clinic.services.transactions import in_one_transaction


def place_hold(
    *, wish: VisitWish, client: Client | None, now: datetime, instead_of: Appointment | None = None
) -> Appointment:
    """Hold a slot for the minutes of the location's policy; it is a real reservation.

    `client` is the signed-in client, if there is one; nobody else's diary is looked at.
    `instead_of` is an earlier hold of the same visitor, let go in the same transaction.
    Raises `SlotTaken` with alternatives, `OutsideNotice`, `BeyondHorizon`,
    `NotBookable` or `Busy`.
    """
    try:
        return _place_hold(wish=wish, client=client, now=now, instead_of=instead_of)
    except SlotTaken as refusal:
        question = wish.question(ClientMarks.of(client) if client else None)
        refusal.alternatives = alternatives(question, wish.starts_at, now)
        raise


@in_one_transaction
def _place_hold(
    *, wish: VisitWish, client: Client | None, now: datetime, instead_of: Appointment | None
) -> Appointment:
    check_service_open_to(wish.service, client, is_staff=False, now=now)
    question = wish.question(ClientMarks.of(client) if client else None)
    if instead_of is not None:
        question = replace(question, but_appointments=(instead_of.pk,))
    claimed = claim(
        question, wish.starts_at, now, also_lock=resources_of(instead_of) if instead_of else ()
    )
    if instead_of is not None and instead_of.state_now is State.HELD:
        _let_go(instead_of, now)
    held_until = now + timedelta(minutes=wish.location.hold_minutes)
    hold = new_appointment(
        wish=wish,
        claimed=claimed,
        client=None,
        state=State.HELD,
        now=now,
        held_until=held_until,
    )
    history = StatusChange(appointment=hold, to_state=State.HELD, at=now, by=None)
    reserve(claimed.wanted(None), appointment=hold, held_until=held_until, along=[history])
    return hold


@in_one_transaction
def extend_hold(*, hold: Appointment, now: datetime) -> Appointment:
    """Give a running hold its minutes once more, from now; only once.

    Raises `AlreadyChanged` when it ran out, was confirmed, or was extended before.
    """
    held_until = now + timedelta(minutes=hold.location.hold_minutes)
    changed = Appointment.objects.filter(
        pk=hold.pk, state=State.HELD, held_until__gt=now, hold_extended=False
    ).update(held_until=held_until, hold_extended=True)
    if not changed:
        raise AlreadyChanged
    hold.reservations.update(held_until=held_until)
    hold.held_until = held_until
    hold.hold_extended = True
    return hold


@in_one_transaction
def release_hold(*, hold: Appointment, now: datetime) -> Appointment:
    """Let a hold go before its time. Calling twice, or after booking, changes nothing."""
    lock_resources(resources_of(hold))
    hold.refresh_from_db()
    if hold.state_now is State.HELD:
        _let_go(hold, now)
    return hold


def confirm_hold(
    *, hold: Appointment, client: Client, catalogue: Catalogue, by: User, now: datetime
) -> Appointment:
    """Turn a hold into the client's booked visit.

    Calling again for the same client returns the booked visit. A hold that ran out is
    booked all the same as long as nobody else took the slot. The slot is claimed anew
    with the client's own diary and marks, so lanes and room may change; the start and
    the practitioner do not. Raises `SlotTaken` with alternatives, `NotBookable`,
    `AlreadyChanged`, `NotAllowed` or `Busy`. Needs `location` and `service` loaded.
    """
    require(by, BOOK_FOR_CLIENT, client)
    if hold.client_id == client.pk and hold.state_now is not State.HELD:
        return hold
    try:
        return _confirm(hold=hold, client=client, catalogue=catalogue, by=by, now=now)
    except SlotTaken as refusal:
        question = _wish_of(hold, catalogue).question(ClientMarks.of(client))
        refusal.alternatives = alternatives(question, hold.starts_at, now)
        raise


@in_one_transaction
def _confirm(
    *, hold: Appointment, client: Client, catalogue: Catalogue, by: User, now: datetime
) -> Appointment:
    wish = _wish_of(hold, catalogue)
    check_service_open_to(wish.service, client, is_staff=False, now=now)
    question = wish.question(ClientMarks.of(client))
    # The notice counted when the slot was held; it does not run out while typing.
    # And the visit is as long as was said then, even if the service was edited meanwhile.
    alone = wish.service.all_lanes or client.never_overlap
    question = replace(
        question,
        but_appointments=(hold.pk,),
        waives_notice=True,
        shape=shape_of(hold.plan, all_lanes=alone),
    )
    claimed = claim(question, hold.starts_at, now, also_lock=resources_of(hold))
    check_client_may_book(client, wish.location, open_visits_of(client, now))
    hold.refresh_from_db()
    if hold.client_id == client.pk and hold.state_now is State.BOOKED:
        return hold
    if hold.state_now is State.EXPIRED:
        raise SlotTaken(_("The time that we kept for you ran out."))
    record_state(
        hold,
        State.BOOKED,
        by=by,
        now=now,
        client_id=client.pk,
        room_id=claimed.room.id,
        held_until=None,
    )
    # Time off taken since then has the hold's place now, and so refuses the visit.
    set_free(hold)
    hold.client = client
    messages = messages_of_booking(hold, by_client=not may(by, RUN_DESK), now=now)
    reserve(claimed.wanted(client.resource_id), appointment=hold, along=messages)
    return hold


@in_one_transaction
def expire_hold(*, hold: Appointment, now: datetime) -> bool:
    """Let one hold go that ran out; False if it was confirmed or let go meanwhile."""
    lock_resources(resources_of(hold))
    return expire(hold, now)


def _let_go(hold: Appointment, now: datetime) -> None:
    record_state(hold, State.EXPIRED, by=None, now=now)
    set_free(hold)


def _wish_of(hold: Appointment, catalogue: Catalogue) -> VisitWish:
    service = catalogue.services.get(hold.service_id)
    location = catalogue.locations.get(hold.location_id)
    if service is None or location is None:
        raise NotBookable
    return VisitWish(
        catalogue=catalogue,
        service=service,
        location=location,
        starts_at=hold.starts_at,
        practitioner_id=hold.practitioner_id,
    )
