"""Notes about a client for the front desk: written, and taken down."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from clinic.models import Client, DeskNote, User
from clinic.permissions import WRITE_DESK_NOTES, require
from clinic.refusals import AlreadyChanged


@transaction.atomic
def write_note(*, client: Client, text: str, note_id: UUID, by: User, now: datetime) -> DeskNote:
    """Write a note; the same `note_id` sent twice is one note.

    The client's row is locked: the note of a record that is being merged goes to the one that
    goes on. Raises `NotAllowed`, or `AlreadyChanged` for the id of another client's note.
    """
    require(by, WRITE_DESK_NOTES, client)
    record = _going_on(client)
    written = {"client": record, "text": text, "written_at": now, "written_by": by}
    note, _is_new = DeskNote.objects.get_or_create(public_id=note_id, defaults=written)
    if note.client_id != record.pk:
        raise AlreadyChanged
    return note


def take_down_note(*, note: DeskNote, by: User, now: datetime) -> DeskNote:
    """Take a note down; it stays in the database. Doing it twice keeps who was first.

    Needs `client` loaded. Raises `NotAllowed`.
    """
    require(by, WRITE_DESK_NOTES, note.client)
    standing = DeskNote.objects.filter(pk=note.pk, removed_at__isnull=True)
    standing.update(removed_at=now, removed_by=by)
    note.refresh_from_db(fields=["removed_at", "removed_by"])
    return note


def _going_on(client: Client) -> Client:
    locked = Client.objects.select_for_update(no_key=True)
    record = locked.get(pk=client.pk)
    while record.merged_into_id is not None:
        record = locked.get(pk=record.merged_into_id)
    return record
