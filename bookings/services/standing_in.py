"""Close a visit in session whose practitioner can't: a manager counts in their place.

The rules are those of the practitioner (see `needling.py`): as many needles out as in, or
"searched, client told".
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import State
from bookings.models import Appointment, NeedleChange, Needling
from bookings.services.needling import (
    NeedlesNotCounted,
    check_counted,
    check_possible,
    needling_of,
    note_needles,
)
from bookings.services.recording import lock_visit, record_state
from clinic.models import User
from clinic.permissions import CLOSE_FOR_ABSENT, require
from clinic.refusals import AlreadyChanged, Refusal
from clinic.services.transactions import in_one_transaction

Kind = NeedleChange.Kind

MOST_LETTERS = 200


class ReasonMissing(Refusal):
    """A visit was to be closed for somebody else without saying why."""

    code = "reason_missing"
    message = _("Say why the practitioner can't close it.")


@dataclass(frozen=True, slots=True)
class Count:
    """What a manager counted; None for a number that the practitioner has entered already."""

    went_in: int | None = None
    came_out: int | None = None
    searched: bool = False


@in_one_transaction
def close_for_absent(
    *, appointment: Appointment, count: Count, reason: str, by: User, now: datetime
) -> Appointment:
    """Complete a visit in session in its practitioner's place; the reason stands in its story.

    Numbers that stand already are kept. A second time it changes nothing. The visit's row is
    locked. Raises `ReasonMissing`, `NeedlesNotCounted`, `ImpossibleCount`, `AlreadyChanged` or
    `NotAllowed`. Needs `practitioner`, `client` and `service` loaded.
    """
    require(by, CLOSE_FOR_ABSENT, appointment)
    if appointment.state_now is State.COMPLETED:
        return appointment
    if appointment.state_now is not State.IN_SESSION:
        raise AlreadyChanged
    why = reason.strip()[:MOST_LETTERS]
    if not why:
        raise ReasonMissing
    lock_visit(appointment)
    if appointment.service.uses_needles:
        _settle(appointment, count, by, now)
    check_counted(appointment)
    said = {"name": appointment.practitioner.name, "reason": why}
    words = str(_("Closed in place of %(name)s: %(reason)s") % said)
    return record_state(appointment, State.COMPLETED, by=by, now=now, reason=words)


def _settle(appointment: Appointment, count: Count, by: User, now: datetime) -> None:
    needling = needling_of(appointment) or _put_in(appointment, count.went_in, by, now)
    if needling.out_count is None:
        _take_out(appointment, needling, count.came_out, by, now)
    is_unequal = needling.out_count != needling.in_count
    if is_unequal and needling.searched_at is None and count.searched:
        needling.searched_at = now
        needling.save(update_fields=["searched_at"])
        note_needles(appointment, Kind.SEARCHED, None, by, now)


def _put_in(appointment: Appointment, went_in: int | None, by: User, now: datetime) -> Needling:
    if went_in is None:
        raise NeedlesNotCounted
    check_possible(went_in, least=1)
    note_needles(appointment, Kind.IN, went_in, by, now)
    return Needling.objects.create(appointment_id=appointment.pk, in_count=went_in, in_at=now)


def _take_out(
    appointment: Appointment, needling: Needling, came_out: int | None, by: User, now: datetime
) -> None:
    if came_out is None:
        raise NeedlesNotCounted
    check_possible(came_out, least=0)
    needling.out_count = came_out
    # Another server's clock may be a moment behind the one that recorded them in.
    needling.out_at = max(now, needling.in_at)
    needling.save(update_fields=["out_count", "out_at"])
    note_needles(appointment, Kind.OUT, came_out, by, now)
