"""Lock what can be in one place only."""

from collections.abc import Iterable

from django.db import connection

LOCK_SQL = "SELECT id FROM clinic_resource WHERE id = ANY(%s) ORDER BY id FOR UPDATE"


def lock_resources(resource_ids: Iterable[int]) -> None:
    """Lock the rows of resources in id order, until the transaction ends.

    Waits at most the lock timeout; rivals queue here instead of meeting in a deadlock.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK_SQL, [sorted(set(resource_ids))])
