"""Tell a client what cover changed: one message with all of it, in the change's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bookings.domain.telling import Standing
from bookings.messages.kinds import VISIT
from bookings.models import Appointment
from bookings.services.telling import tell_changed
from clinic.messaging.outbox import About, ToClient, call
from clinic.models import CallEntry, Client
from treatments.models import CoverOffer, CoverPlan


@dataclass(frozen=True, slots=True)
class ToldStep:
    """One visit that cover changed, as it stands now; `was` is how its client knows it.

    `offer` is the time that is kept for an answer; None: the visit changed at once. Has
    `client`, `location` and `practitioner` loaded, the offer `hold.practitioner` too.
    """

    visit: Appointment
    was: Standing
    offer: CoverOffer | None = None


def tell_cover(
    *, plan: CoverPlan, client: Client, steps: Sequence[ToldStep], now: datetime
) -> None:
    """Tell a client of all steps of a plan that concern them, in order of start.

    Called once a client and plan, in the transaction that applies it; visits that go to the
    call list without an offer are not among the steps.
    """
    for step in steps:
        if step.offer is None:
            tell_changed(step.visit, step.was, by_client=False, now=now)
            continue
        visit = step.visit
        wish = ToClient(
            kind=CallEntry.Reason.OFFERED,
            client=client,
            about=About(VISIT, visit.pk, visit.version),
            location=visit.location,
            due_at=now,
        )
        call([wish], reason=CallEntry.Reason.OFFERED, call_by=step.offer.expires_at, now=now)
