"""Count the needles of a visit in and out; nothing is completed before the numbers are settled.

Every function locks the visit's row, so two devices come one after the other: the second tap
with the same number changes nothing, another number is `AlreadyChanged`.
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import UNDO_WINDOW, State
from bookings.domain.needling import MOST_NEEDLES, Stage, stage_of
from bookings.models import Appointment, NeedleChange, Needling
from bookings.refusals import NotBookable, TooLateToChange
from bookings.services.recording import lock_visit
from clinic.models import User
from clinic.permissions import RECORD_NEEDLES, require
from clinic.refusals import AlreadyChanged, Refusal
from clinic.services.transactions import in_one_transaction

Kind = NeedleChange.Kind


class NotInSession(Refusal):
    """Needles were to be counted of a visit that is not in session, or that needs none."""

    code = "not_in_session"
    message = _("Needles are counted while the visit is in session.")


class ImpossibleCount(Refusal):
    """No visit has that many needles."""

    code = "impossible_count"
    message = _("Enter a whole number from 1 to 300.")


class NeedlesNotCounted(Refusal):
    """The numbers of needles in and out are not settled yet."""

    code = "needles_not_counted"
    message = _("Enter first how many needles went in, and how many were removed.")


class NothingToSearch(Refusal):
    """As many needles came out as went in."""

    code = "nothing_to_search"
    message = _("As many needles were removed as went in: there is nothing to search for.")


class NeedlesRecorded(Refusal):
    """A start was to be undone after needles went in."""

    code = "needles_recorded"
    message = _("Needles are recorded for this visit. Take that entry back first.")


@in_one_transaction
def record_needles_in(*, appointment: Appointment, count: int, by: User, now: datetime) -> Needling:
    """Record how many needles went in (1 to 300); the retention timer runs from `now`.

    Raises `ImpossibleCount`, `NotInSession`, `AlreadyChanged` or `NotAllowed`. Needs
    `practitioner` and `service` loaded, as all functions here.
    """
    _check(appointment, by, count, least=1)
    needling = needling_of(appointment)
    if needling is not None:
        return _same(needling, needling.in_count, count)
    _check_in_session(appointment)
    needling = Needling.objects.create(appointment_id=appointment.pk, in_count=count, in_at=now)
    note_needles(appointment, Kind.IN, count, by, now)
    return needling


@in_one_transaction
def record_needles_out(
    *, appointment: Appointment, count: int, by: User, now: datetime
) -> Needling:
    """Record how many needles were removed (0 to 300). Another number than went in needs a search.

    Raises `NeedlesNotCounted` while no number in is recorded, else as `record_needles_in`.
    """
    _check(appointment, by, count, least=0)
    needling = needling_of(appointment)
    if needling is None:
        _check_in_session(appointment)
        raise NeedlesNotCounted(_("Enter first how many needles went in."))
    if needling.out_count is not None:
        return _same(needling, needling.out_count, count)
    _check_in_session(appointment)
    needling.out_count = count
    # Another server's clock may be a moment behind the one that recorded them in.
    needling.out_at = max(now, needling.in_at)
    needling.save(update_fields=["out_count", "out_at"])
    note_needles(appointment, Kind.OUT, count, by, now)
    return needling


@in_one_transaction
def record_searched(*, appointment: Appointment, by: User, now: datetime) -> Needling:
    """Record that the missing needles were searched for and that the client was told.

    Raises `NothingToSearch` when the numbers are equal, `NeedlesNotCounted` while one is
    missing, `NotInSession`, `AlreadyChanged` or `NotAllowed`.
    """
    _check(appointment, by)
    needling = needling_of(appointment)
    if needling is None or needling.out_count is None:
        _check_in_session(appointment)
        raise NeedlesNotCounted(_("Enter first how many needles were removed."))
    if needling.searched_at is not None:
        return needling
    if needling.out_count == needling.in_count:
        raise NothingToSearch
    _check_in_session(appointment)
    needling.searched_at = now
    needling.save(update_fields=["searched_at"])
    note_needles(appointment, Kind.SEARCHED, None, by, now)
    return needling


@in_one_transaction
def undo_needles(
    *, appointment: Appointment, by: User, now: datetime, kind: NeedleChange.Kind | None = None
) -> Needling | None:
    """Take back the last entry about needles, for 15 minutes; None when none is left.

    `kind` names the entry that was seen as the last: if it is not, nothing is changed, so a
    double click takes back one entry. Raises `NotBookable` when there is nothing,
    `TooLateToChange`, `NotInSession`, `AlreadyChanged` or `NotAllowed`.
    """
    _check(appointment, by)
    needling = needling_of(appointment)
    last = None if needling is None else _last_entry(needling)
    if kind is not None and (last is None or last[0] is not kind):
        return needling
    if needling is None or last is None:
        raise NotBookable(_("There is nothing to undo."))
    _check_in_session(appointment)
    what, count, at = last
    if now - at > UNDO_WINDOW:
        raise TooLateToChange(_("This can be undone for 15 minutes only."))
    note_needles(appointment, Kind.UNDONE, count, by, now)
    if what is Kind.IN:
        needling.delete()
        return None
    if what is Kind.OUT:
        needling.out_count = needling.out_at = None
    else:
        needling.searched_at = None
    needling.save(update_fields=["out_count", "out_at", "searched_at"])
    return needling


def needling_of(appointment: Appointment) -> Needling | None:
    """Return the needles of a visit as they stand now."""
    return Needling.objects.filter(appointment=appointment).first()


def stage_now(needling: Needling | None) -> Stage:
    """Return how far the needles are."""
    if needling is None:
        return Stage.NONE
    return stage_of(
        in_count=needling.in_count,
        out_count=needling.out_count,
        searched=needling.searched_at is not None,
    )


def check_counted(appointment: Appointment) -> None:
    """Raise `NeedlesNotCounted` unless a visit in session may be completed. Its row is locked.

    Needs `service` loaded.
    """
    needling = needling_of(appointment)
    stage = stage_now(needling)
    if stage is Stage.OUT or (stage is Stage.NONE and not appointment.service.uses_needles):
        return
    raise _not_counted(needling, stage)


def check_none_left_in(appointment: Appointment) -> None:
    """Raise `NeedlesNotCounted` while needles are in, or not settled. Its row is locked."""
    needling = needling_of(appointment)
    stage = stage_now(needling)
    if stage in (Stage.IN, Stage.UNEQUAL):
        raise _not_counted(needling, stage)


def check_none_recorded(appointment: Appointment) -> None:
    """Raise `NeedlesRecorded` once needles went in. The visit's row is locked."""
    if needling_of(appointment) is not None:
        raise NeedlesRecorded


