"""Book a visit in one go: for a signed-in client, or by reception for a client."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from bookings.domain.lifecycle import State
from bookings.models import Appointment, StatusChange
from bookings.refusals import SlotTaken
from bookings.selectors.questions import ClientMarks, SlotQuestion
from bookings.services.claiming import Claim, alternatives, claim, on_the_day_of
from bookings.services.eligibility import (
    check_client_may_book,
    check_service_open_to,
    open_visits_of,
)
from bookings.services.keys import refusing_reused_keys, request_made, request_of
from bookings.services.reserving import reserve
from bookings.services.telling import messages_of_booking
from clinic.domain.segments import to_json
from clinic.models import Client, User
from clinic.permissions import BOOK_FOR_CLIENT, RUN_DESK, WAIVE_NOTICE, may, require
from clinic.refusals import Refusal
from clinic.selectors.catalogue import Catalogue, LocationFacts, ServiceFacts
from clinic.services.transactions import in_one_transaction


@dataclass(frozen=True, slots=True)
class VisitWish:
    """What somebody wants to book; no practitioner means any."""

    catalogue: Catalogue
    service: ServiceFacts
    location: LocationFacts
    starts_at: datetime
    practitioner_id: int | None = None

    def question(
        self, client: ClientMarks | None = None, *, waives_notice: bool = False
    ) -> SlotQuestion:
        """Return the search for this wish on its local date."""
        day = self.starts_at.astimezone(self.location.zone).date()
        return on_the_day_of(
            SlotQuestion(
                catalogue=self.catalogue,
                service=self.service,
                location=self.location,
                first_date=day,
                end_date=day,
                practitioner_id=self.practitioner_id,
                client=client,
                waives_notice=waives_notice,
            ),
            self.starts_at,
        )

    def fingerprint(self, client: Client) -> str:
        """Return a hash that tells two different requests apart."""
        parts = [
            self.service.slug,
            self.location.slug,
            self.starts_at.isoformat(),
            self.practitioner_id,
            client.pk,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def book(
    *,
    wish: VisitWish,
    client: Client,
    request_id: str,
    by: User,
    now: datetime,
    override_reason: str = "",
) -> Appointment:
    """Book a visit for a client; the same `request_id` of the same sender books once.

    A reason waives notice and horizon for those who may, and is recorded. Raises
    `SlotTaken` with the nearest alternatives, `OutsideNotice`, `BeyondHorizon`,
    `NotBookable`, `KeyReused`, `NotAllowed` or `Busy`.
    """
    require(by, BOOK_FOR_CLIENT, client)
    if override_reason:
        require(by, WAIVE_NOTICE)
    try:
        return _book(
            wish=wish,
            client=client,
            request_id=request_id,
            by=by,
            now=now,
            override_reason=override_reason,
        )
    except Refusal as refusal:
        # A twin finds its slot or its key taken by the first one: that is what it gets.
        made = request_made(by=by, key=request_id, fingerprint=wish.fingerprint(client))
        if made is not None:
            return made
        if isinstance(refusal, SlotTaken):
            question = wish.question(ClientMarks.of(client), waives_notice=bool(override_reason))
            refusal.alternatives = alternatives(question, wish.starts_at, now)
        raise


@in_one_transaction
def _book(
    *,
    wish: VisitWish,
    client: Client,
    request_id: str,
    by: User,
    now: datetime,
    override_reason: str,
) -> Appointment:
    is_staff = may(by, RUN_DESK)
    check_service_open_to(wish.service, client, is_staff=is_staff, now=now)
    question = wish.question(ClientMarks.of(client), waives_notice=bool(override_reason))
    claimed = claim(question, wish.starts_at, now)
    open_visits = open_visits_of(client, now)
    if not is_staff:
        check_client_may_book(client, wish.location, open_visits)
    appointment = new_appointment(
        wish=wish, claimed=claimed, client=client, state=State.BOOKED, now=now
    )
    history = StatusChange(
        appointment=appointment, to_state=State.BOOKED, at=now, by=by, reason=override_reason
    )
    request = request_of(
        appointment, by=by, key=request_id, fingerprint=wish.fingerprint(client), now=now
    )
    messages = messages_of_booking(appointment, by_client=not is_staff, now=now)
    with refusing_reused_keys():
        reserve(
            claimed.wanted(client.resource_id),
            appointment=appointment,
            along=[history, request, *messages],
        )
    return appointment


def new_appointment(
    *,
    wish: VisitWish,
    claimed: Claim,
    client: Client | None,
    state: State,
    now: datetime,
    held_until: datetime | None = None,
) -> Appointment:
    """Insert the row of a visit that was claimed."""
    return Appointment.objects.create(
        client=client,
        practitioner_id=claimed.practitioner.id,
        location_id=wish.location.id,
        room_id=claimed.room.id,
        service_id=wish.service.id,
        segments=to_json(wish.service.segments),
        starts_at=wish.starts_at,
        ends_at=claimed.takings.client.ends_at,
        state=state,
        any_practitioner=wish.practitioner_id is None,
        held_until=held_until,
        created_at=now,
    )
