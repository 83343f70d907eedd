"""Begin a round of cover, or give it up: a wish for a proposal, and the time off with it."""

from collections.abc import Iterable
from datetime import datetime

from bookings.models import TimeOff
from bookings.services.away import stop_time_off
from bookings.services.time_off import take_time_off
from clinic.domain.credentials import ONE_DAY
from clinic.models import Location, User
from clinic.selectors.catalogue import Catalogue
from clinic.services.transactions import in_one_transaction
from treatments.models import CoverPlan
from treatments.models.cover_steps import steps_from_json
from treatments.selectors.cover_scope import TAKES_ALL, Affected, CoverScope, affected_visits
from treatments.services.cover_planning import discard_cover, propose_again, want_cover

Scope = CoverPlan.Scope

KINDS = {
    Scope.PRACTITIONER: TimeOff.Kind.AWAY,
    Scope.ROOM: TimeOff.Kind.BLOCKED,
    Scope.LOCATION: TimeOff.Kind.CLOSURE,
}


@in_one_transaction
def start_cover(
    *, scope: CoverScope, facts: Catalogue, by: User, now: datetime
) -> CoverPlan | None:
    """Take the time off that a scope means, and ask for a proposal, both or none.

    A proposal for the same that nobody has settled is returned instead of a second one, and
    worked out anew if other visits are in the way by now; None if none is. One starts at a
    time: the locations' rows are locked, before any resource, so that two taps at once make
    one plan. Raises what `take_time_off` and `want_cover` raise.
    """
    _one_at_a_time()
    time_off = time_off_to_take(scope)
    if time_off is not None:
        take_time_off(time_off=time_off, by=by)
    affected = affected_visits(scope, facts, now)
    waiting = waiting_plan_of(scope)
    if waiting is not None:
        return waiting if _is_of(waiting, affected) else propose_again(plan=waiting, by=by, now=now)
    return want_cover(scope=scope, by=by, now=now) if affected else None


def _is_of(plan: CoverPlan, affected: Iterable[Affected]) -> bool:
    """Say whether a plan is about just these visits as they stand, or not worked out yet."""
    if plan.state == CoverPlan.State.WANTED:
        return True
    proposed = {(step.visit, step.version) for step in steps_from_json(plan.proposal)}
    return proposed == {(item.visit.public_id, item.visit.version) for item in affected}


def _one_at_a_time() -> None:
    rows = Location.objects.select_for_update(no_key=True).order_by("pk")
    list(rows.values_list("pk", flat=True))


def time_off_to_take(scope: CoverScope) -> TimeOff | None:
    """Return the time off that is not entered yet; None if all is, or the cause needs none.

    It carries no name, so that nobody reads why somebody is away. A location out of use needs
    none: nothing is booked there. Two queries.
    """
    if scope.scope not in KINDS or scope.cause not in TAKES_ALL:
        return None
    place_id = scope.location_id
    if place_id is not None and Location.objects.filter(pk=place_id, is_active=False).exists():
        return None
    whose = {
        "practitioner": scope.practitioner_id,
        "room": scope.room_id,
        "location": scope.location_id,
    }
    of_it = {f"{name}_id": pk for name, pk in whose.items()}
    span = scope.span
    entered = TimeOff.objects.filter(
        **of_it, starts_at__lte=span.starts_at, ends_at__gte=span.ends_at
    )
    if entered.exists():
        return None
    return TimeOff(kind=KINDS[scope.scope], starts_at=span.starts_at, ends_at=span.ends_at, **of_it)


def time_off_of(plan: CoverPlan) -> TimeOff | None:
    """Return the time off of just the days and the thing that a plan is about, if it stands.

    One query.
    """
    if plan.scope not in KINDS:
        return None
    return TimeOff.objects.filter(
        practitioner=plan.practitioner_id,
        room=plan.room_id,
        location=plan.location_id,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
    ).first()


@in_one_transaction
def discard_with_time_off(*, plan: CoverPlan, by: User, now: datetime) -> CoverPlan:
    """Set a plan aside and end the time off of just its days, both or none. Twice is once.

    The plan's row is locked before the resources. Raises what `discard_cover` and
    `stop_time_off` raise.
    """
    if plan.state == CoverPlan.State.DISCARDED:
        return plan
    plan = discard_cover(plan=plan, by=by, now=now)
    time_off = time_off_of(plan)
    if time_off is not None:
        stop_time_off(time_off=time_off, by=by, now=now)
    return plan


def waiting_plan_of(scope: CoverScope) -> CoverPlan | None:
    """Return the newest plan for the same thing, cause and days that waits for somebody.

    Today's begins with the moment at which it was asked for, and the list is always the whole.
    """
    rows = CoverPlan.objects.filter(
        scope=scope.scope, state__in=[CoverPlan.State.WANTED, CoverPlan.State.READY]
    )
    if scope.scope != Scope.LIST:
        rows = rows.filter(
            cause=scope.cause,
            practitioner=scope.practitioner_id,
            room=scope.room_id,
            location=scope.location_id,
            starts_at__lte=scope.span.starts_at,
            starts_at__gt=scope.span.starts_at - ONE_DAY,
            ends_at=scope.span.ends_at,
        )
    return rows.order_by("-pk").first()
