"""What the clinic says to a client, when two records turn out to be one person."""

from collections.abc import Iterable
from datetime import datetime

from clinic.models import (
    AccessLog,
    CalendarFeed,
    CallEntry,
    Client,
    Consent,
    DeskNote,
    Message,
    User,
)
from clinic.services.access_log import record_change

Choice = tuple[str, str]


def move_contact(*, keep: Client, merge: Client, by: User, now: datetime) -> None:
    """Move messages, calls, notes and the calendar address of one record to another.

    In a transaction. Of two answers to the same question the later one counts. It is written as
    a new row, since nobody alters what was said. Locks both client rows, in the order of their
    keys.
    """
    list(Client.objects.select_for_update().filter(pk__in=[keep.pk, merge.pk]).order_by("pk"))
    Message.objects.filter(client=merge).update(client=keep)
    CallEntry.objects.filter(client=merge).update(client=keep)
    DeskNote.objects.filter(client=merge).update(client=keep)
    record_change(client=keep, kind=AccessLog.Kind.MERGED, by=by, now=now)
    if not CalendarFeed.objects.filter(client=keep).exists():
        CalendarFeed.objects.filter(client=merge).update(client=keep)
    said = _said(keep)
    Consent.objects.bulk_create(
        Consent(
            client=keep,
            purpose=row.purpose,
            channel=row.channel,
            given=row.given,
            source=Consent.Source.MERGE,
            by=by,
            at=now,
        )
        for choice, row in _said(merge).items()
        if _changes(said.get(choice), row)
    )


def _said(client: Client) -> dict[Choice, Consent]:
    rows: Iterable[Consent] = Consent.objects.filter(client=client).order_by("pk")
    return {(row.purpose, row.channel): row for row in rows}


def _changes(mine: Consent | None, theirs: Consent) -> bool:
    return mine is None or (mine.given != theirs.given and theirs.at > mine.at)
