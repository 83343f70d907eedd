"""Make one record of two that are the same person."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from bookings.hooks import ClientsMerged, after_merge
from bookings.models import Appointment, Reservation
from bookings.services.reserving import as_interval, is_overlap
from clinic.models import Client, User
from clinic.permissions import MERGE_CLIENTS, require
from clinic.refusals import AlreadyChanged, Refusal
from clinic.services.locking import lock_resources
from clinic.services.merging import move_contact
from clinic.services.transactions import in_one_transaction


class RecordsClash(Refusal):
    """The two records have visits at the same time; `clashes` pairs them."""

    code = "records_clash"
    status = 409
    message = _("Both records have a visit at the same time. Move or cancel one of them first.")

    def __init__(self, clashes: Sequence[tuple[Appointment, Appointment]]) -> None:
        super().__init__()
        self.clashes = list(clashes)


class TwoLogins(Refusal):
    """Both records belong to a login of their own."""

    code = "two_logins"
    status = 409
    message = _("Both records have a login. Only one of them can go on; ask the client which.")


@in_one_transaction
def merge_clients(*, keep: Client, merge: Client, by: User, now: datetime) -> Client:
    """Move all visits, reservations and messages of one record to another and retire it.

    Both clients' resources are locked. The kept record takes over what it lacks (login,
    e-mail, phone, declaration) and every mark of caution. Raises `RecordsClash`,
    `TwoLogins`, `AlreadyChanged` (merged meanwhile) or `NotAllowed`; then nothing changed.
    """
    require(by, MERGE_CLIENTS)
    if keep.pk == merge.pk:
        raise ValueError("a record can't be merged into itself")
    lock_resources([keep.resource_id, merge.resource_id])
    keep.refresh_from_db()
    merge.refresh_from_db()
    if keep.merged_into_id or merge.merged_into_id:
        raise AlreadyChanged
    if keep.user_id and merge.user_id:
        raise TwoLogins
    _move_visits(keep, merge)
    move_contact(keep=keep, merge=merge, by=by, now=now)
    after_merge.call(ClientsMerged(keep, merge))
    _retire(keep, merge)
    return keep


def _move_visits(keep: Client, merge: Client) -> None:
    Appointment.objects.filter(client=merge).update(client=keep)
    try:
        with transaction.atomic():
            Reservation.objects.of_resources([merge.resource_id]).update(
                resource_id=keep.resource_id
            )
    except IntegrityError as error:
        if is_overlap(error):
            raise RecordsClash(clashes(keep, merge)) from error
        raise


def clashes(keep: Client, merge: Client) -> list[tuple[Appointment, Appointment]]:
    """Return the pairs of visits of two records that overlap in time."""
    pairs = []
    theirs = Reservation.objects.of_resources([merge.resource_id])
    for row in theirs.select_related("appointment__service", "appointment__location"):
        rivals = Reservation.objects.of_resources([keep.resource_id]).overlapping(
            as_interval(row.during)
        )
        pairs += [
            (rival.appointment, row.appointment)
            for rival in rivals.select_related("appointment__service", "appointment__location")
            if rival.appointment is not None and row.appointment is not None
        ]
    return pairs


def _retire(keep: Client, merge: Client) -> None:
    login = merge.user
    merge.user = None
    merge.merged_into = keep
    merge.save(update_fields=["user", "merged_into"])
    keep.user = keep.user or login
    keep.email = login.email if login else keep.email or merge.email
    keep.phone = keep.phone or merge.phone
    keep.adult_declared_at = keep.adult_declared_at or merge.adult_declared_at
    keep.needs_step_free |= merge.needs_step_free
    keep.never_overlap |= merge.never_overlap
    keep.no_needling_until_cleared |= merge.no_needling_until_cleared
    dates = [day for day in (keep.no_needling_before, merge.no_needling_before) if day]
    keep.no_needling_before = max(dates, default=None)
    keep.save()
