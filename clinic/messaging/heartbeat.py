"""The sign of life of background work."""

from datetime import datetime

from clinic.models import Heartbeat


def beat(name: str, now: datetime) -> None:
    """Say that a part of the work is being done now."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=now)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )
