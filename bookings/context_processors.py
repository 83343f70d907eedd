"""What the desk sees on every page."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from bookings.selectors.waiting import WaitingCounts, waiting_counts
from clinic.models import User


def desk(request: HttpRequest) -> dict[str, Any]:
    """Give the desk's pages the numbers of what waits; read only when they are shown."""
    user = getattr(request, "user", None)
    # The lazy user of a request passes isinstance; what runs without one has no desk.
    if not (isinstance(user, User) and user.is_desk):
        return {"staff_waiting": WaitingCounts()}
    return {"staff_waiting": SimpleLazyObject(lambda: waiting_counts(timezone.now()))}
