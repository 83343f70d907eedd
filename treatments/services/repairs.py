"""Proposed repairs: wanted with a loss, let go when they are not needed.

    wanted --> open --> accepted
       |         |----> released   (somebody says no, or the kept time ran out)
       |         `----> obsolete   (the course changed otherwise)
       `-----> failed -> released, obsolete

Each step is a conditional update on the state before, so that two workers, or a worker
and a click, can't both take it.
"""

from datetime import datetime

from bookings.domain.lifecycle import State
from bookings.models import Appointment, Reservation
from clinic.models import User
from clinic.permissions import ANSWER_REPAIR, CHANGE_COURSE, require
from clinic.refusals import AlreadyChanged
from clinic.services.transactions import in_one_transaction
from treatments.models import Course, Repair
from treatments.selectors.courses import view_of
from treatments.selectors.drifting import lost_session
from treatments.services.proposals import withdraw

WAITING = Repair.WAITING


@in_one_transaction
def want_repair(*, course: Course, number: int, cause: Repair.Cause, now: datetime) -> Repair:
    """Ask for a repair of a session that was lost; planned later, outside this transaction.

    Called in the transaction of the loss. One that is wanted already for this session is
    returned; any other that waits for this course becomes obsolete, since the new plan
    covers the whole course.
    """
    wanted = Repair.objects.filter(course=course, number=number, state=Repair.State.WANTED)
    row = wanted.first()
    if row is not None:
        return row
    settle_repairs(course=course, by=None, now=now)
    return Repair.objects.create(
        course=course,
        number=number,
        cause=cause,
        state=Repair.State.WANTED,
        made_at=now,
    )


@in_one_transaction
def settle_repairs(*, course: Course, by: User | None, now: datetime) -> None:
    """Make whatever waits for a course obsolete and let its kept time go.

    Called by every other change of the course, in its transaction. Locks no resource: the
    kept time runs out now, which searches see at once and writers clear away.
    """
    for repair in Repair.objects.filter(course=course, state__in=WAITING):
        _end(repair, Repair.State.OBSOLETE, by=by, now=now)


@in_one_transaction
def release_repair(*, repair: Repair, by: User, now: datetime) -> Repair:
    """Say no to a proposal (or set aside one that failed); its kept time is free at once.

    Calling twice changes nothing. Raises `AlreadyChanged` once it was accepted or has
    become obsolete, or `NotAllowed`. Needs `course` with its client loaded.
    """
    require(by, ANSWER_REPAIR, repair.course.client)
    if repair.state == Repair.State.RELEASED:
        return repair
    if not _end(repair, Repair.State.RELEASED, by=by, now=now):
        raise AlreadyChanged
    return repair


@in_one_transaction
def release_expired(now: datetime) -> int:
    """Release the proposals whose kept time ran out; return how many. Safe to run twice."""
    late = list(Repair.objects.filter(state=Repair.State.OPEN, expires_at__lte=now))
    rows = Repair.objects.filter(pk__in=[row.pk for row in late], state=Repair.State.OPEN)
    released = rows.update(state=Repair.State.RELEASED, answered_at=now)
    withdraw(late, now)
    return released


def is_answerable(repair: Repair, now: datetime) -> bool:
    """Say whether a proposal still waits, with its time kept."""
    return (
        repair.state == Repair.State.OPEN
        and repair.expires_at is not None
        and repair.expires_at > now
    )


def _end(repair: Repair, state: Repair.State, *, by: User | None, now: datetime) -> bool:
    rows = Repair.objects.filter(pk=repair.pk, state__in=WAITING)
    if not rows.update(state=state, answered_at=now, answered_by=by):
        return False
    repair.refresh_from_db(fields=["state", "hold", "answered_at", "answered_by"])
    withdraw([repair], now)
    if repair.hold_id is not None:
        let_run_out(repair.hold_id, now)
    return True


def let_run_out(hold_id: int, now: datetime) -> None:
    """Let a hold run out now. One that was booked or let go meanwhile stays as it is."""
    held = Appointment.objects.filter(pk=hold_id, state=State.HELD, held_until__gt=now)
    if held.update(held_until=now):
        Reservation.objects.filter(appointment=hold_id).update(held_until=now)


@in_one_transaction
def propose_repair(*, course: Course, by: User, now: datetime) -> Repair | None:
    """Ask for a repair of a course that lost a session and has no proposal; None if neither.

    For whoever looks after courses that drift. Raises `NotAllowed`. The course comes from
    `view_of`.
    """
    require(by, CHANGE_COURSE, course)
    lost = lost_session(view_of(course))
    if lost is None:
        return None
    number, cause = lost
    return want_repair(course=course, number=number, cause=cause, now=now)
