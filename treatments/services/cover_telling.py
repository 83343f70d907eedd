"""Tell a client what cover changed: one message with all of it, in the change's transaction.

    what cover does to a visit         message        goes out      call list
    ---------------------------------  -------------  ------------  ----------------------------
    same time, somebody else           cover_moved    after grace   nobody can be written to
    another time, kept for an answer   cover_offered  after grace   nobody can be written to
    either, of the next 24 hours       the same       at once, by   always
                                                      every channel
    same time, same person             nothing: the client knows no rooms

A client with several such visits gets one of them, `cover_offered` if any needs an answer. What
changes again before it goes out is left out of it, and told by the newer change's own message,
from what the client knew before both: nothing, where the visit is back as it was.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bookings.domain.telling import Standing, Unsent, is_urgent
from bookings.messages.kinds import VISIT
from bookings.models import Appointment
from bookings.services.telling import standing_of, take_over, tell_all_booked, under_way
from clinic.messaging.outbox import About, ToClient, after_grace, call, tell_clients
from clinic.models import CallEntry, Client, Message
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


def tell_cover(*, plan: CoverPlan, steps: Sequence[ToldStep], now: datetime) -> None:
    """Tell clients of all steps of a plan that concern them, in order of start.

    Called once a plan, in the transaction that applies it; visits that go to the call list
    without an offer are not among the steps. A fixed number of queries, and one a call.
    """
    by_client: dict[int, list[ToldStep]] = {}
    for step in _news(steps, now):
        by_client.setdefault(_client_of(step).pk, []).append(step)
    wishes = {pk: _message(plan, theirs, now=now) for pk, theirs in by_client.items()}
    unreached = {wish.client.pk for wish in tell_clients(wishes.values(), now)}
    for pk, theirs in by_client.items():
        for step in theirs:
            if pk in unreached or _is_urgent(step, now):
                _call(step, is_reached=pk not in unreached, now=now)


def untold_by_cover(visit_ids: Collection[int]) -> dict[int, Unsent]:
    """Return by visit what cover changed last and nobody was told yet, before a newer change.

    The messages stay, since they may tell of other visits too, and are locked until the
    transaction ends. One query; three if there are any.
    """
    waiting = Message.objects.filter(
        about=CLIENT_COVER,
        kind__in=list(CoverTelling),
        state=Message.State.DUE,
        details__told__has_any_keys=[str(pk) for pk in visit_ids],
    )
    rows = list(waiting.select_for_update().order_by("pk"))
    if not rows:
        return {}
    gone = under_way(rows)
    tried = {(row.about_id, row.about_version) for row in rows if row.tries or row.pk in gone}
    versions = dict(Appointment.objects.filter(pk__in=visit_ids).values_list("pk", "version"))
    return {
        pk: Unsent(
            Standing(datetime.fromisoformat(was["starts_at"]), was["practitioner"]), by_client=False
        )
        for row in rows
        for pk, was in ((int(key), was) for key, was in row.details["told"].items())
        if (row.about_id, row.about_version) not in tried and versions.get(pk) == was["version"] + 1
    }


def concerns_client(step: ToldStep) -> bool:
    """Say whether a step changes anything that its client knows: another room does not."""
    return step.offer is not None or step.was != standing_of(step.visit)


def _news(steps: Sequence[ToldStep], now: datetime) -> list[ToldStep]:
    """Return what the client has to be told, and take over what waits about visits that moved.

    A visit that the clinic booked a moment ago, without having said so yet, is told as booked.
    """
    told = [step for step in steps if concerns_client(step)]
    unsent = take_over([step.visit.pk for step in told if step.offer is None], now)
    news, booked = [], []
    for step in told:
        waiting = unsent.get(step.visit.pk)
        if waiting is None or waiting.by_client:
            news.append(step)
        elif waiting.told is None:
            booked.append(step.visit)
        elif waiting.told != standing_of(step.visit):
            news.append(ToldStep(step.visit, waiting.told))
    tell_all_booked(booked, by_client=False, now=now)
    return news


def _client_of(step: ToldStep) -> Client:
    assert step.visit.client is not None
    return step.visit.client


def _message(plan: CoverPlan, steps: Sequence[ToldStep], *, now: datetime) -> ToClient:
    client, urgent = _client_of(steps[0]), any(_is_urgent(step, now) for step in steps)
    offers = {str(step.visit.pk): step.offer.pk for step in steps if step.offer is not None}
    return ToClient(
        kind=CoverTelling.OFFERED if offers else CoverTelling.MOVED,
        client=client,
        about=About(CLIENT_COVER, client.pk, plan.pk),
        location_id=steps[0].visit.location_id,
        due_at=now if urgent else after_grace(now),
        everywhere=urgent,
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


def _call(step: ToldStep, *, is_reached: bool, now: datetime) -> None:
    client, visit, offer = _client_of(step), step.visit, step.offer
    reason, until = CallEntry.Reason.CHANGED_SOON, visit.starts_at
    if offer is not None:
        reason, until = CallEntry.Reason.OFFERED, offer.expires_at
    elif not is_reached:
        reason = CallEntry.Reason.NO_ADDRESS
    about = About(VISIT, visit.pk, visit.version)
    wish = ToClient(reason, client, about, visit.location_id, due_at=now)
    call([wish], reason=reason, call_by=until, now=now)
