"""The needles of the demo visits: counted in and out, as far as each visit has got."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bookings.domain.lifecycle import State
from bookings.domain.needling import removal_due_at
from bookings.models import Appointment, NeedleChange, Needling
from bookings.selectors.running import runs_of

FEWEST, SPREAD = 24, 21
REMOVING, SEARCHING = timedelta(minutes=6), timedelta(minutes=3)
ONE_MISSING_IN = 45
"""Of so many visits one has a needle that had to be searched for."""


def write_needles(now: datetime) -> None:
    """Write the numbers of every visit with needles that was started; who treated counted."""
    visits = (
        Appointment.objects.with_people()
        .filter(
            service__uses_needles=True,
            state__in=[State.IN_SESSION, State.COMPLETED],
            status_changes__to_state=State.IN_SESSION,
        )
        .order_by("pk")
    )
    needlings = list(_needlings(list(visits), now))
    Needling.objects.bulk_create(needlings)
    NeedleChange.objects.bulk_create(
        change for needling in needlings for change in _changes(needling)
    )


def _needlings(visits: list[Appointment], now: datetime) -> Iterator[Needling]:
    for visit, run in zip(visits, runs_of(visits), strict=True):
        begun_at = run.begun_at or visit.starts_at
        in_at = begun_at + timedelta(minutes=run.outline.insertion_minutes)
        if run.ended_at is not None:
            in_at = min(in_at, run.ended_at)
        if in_at > now:
            continue
        # From the key of the visit, so that the luck of all that follows stays as it was.
        count = FEWEST + visit.public_id.int % SPREAD
        needling = Needling(appointment=visit, in_count=count, in_at=in_at)
        out_at = removal_due_at(in_at=in_at, plan=visit.plan) + REMOVING
        out_at = out_at if run.ended_at is None else min(out_at, run.ended_at)
        if out_at <= now:
            _remove(needling, out_at, is_missing=visit.public_id.int % ONE_MISSING_IN == 0)
        yield needling


def _remove(needling: Needling, out_at: datetime, *, is_missing: bool) -> None:
    needling.out_count = needling.in_count - int(is_missing)
    needling.out_at = out_at
    needling.searched_at = out_at + SEARCHING if is_missing else None


def _changes(needling: Needling) -> Iterator[NeedleChange]:
    visit = needling.appointment
    kinds = NeedleChange.Kind
    steps = [
        (kinds.IN, needling.in_count, needling.in_at),
        (kinds.OUT, needling.out_count, needling.out_at),
        (kinds.SEARCHED, None, needling.searched_at),
    ]
    for kind, count, at in steps:
        if at is not None:
            yield NeedleChange(
                appointment=visit, kind=kind, count=count, at=at, by_id=visit.practitioner.user_id
            )
