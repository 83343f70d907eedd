"""Tell a client what cover changed: one message with all of it, in the change's transaction.

    what cover does to a visit         message        goes out      call list
    ---------------------------------  -------------  ------------  ----------------------------
    same time, somebody else           cover_moved    after grace   nobody can be written to
    another time, kept for an answer   cover_offered  after grace   nobody can be written to
    either, of the next 24 hours       the same       at once, by   always
                                                      every channel
    same time, same person             nothing: the client knows no rooms

A client with several such visits gets one of them, `cover_offered` if any needs an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bookings.domain.telling import Standing, is_urgent
from bookings.messages.kinds import VISIT
from bookings.models import Appointment
from bookings.services.telling import standing_of, take_over, tell_booked
from clinic.messaging.outbox import About, ToClient, after_grace, call, tell_clients
from clinic.models import CallEntry, Client
from treatments.messages.cover import CLIENT_COVER, CoverTelling
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
    steps = _news(steps, now)
    if not steps:
        return
    urgent = [step for step in steps if _is_urgent(step, now)]
    wish = _message(plan, client, steps, is_urgent=bool(urgent), now=now)
    unreached = tell_clients([wish], now)
    for step in steps if unreached else urgent:
        _call(client, step, is_reached=not unreached, now=now)


def concerns_client(step: ToldStep) -> bool:
    """Say whether a step changes anything that its client knows: another room does not."""
    return step.offer is not None or step.was != standing_of(step.visit)


def _news(steps: Sequence[ToldStep], now: datetime) -> list[ToldStep]:
    """Return what the client has to be told, and take over what waits about visits that moved.

    A visit that the clinic booked a moment ago, without having said so yet, is told as booked.
    """
    told = [step for step in steps if concerns_client(step)]
    unsent = take_over([step.visit.pk for step in told if step.offer is None], now)
    news = []
    for step in told:
        waiting = unsent.get(step.visit.pk)
        if waiting is None or waiting.by_client:
            news.append(step)
        elif waiting.told is None:
            tell_booked(step.visit, by_client=False, now=now)
        elif waiting.told != standing_of(step.visit):
            news.append(ToldStep(step.visit, waiting.told))
    return news


def _message(
    plan: CoverPlan,
    client: Client,
    steps: Sequence[ToldStep],
    *,
    is_urgent: bool,
    now: datetime,
) -> ToClient:
    offers = {str(step.visit.pk): step.offer.pk for step in steps if step.offer is not None}
    return ToClient(
        kind=CoverTelling.OFFERED if offers else CoverTelling.MOVED,
        client=client,
        about=About(CLIENT_COVER, client.pk, plan.pk),
        location=steps[0].visit.location,
        due_at=now if is_urgent else after_grace(now),
        everywhere=is_urgent,
        details={
            "told": {
                str(step.visit.pk): {
                    "version": step.visit.version,
                    "starts_at": step.was.starts_at.isoformat(),
                    "practitioner": step.was.practitioner_id,
                }
                for step in steps
            },
            "offers": offers,
        },
    )


def _is_urgent(step: ToldStep, now: datetime) -> bool:
    to = standing_of(step.visit)
    if step.offer is not None:
        to = Standing(step.offer.hold.starts_at, step.offer.hold.practitioner_id)
    return is_urgent(told=step.was, now=to, at=now, by_client=False)


def _call(client: Client, step: ToldStep, *, is_reached: bool, now: datetime) -> None:
    visit, offer = step.visit, step.offer
    reason, until = CallEntry.Reason.CHANGED_SOON, visit.starts_at
    if offer is not None:
        reason, until = CallEntry.Reason.OFFERED, offer.expires_at
    elif not is_reached:
        reason = CallEntry.Reason.NO_ADDRESS
    about = About(VISIT, visit.pk, visit.version)
    wish = ToClient(reason, client, about, visit.location, due_at=now)
    call([wish], reason=reason, call_by=until, now=now)
