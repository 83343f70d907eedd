"""Change an appointment's state: one conditional update and one appended row."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from bookings.domain.lifecycle import State, may_change
from bookings.hooks import StateChanged, after_state
from bookings.models import Appointment, ChangeRequest, StatusChange
from clinic.models import User
from clinic.refusals import AlreadyChanged


def record_state(
    appointment: Appointment,
    to_state: State,
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
    **fields: Any,
) -> Appointment:
    """Move an appointment on, with further fields, if it still stands as it was read.

    Raises `AlreadyChanged` when its state or version changed meanwhile, or when the
    table of states has no such step.
    """
    from_state = appointment.state_now
    if not may_change(from_state, to_state):
        raise AlreadyChanged
    return write_state(appointment, to_state, by=by, now=now, reason=reason, **fields)


def write_state(
    appointment: Appointment,
    to_state: State,
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
    **fields: Any,
) -> Appointment:
    """Write a state that the caller has judged; `AlreadyChanged` if it is not as read."""
    from_state = appointment.state
    fields["state"] = to_state.value
    changed = Appointment.objects.filter(
        pk=appointment.pk,
        state=from_state,
        version=appointment.version,
        client=appointment.client_id,  # another one once records were merged
    ).update(**fields)
    if not changed:
        raise AlreadyChanged
    for name, value in fields.items():
        setattr(appointment, name, value)
    StatusChange.objects.create(
        appointment=appointment,
        from_state=from_state,
        to_state=to_state.value,
        at=now,
        by=by,
        reason=reason,
    )
    after_state.call(StateChanged(appointment, State(from_state), to_state, by, now))
    return appointment


def lock_visit(appointment: Appointment) -> None:
    """Lock a visit's row until the transaction ends; `AlreadyChanged` if it is not as read.

    After its resources, before its course (see docs/architecture.md). What hangs on the row,
    as the needles do, stands still from here on.
    """
    rows = Appointment.objects.select_for_update(no_key=True).filter(
        pk=appointment.pk,
        state=appointment.state,
        version=appointment.version,
        client=appointment.client_id,
    )
    if not rows.values_list("pk", flat=True):
        raise AlreadyChanged


def settle_wishes(
    appointments: Collection[Appointment],
    outcome: ChangeRequest.Outcome,
    *,
    by: User | None,
    now: datetime,
) -> None:
    """Tick off open wishes to move visits that were just moved or cancelled."""
    if appointments:
        ChangeRequest.objects.filter(appointment__in=appointments, answered_at=None).update(
            answered_at=now, answered_by=by, outcome=outcome
        )
