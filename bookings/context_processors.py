"""What the desk sees on every page."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from bookings.selectors.days import requests_to_answer
from clinic.models import User


def desk(request: HttpRequest) -> dict[str, Any]:
    """Give the desk's pages the number of wishes that wait; read only when it is shown."""
    user = getattr(request, "user", None)
    # The lazy user of a request passes isinstance; what runs without one has no desk.
    if not (isinstance(user, User) and user.is_desk):
        return {"staff_to_answer_count": 0}
    return {"staff_to_answer_count": SimpleLazyObject(lambda: requests_to_answer().count())}
