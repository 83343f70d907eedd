"""What happens at the visit: arrived, started, completed, did not come, not treated."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import ONE_TAP, RESERVING, State, is_step, may_close, may_undo
from bookings.domain.policy import is_its_day
from bookings.domain.segments import shape_of, takings
from bookings.models import Appointment, StatusChange
from bookings.refusals import NotBookable, NotQualified, TooLateToChange
from bookings.selectors.cover import awaits_renewal
from bookings.services.lanes import lanes_for
from bookings.services.needling import check_counted, check_none_left_in, check_none_recorded
from bookings.services.recording import lock_visit, record_state, write_state
from bookings.services.reserving import (
    lock_and_clear,
    reserve,
    resources_of,
    set_free,
    wanted_by,
)
from bookings.services.telling import standing_of, tell_changed
from clinic.models import Lane, User
from clinic.permissions import RECORD_STATUS, START_WITH_NEEDLES, require
from clinic.refusals import AlreadyChanged, Refusal
from clinic.selectors.catalogue import catalogue
from clinic.services.locking import lock_resources
from clinic.services.transactions import in_one_transaction


class NotItsDay(Refusal):
    """A client was to be noted as arrived on another day than the visit's."""

    code = "not_its_day"
    message = _("This visit is on another day. Note an arrival on the day itself.")


@in_one_transaction
def record_status(
    *, appointment: Appointment, to_state: State, by: User, now: datetime, reason: str = ""
) -> Appointment:
    """Record what happens at a visit. Tapping twice changes nothing the second time.

    `not_treated` and `no_show` set the rest of the time free. A client can't have
    missed a visit that has not begun, nor have come on another day. Raises `NotItsDay`,
    `NeedlesNotCounted` where needles are not settled, `AlreadyChanged`, `TooLateToChange` or
    `NotAllowed`. Needs `practitioner`, `client`, `service` and `location` loaded.
    """
    require(by, RECORD_STATUS, appointment)
    if appointment.state_now is to_state:
        return appointment
    if to_state not in ONE_TAP:
        raise AlreadyChanged
    if to_state is State.NO_SHOW and now < appointment.starts_at:
        raise TooLateToChange(_("This visit has not begun yet."))
    if to_state is State.ARRIVED and not runs_today(appointment, now):
        raise NotItsDay
    if to_state not in RESERVING:
        lock_resources(resources_of(appointment))
    _check_needles(appointment, to_state)
    record_state(appointment, to_state, by=by, now=now, reason=reason)
    if to_state not in RESERVING:
        set_free(appointment)
    return appointment


def runs_today(appointment: Appointment, now: datetime) -> bool:
    """Tell whether a visit may run now: on its local day. Needs `location` loaded."""
    return is_its_day(
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        zone=appointment.location_zone,
        now=now,
    )


def _check_needles(appointment: Appointment, to_state: State) -> None:
    if appointment.state_now is not State.IN_SESSION:
        return
    lock_visit(appointment)
    if to_state is State.COMPLETED:
        check_counted(appointment)
    else:
        check_none_left_in(appointment)


class HistoryNotSeen(Refusal):
    """A visit with needles was to be started without a look at the health history."""

    code = "history_not_seen"
    message = _("Tick first that you have seen the health history, what changed, and consent.")


HISTORY_SEEN = _("Health history, changes and consent seen")

NOT_COUNTED = _("Needles not counted")
"""Stands in the history of a visit with needles that was closed without having been started."""


@in_one_transaction
def start_visit(
    *, appointment: Appointment, history_seen: bool, by: User, now: datetime
) -> Appointment:
    """Start a visit. Tapping twice changes nothing the second time.

    With needles, only the practitioner of the visit starts it, and ticks that health
    history, changes since last time and consent were seen; who and when stand in the
    visit's history, no answers. The papers that the service requires must be valid
    today; hands and room are locked, so that a revocation comes before or after.
    Raises `HistoryNotSeen`, `NotQualified`, `AlreadyChanged` or `NotAllowed`. Needs
    `practitioner`, `client`, `service`, `room` and `location` loaded.
    """
    needles = appointment.service.uses_needles
    require(by, START_WITH_NEEDLES if needles else RECORD_STATUS, appointment)
    if appointment.state_now is State.IN_SESSION:
        return appointment
    if needles and not history_seen:
        raise HistoryNotSeen
    lock_resources([appointment.practitioner.resource_id, appointment.room.resource_id])
    _check_papers(appointment, now)
    reason = str(HISTORY_SEEN) if needles else ""
    return record_state(appointment, State.IN_SESSION, by=by, now=now, reason=reason)


