"""Cancel a visit: the room is free at once."""

from datetime import datetime

from bookings.domain.lifecycle import OPEN, State
from bookings.domain.policy import counts_as_late
from bookings.models import Appointment, ChangeRequest
from bookings.refusals import TooLateToChange
from bookings.services.recording import record_state, settle_wishes
from bookings.services.reserving import resources_of, set_free
from bookings.services.telling import standing_of, tell_changed
from clinic.models import User
from clinic.permissions import CHANGE_VISIT, RUN_DESK, may, require
from clinic.refusals import AlreadyChanged
from clinic.services.locking import lock_resources
from clinic.services.transactions import in_one_transaction


@in_one_transaction
def cancel_appointment(
    *, appointment: Appointment, by: User, now: datetime, reason: str = ""
) -> Appointment:
    """Cancel a visit that has not begun. Calling again for a cancelled visit changes nothing.

    A client's cancellation inside the late window is marked late, unless the clinic
    had changed the visit. Raises `TooLateToChange` after the start (clients) and
    `AlreadyChanged`. Needs `client`, `practitioner` and `location` loaded.
    """
    require(by, CHANGE_VISIT, appointment)
    by_client = not may(by, RUN_DESK)
    return cancel_allowed(
        appointment=appointment, by_client=by_client, by=by, now=now, reason=reason
    )


@in_one_transaction
def cancel_allowed(
    *,
    appointment: Appointment,
    by_client: bool,
    by: User | None,
    now: datetime,
    reason: str = "",
    tells: bool = True,
) -> Appointment:
    """Cancel as `cancel_appointment` does, for a caller who has asked the permissions.

    Without `by` it is a client who has not signed in (`by_link.py`). A caller who tells the
    client of several changes in one message leaves out `tells`.
    """
    if appointment.state_now is State.CANCELLED:
        return appointment
    if by_client and (now >= appointment.starts_at or appointment.state_now not in OPEN):
        raise TooLateToChange
    lock_resources(resources_of(appointment))
    before = standing_of(appointment)
    try:
        record_state(
            appointment,
            State.CANCELLED,
            by=by,
            now=now,
            reason=reason,
            version=appointment.version + 1,
            cancelled_by_client=by_client,
            cancelled_late=by_client and is_late_cancellation(appointment, now),
        )
    except AlreadyChanged:
        # The second click of a double click waited for the first one at the lock.
        appointment.refresh_from_db()
        if appointment.state == State.CANCELLED:
            return appointment
        raise
    set_free(appointment)
    settle_wishes([appointment], ChangeRequest.Outcome.CANCELLED, by=by, now=now)
    if tells:
        tell_changed(appointment, before, by_client=by_client, now=now)
    return appointment


def is_late_cancellation(appointment: Appointment, now: datetime) -> bool:
    """Tell whether a cancellation by the client would now count as late."""
    return counts_as_late(
        starts_at=appointment.starts_at,
        now=now,
        late_change_hours=appointment.location.late_change_hours,
        changed_by_clinic=appointment.changed_by_clinic,
    )
