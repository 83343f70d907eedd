"""Move a booked visit: new reservations in, old ones out, or nothing at all."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import F

from bookings.domain.lifecycle import State
from bookings.domain.policy import MoveAnswer, may_client_move
from bookings.domain.segments import shape_of
from bookings.domain.timegrid import CELL_MINUTES
from bookings.hooks import MoveAsked, before_move
from bookings.models import Appointment, ChangeRequest, StatusChange
from bookings.refusals import NotBookable, SlotTaken, TooLateToChange
from bookings.selectors.questions import ClientMarks, SlotQuestion
from bookings.services.claiming import Claim, alternatives, claim
from bookings.services.recording import settle_wishes
from bookings.services.reserving import reserve, resources_of, set_free
from bookings.services.telling import standing_of, tell_changed
from clinic.models import User
from clinic.permissions import CHANGE_VISIT, MOVE_VISIT, RUN_DESK, WAIVE_NOTICE, may, require
from clinic.refusals import AlreadyChanged, NotAllowed
from clinic.selectors.catalogue import Catalogue
from clinic.services.transactions import in_one_transaction


def move_appointment(
    *,
    appointment: Appointment,
    starts_at: datetime,
    practitioner_id: int | None,
    catalogue: Catalogue,
    by: User,
    now: datetime,
    room_id: int | None = None,
    override_reason: str = "",
) -> Appointment:
    """Move a booked visit to another start, practitioner or room (None means any).

    All or nothing: a refusal leaves the old booking untouched. An open wish to move it
    is ticked off. Clients move within the
    policy of the location; what the clinic moves is free to move again, and may start at
    any five minutes. Practitioners move their own visits for the clinic, but hand them to
    nobody. Asking for the time that it has already changes nothing. Raises `SlotTaken`
    with alternatives, `AlreadyChanged`, `TooLateToChange`, `OutsideNotice`,
    `BeyondHorizon`, `NotBookable`, `NotAllowed` or `Busy`.
    """
    by_client = not may(by, MOVE_VISIT, appointment)
    if by_client:
        require(by, CHANGE_VISIT, appointment)
    elif not may(by, RUN_DESK):
        practitioner_id = _still_theirs(appointment, practitioner_id)
    if override_reason:
        require(by, WAIVE_NOTICE)
    return move_allowed(
        appointment=appointment,
        starts_at=starts_at,
        practitioner_id=practitioner_id,
        room_id=room_id,
        catalogue=catalogue,
        by_client=by_client,
        by=by,
        now=now,
        override_reason=override_reason,
        reason=override_reason,
    )


def move_allowed(
    *,
    appointment: Appointment,
    starts_at: datetime,
    practitioner_id: int | None,
    catalogue: Catalogue,
    by_client: bool,
    by: User | None,
    now: datetime,
    room_id: int | None = None,
    override_reason: str = "",
    reason: str = "",
) -> Appointment:
    """Move as `move_appointment` does, for a caller who has asked the permissions.

    Without `by` it is a client who has not signed in (`by_link.py`). `reason` stands in
    the visit's history.
    """
    question = move_question(
        appointment=appointment, catalogue=catalogue, practitioner_id=practitioner_id
    )
    question = replace(question, waives_notice=bool(override_reason), room_id=room_id)
    keeps = starts_at == appointment.starts_at
    asked = keeping_start(question) if keeps or not by_client else question
    if _is_there_already(appointment, starts_at, practitioner_id, room_id):
        return appointment
    if by_client:
        check_client_may_move(appointment, now)
    try:
        return _move(
            appointment=appointment,
            starts_at=starts_at,
            question=asked,
            by_client=by_client,
            by=by,
            now=now,
            override_reason=override_reason,
            reason=reason,
        )
    except SlotTaken as refusal:
        refusal.alternatives = alternatives(question, starts_at, now)
        raise


def move_question(
    *, appointment: Appointment, catalogue: Catalogue, practitioner_id: int | None
) -> SlotQuestion:
    """Return the search for another time of a visit; the visit keeps its own segments.

    Needs `client` loaded. Raises `NotBookable` where service or location is closed.
    """
    service = catalogue.services.get(appointment.service_id)
    location = catalogue.locations.get(appointment.location_id)
    if service is None or location is None or appointment.client is None:
        raise NotBookable
    client = ClientMarks.of(appointment.client)
    day = appointment.starts_at.astimezone(location.zone).date()
    return SlotQuestion(
        catalogue=catalogue,
        service=service,
        location=location,
        first_date=day,
        end_date=day + timedelta(days=1),
        practitioner_id=practitioner_id,
        client=client,
        but_appointments=(appointment.pk,),
        shape=shape_of(appointment.plan, all_lanes=service.all_lanes or client.never_overlap),
    )


def keeping_start(question: SlotQuestion) -> SlotQuestion:
    """Return the search for a start that need not lie on a step.

    A visit with somebody else at the same start may have touched another visit of the
    practitioner who had it; and the clinic may start at any five minutes.
    """
    location = replace(question.location, slot_step_minutes=CELL_MINUTES)
    return replace(question, location=location)


def check_client_may_move(appointment: Appointment, now: datetime) -> None:
    """Raise `TooLateToChange` unless a client may move this visit alone. Needs `location`."""
    if move_answer(appointment, now) is not MoveAnswer.YES:
        raise TooLateToChange


def move_answer(appointment: Appointment, now: datetime) -> MoveAnswer:
    """Say whether a client may move this visit alone. Needs `location` loaded."""
    return may_client_move(
        starts_at=appointment.starts_at,
        now=now,
        late_change_hours=appointment.location.late_change_hours,
        moves=appointment.client_moves,
        max_moves=appointment.location.max_client_moves,
        changed_by_clinic=appointment.changed_by_clinic,
    )


@in_one_transaction
def _move(
    *,
    appointment: Appointment,
    starts_at: datetime,
    question: SlotQuestion,
    by_client: bool,
    by: User | None,
    now: datetime,
    override_reason: str,
    reason: str,
) -> Appointment:
    claimed = claim(question, starts_at, now, also_lock=resources_of(appointment))
    before_move.call(
        [MoveAsked(appointment, starts_at, claimed.practitioner.id, by, now, override_reason)]
    )
    room_only = _changes_room_only(appointment, claimed, starts_at)
    _write_move(appointment, claimed, starts_at, by_client=by_client, by=by, now=now, reason=reason)
    set_free(appointment)
    assert question.client is not None
    reserve(claimed.wanted(question.client.resource_id), appointment=appointment)
    if room_only:
        appointment.refresh_from_db()
        return appointment
    settle_wishes([appointment], ChangeRequest.Outcome.MOVED, by=by, now=now)
    before = standing_of(appointment)
    appointment.refresh_from_db()
    tell_changed(appointment, before, by_client=by_client, now=now)
    return appointment


def _write_move(
    appointment: Appointment,
    claimed: Claim,
    starts_at: datetime,
    *,
    by_client: bool,
    by: User | None,
    now: datetime,
    reason: str,
) -> None:
    # Another room alone changes nothing for the client: no new version, so reminders and a
    # promise to come hold. What was read is compared itself, since the version can't tell.
    room_only = _changes_room_only(appointment, claimed, starts_at)
    changed = Appointment.objects.filter(
        pk=appointment.pk,
        state=State.BOOKED,
        version=appointment.version,
        room=appointment.room_id,
        client=appointment.client_id,  # another one once records were merged
    ).update(
        starts_at=starts_at,
        ends_at=claimed.takings.client.ends_at,
        practitioner_id=claimed.practitioner.id,
        room_id=claimed.room.id,
        version=F("version") + (0 if room_only else 1),
        client_moves=F("client_moves") + (1 if by_client else 0),
        changed_by_clinic=appointment.changed_by_clinic if room_only else not by_client,
    )
    if not changed:
        raise AlreadyChanged
    StatusChange.objects.create(
        appointment=appointment,
        from_state=State.BOOKED,
        to_state=State.BOOKED,
        at=now,
        by=by,
        reason=reason,
    )


def _is_there_already(
    appointment: Appointment,
    starts_at: datetime,
    practitioner_id: int | None,
    room_id: int | None,
) -> bool:
    same_person = practitioner_id in (None, appointment.practitioner_id)
    same_room = room_id in (None, appointment.room_id)
    return same_person and same_room and starts_at == appointment.starts_at


def _changes_room_only(appointment: Appointment, claimed: Claim, starts_at: datetime) -> bool:
    same_person = claimed.practitioner.id == appointment.practitioner_id
    return same_person and starts_at == appointment.starts_at


def _still_theirs(appointment: Appointment, practitioner_id: int | None) -> int:
    if practitioner_id not in (None, appointment.practitioner_id):
        raise NotAllowed
    return appointment.practitioner_id
