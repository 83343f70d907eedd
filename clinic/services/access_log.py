"""Keep who looked at a client's record, and who changed it."""

from datetime import UTC, datetime

from clinic.models import AccessLog, Client, User

WINDOW_SECONDS = 10 * 60


def record_look(*, client: Client, kind: AccessLog.Kind, by: User, now: datetime) -> None:
    """Keep that somebody looked; once in ten minutes, by the clock, for each page and client.

    One statement: a second look meets the constraint and adds nothing.
    """
    seconds = int(now.timestamp())
    window_at = datetime.fromtimestamp(seconds - seconds % WINDOW_SECONDS, tz=UTC)
    look = AccessLog(client=client, by=by, kind=kind, at=now, window_at=window_at)
    AccessLog.objects.bulk_create([look], ignore_conflicts=True)


def record_change(*, client: Client, kind: AccessLog.Kind, by: User, now: datetime) -> None:
    """Keep that somebody changed a record, in the transaction of the change."""
    AccessLog.objects.create(client=client, by=by, kind=kind, at=now)