def _check_papers(appointment: Appointment, now: datetime) -> None:
    today = now.astimezone(ZoneInfo(appointment.location.zone)).date()
    if not catalogue().is_firm(
        appointment.practitioner_id, appointment.service_id, appointment.location_id, today
    ):
        raise NotQualified(_("A paper that this visit requires is not valid today. Ask a manager."))


@in_one_transaction
def close_left_open(
    *, appointment: Appointment, to_state: State, by: User, now: datetime
) -> Appointment:
    """Record how a visit of the past ended, when nobody did at the time. Undoable like a tap.

    Tapping twice changes nothing the second time. One that was started needs its needles
    counted, as at the time; one that nobody started is closed without, and says so. Raises
    `TooLateToChange` while the visit's time is not over, `NeedlesNotCounted`,
    `AlreadyChanged` or `NotAllowed`. Needs `practitioner`, `client` and `service` loaded.
    """
    require(by, RECORD_STATUS, appointment)
    if appointment.state_now is to_state:
        return appointment
    if now < appointment.ends_at:
        raise TooLateToChange(_("This visit is not over yet."))
    if not may_close(appointment.state_now, to_state):
        raise AlreadyChanged
    if to_state not in RESERVING:
        lock_resources(resources_of(appointment))
    _check_needles(appointment, to_state)
    write_state(appointment, to_state, by=by, now=now, reason=_how_closed(appointment, to_state))
    if to_state not in RESERVING:
        set_free(appointment)
    return appointment


def _how_closed(appointment: Appointment, to_state: State) -> str:
    unstarted = appointment.state_now is not State.IN_SESSION
    uncounted = unstarted and to_state is State.COMPLETED and appointment.service.uses_needles
    return str(NOT_COUNTED) if uncounted else ""


@in_one_transaction
def undo_status(*, appointment: Appointment, by: User, now: datetime) -> Appointment:
    """Take back the last change of state, for 15 minutes, as long as nothing followed.

    A visit that had set its time free takes it again, or is refused with `SlotTaken`
    if somebody has it by now. Raises `TooLateToChange` when the 15 minutes are over,
    `NeedlesRecorded` for a start after which needles went in, and `NotQualified` for a
    cancelled visit that papers no longer allow. Needs `practitioner`,
    `client`, `service`, `room` and `location` loaded.
    """
    require(by, RECORD_STATUS, appointment)
    last = StatusChange.objects.filter(appointment=appointment).order_by("-at", "-pk").first()
    if last is None or not _is_a_step(last, appointment):
        raise NotBookable(_("There is nothing to undo."))
    if not may_undo(state=appointment.state_now, changed_at=last.at, now=now):
        raise TooLateToChange(_("This can be undone for 15 minutes only."))
    before = standing_of(appointment)
    was_free = appointment.state_now not in RESERVING
    was_cancelled = appointment.state_now is State.CANCELLED
    if appointment.state_now is State.IN_SESSION:
        lock_visit(appointment)
        check_none_recorded(appointment)
    if was_free:
        _lock_what_it_had(appointment, now)
    if was_cancelled and awaits_renewal(appointment, catalogue()) is None:
        raise NotQualified
    write_state(
        appointment,
        State(last.from_state),
        by=by,
        now=now,
        reason=str(_("undone")),
        **({"version": appointment.version + 1} if was_cancelled else {}),
        cancelled_late=False,
        cancelled_by_client=False,
    )
    if was_free:
        _reserve_again(appointment)
    if was_cancelled:
        tell_changed(appointment, before, by_client=False, now=now)
    return appointment


def _is_a_step(last: StatusChange, appointment: Appointment) -> bool:
    # An undo and a move are no steps of the table, and so can't be undone themselves.
    return last.to_state == appointment.state and is_step(last.from_state, last.to_state)


def _lock_what_it_had(appointment: Appointment, now: datetime) -> None:
    lanes = Lane.objects.filter(practitioner_id=appointment.practitioner_id)
    assert appointment.client is not None
    resource_ids = [
        appointment.practitioner.resource_id,
        *lanes.values_list("resource_id", flat=True),
        appointment.room.resource_id,
        appointment.client.resource_id,
    ]
    whole = takings(shape_of(appointment.plan, all_lanes=True), appointment.starts_at).whole
    lock_and_clear(resource_ids, whole, now)


def _reserve_again(appointment: Appointment) -> None:
    assert appointment.client is not None
    alone = not appointment.service.may_overlap or appointment.client.never_overlap
    parts = takings(shape_of(appointment.plan, all_lanes=alone), appointment.starts_at)
    reserve(
        wanted_by(
            parts,
            hands_id=appointment.practitioner.resource_id,
            lane_ids=lanes_for(appointment.practitioner, parts.client, alone=alone),
            room_id=appointment.room.resource_id,
            client_id=appointment.client.resource_id,
        ),
        appointment=appointment,
    )