def _not_counted(needling: Needling | None, stage: Stage) -> NeedlesNotCounted:
    if needling is None:
        return NeedlesNotCounted()
    numbers = {"in": needling.in_count, "out": needling.out_count}
    if stage is Stage.IN:
        return NeedlesNotCounted(
            _("Needles: %(in)s in. Remove them first and enter their number.") % numbers
        )
    return NeedlesNotCounted(
        _("Needles: %(in)s in, %(out)s removed. Search first and tell the client, then tick it.")
        % numbers
    )


def check_possible(count: int, *, least: int) -> None:
    """Raise `ImpossibleCount` unless a visit may have that many needles."""
    if not least <= count <= MOST_NEEDLES:
        raise (
            ImpossibleCount if least else ImpossibleCount(_("Enter a whole number from 0 to 300."))
        )


def _check(appointment: Appointment, by: User, count: int | None = None, *, least: int = 0) -> None:
    require(by, RECORD_NEEDLES, appointment)
    if count is not None:
        check_possible(count, least=least)
    lock_visit(appointment)


def _check_in_session(appointment: Appointment) -> None:
    if appointment.state_now is not State.IN_SESSION:
        raise NotInSession
    if not appointment.service.uses_needles:
        raise NotInSession(_("This visit needs no needles."))


def _same(needling: Needling, recorded: int, count: int) -> Needling:
    if recorded != count:
        raise AlreadyChanged
    return needling


def _last_entry(needling: Needling) -> tuple[NeedleChange.Kind, int | None, datetime]:
    if needling.searched_at is not None:
        return Kind.SEARCHED, None, needling.searched_at
    if needling.out_at is not None:
        return Kind.OUT, needling.out_count, needling.out_at
    return Kind.IN, needling.in_count, needling.in_at


def note_needles(
    appointment: Appointment,
    kind: NeedleChange.Kind,
    count: int | None,
    by: User,
    now: datetime,
) -> None:
    """Append to the history of a visit's needles. Its row is locked."""
    NeedleChange.objects.create(appointment=appointment, kind=kind, count=count, at=now, by=by)
