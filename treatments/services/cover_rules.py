"""What a client is asked before cover changes a visit, and for how long a time is kept."""

from datetime import datetime, timedelta

from bookings.models import Appointment
from treatments.domain.covering import Choice, StepKind
from treatments.domain.wishes import Wishes

KEPT_FOR = timedelta(hours=48)
KEPT_AT_LEAST = timedelta(hours=2)
"""How long an offered time is kept; where it can't be for the least, the client is called."""


def asks_client(visit: Appointment, choice: Choice, wishes: Wishes) -> bool:
    """Say whether a client is asked: another time, or not the one they asked for only."""
    if choice.kind is StepKind.OTHER_TIME:
        return True
    only = wishes.only_practitioner_id
    return only is not None and choice.practitioner_id not in (only, visit.practitioner_id)


def offer_ends_at(visit: Appointment, starts_at: datetime, now: datetime) -> datetime | None:
    """Return until when another time can be kept for a visit; None: not long enough to ask.

    Never past the notice of the kept time or of the visit itself. Needs `location` loaded.
    """
    notice = timedelta(hours=visit.location.late_change_hours)
    ends_at = min(now + KEPT_FOR, starts_at - notice, visit.starts_at - notice)
    return ends_at if ends_at >= now + KEPT_AT_LEAST else None
