"""Make a proposal of cover true: all of it in one transaction, or nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.domain.telling import Standing
from bookings.models import Appointment
from bookings.services.placing import Place, PlacesLost, lock_places, write_places
from bookings.services.telling import standing_of
from clinic.models import User
from clinic.permissions import RUN_DESK, require
from clinic.refusals import AlreadyChanged, Refusal
from clinic.selectors.catalogue import catalogue
from clinic.services.transactions import in_one_transaction
from treatments.models import CoverOffer, CoverPlan
from treatments.models.cover_steps import CoverStep, StepKind, steps_from_json
from treatments.selectors.cover_scope import CoverScope, affected_visits
from treatments.services.cover_calls import call_for_cover
from treatments.services.cover_offers import let_offers_go
from treatments.services.cover_rules import offer_ends_at
from treatments.services.cover_telling import ToldStep, tell_cover


class CoverChanged(Refusal):
    """Some visits, or places found for them, are not as they were proposed any more.

    `visits` are the public ids of those visits. Nothing was written: propose again.
    """

    code = "cover_changed"
    status = 409
    message = gettext_lazy("Something has changed since this was proposed.")

    def __init__(self, visits: Collection[UUID]) -> None:
        super().__init__()
        self.visits = frozenset(visits)


def apply_cover(*, plan: CoverPlan, by: User, now: datetime) -> CoverPlan:
    """Apply a ready plan: what keeps its time moves now, other times are held and offered.

    Who can't be offered anything in time is called, as are those the proposal says so of.
    Each client is told of all that concerns them at once. Twice is once. Raises
    `CoverChanged`, `AlreadyChanged` when the plan is not ready or was adjusted meanwhile,
    `NotAllowed` or `Busy`.
    """
    require(by, RUN_DESK)
    if plan.state == CoverPlan.State.APPLIED:
        return plan
    try:
        return _apply(plan=plan, by=by, now=now)
    except PlacesLost as refusal:
        rows = Appointment.objects.filter(pk__in=refusal.lost)
        raise CoverChanged(rows.values_list("public_id", flat=True)) from refusal


@dataclass(frozen=True, slots=True)
class _Todo:
    """A step and its visit as it stands under the locks."""

    step: CoverStep
    visit: Appointment
    place: Place | None


@in_one_transaction
def _apply(*, plan: CoverPlan, by: User, now: datetime) -> CoverPlan:
    if not _claim(plan, by, now):
        plan.refresh_from_db()
        return plan
    steps = steps_from_json(plan.proposal)
    seen = _visits_of(steps)
    gone = {step.visit for step in steps} - seen.keys()
    if gone:
        raise CoverChanged(gone)
    places = [_place(step, seen[step.visit]) for step in steps]
    visits = lock_places(
        [place for place in places if place is not None],
        now,
        also_visits=[visit.pk for visit in seen.values()],
    )
    todo = [
        _Todo(step, visit, _dated(step, place, visit, now))
        for step, place in zip(steps, places, strict=True)
        for visit in [visits[seen[step.visit].pk]]
    ]
    _check_as_proposed(plan, todo, seen, now)
    let_offers_go(list(visits), CoverOffer.State.OBSOLETE, by=by, now=now)
    was = {item.visit.pk: standing_of(item.visit) for item in todo}
    holds = write_places(
        [item.place for item in todo if item.place is not None],
        by=by,
        now=now,
        reason=_("Cover"),
    )
    offers = _offer(plan, holds, todo, now)
    call_for_cover([item.visit for item in todo if item.place is None], plan, now)
    _tell(plan, [item.visit.pk for item in todo if item.place is not None], was, offers, now)
    return plan


def _claim(plan: CoverPlan, by: User, now: datetime) -> bool:
    """Take a ready plan as applied; its row is locked. False if somebody else applied it."""
    row = CoverPlan.objects.select_for_update().get(pk=plan.pk)
    if row.state == CoverPlan.State.APPLIED:
        return False
    if row.state != CoverPlan.State.READY or row.proposal != plan.proposal:
        raise AlreadyChanged
    plan.state, plan.settled_at, plan.settled_by = CoverPlan.State.APPLIED, now, by
    plan.save(update_fields=["state", "settled_at", "settled_by"])
    return True


def _visits_of(steps: Sequence[CoverStep]) -> dict[UUID, Appointment]:
    rows = Appointment.objects.with_people().filter(public_id__in=[step.visit for step in steps])
    return {visit.public_id: visit for visit in rows}


def _place(step: CoverStep, visit: Appointment) -> Place | None:
    if step.kind is StepKind.CALL:
        return None
    assert step.starts_at is not None
    assert step.practitioner_id is not None
    assert step.room_id is not None
    return Place(visit, step.starts_at, step.practitioner_id, step.room_id, step.lane_ids)


def _dated(step: CoverStep, place: Place | None, visit: Appointment, now: datetime) -> Place | None:
    """Return the place of a visit as it stands now; None where only a call is left."""
    if place is None:
        return None
    if not step.asks:
        return replace(place, visit=visit)
    held_until = offer_ends_at(visit, place.starts_at, now)
    if held_until is None:
        return None
    return replace(place, visit=visit, held_until=held_until)


def _check_as_proposed(
    plan: CoverPlan, todo: Sequence[_Todo], seen: Mapping[UUID, Appointment], now: datetime
) -> None:
    """Raise `CoverChanged` for visits that changed, or that need no cover any more."""
    affected = affected_visits(CoverScope.of(plan), catalogue(), now)
    need_cover = {item.visit.pk for item in affected}
    changed = [
        item.step.visit
        for item in todo
        if item.visit.version != item.step.version
        or item.visit.pk not in need_cover
        or item.visit.client_id != seen[item.step.visit].client_id
    ]
    if changed:
        raise CoverChanged(changed)


def _offer(
    plan: CoverPlan, holds: Mapping[int, Appointment], todo: Sequence[_Todo], now: datetime
) -> dict[int, CoverOffer]:
    rows = {
        item.visit.pk: CoverOffer(
            plan=plan,
            appointment=item.visit,
            version=item.visit.version,
            hold=holds[item.visit.pk],
            state=CoverOffer.State.OPEN,
            made_at=now,
            expires_at=item.place.held_until,
        )
        for item in todo
        if item.place is not None and item.place.held_until is not None
    }
    CoverOffer.objects.bulk_create(rows.values())
    made = CoverOffer.objects.select_related("hold__practitioner").filter(
        pk__in=[row.pk for row in rows.values()]
    )
    return {offer.appointment_id: offer for offer in made}


def _tell(
    plan: CoverPlan,
    visit_ids: Collection[int],
    was: Mapping[int, Standing],
    offers: Mapping[int, CoverOffer],
    now: datetime,
) -> None:
    rows = Appointment.objects.with_people().filter(pk__in=visit_ids)
    visits = rows.order_by("client_id", "starts_at", "pk")
    steps = [ToldStep(visit, was[visit.pk], offers.get(visit.pk)) for visit in visits]
    tell_cover(plan=plan, steps=steps, now=now)
