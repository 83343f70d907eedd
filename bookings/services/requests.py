"""Wishes to move that come too late to be done alone; reception answers them."""

from datetime import datetime

from django.db import IntegrityError, transaction

from bookings.domain.lifecycle import State
from bookings.domain.policy import MoveAnswer
from bookings.models import Appointment, ChangeRequest
from bookings.refusals import TooLateToChange
from bookings.services.moving import move_answer
from clinic.models import User
from clinic.permissions import CHANGE_VISIT, RUN_DESK, require
from clinic.refusals import AlreadyChanged
from clinic.services.transactions import violated_constraint


def ask_to_move(*, appointment: Appointment, wish: str, by: User, now: datetime) -> ChangeRequest:
    """Put a client's wish on reception's list; a second wish replaces the first one's words.

    Raises `TooLateToChange` once the visit has begun. Needs `client` and `location`.
    """
    require(by, CHANGE_VISIT, appointment)
    answer = move_answer(appointment, now)
    if appointment.state_now is not State.BOOKED or answer is MoveAnswer.STARTED:
        raise TooLateToChange
    try:
        with transaction.atomic():
            return ChangeRequest.objects.create(appointment=appointment, wish=wish, created_at=now)
    except IntegrityError as error:
        if violated_constraint(error) != "change_request_one_open_a_visit":
            raise
    open_wish = ChangeRequest.objects.filter(appointment=appointment, answered_at=None).first()
    if open_wish is None:
        raise AlreadyChanged  # reception answered it in this moment
    open_wish.wish, open_wish.created_at = wish, now
    open_wish.save(update_fields=["wish", "created_at"])
    return open_wish


def answer_request(
    *, request: ChangeRequest, outcome: ChangeRequest.Outcome, by: User, now: datetime
) -> ChangeRequest:
    """Tick off a wish with what came of it; `AlreadyChanged` if a colleague was first."""
    require(by, RUN_DESK)
    changed = ChangeRequest.objects.filter(pk=request.pk, answered_at=None).update(
        answered_at=now, answered_by=by, outcome=outcome
    )
    if not changed:
        raise AlreadyChanged
    request.refresh_from_db()
    return request
