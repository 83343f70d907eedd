"""Proposed repairs as people look at them."""

from datetime import datetime

from django.db.models import Q, QuerySet

from clinic.models import User
from treatments.models import Repair
from treatments.selectors.courses import CourseView, SessionView


def repairs_with_people() -> QuerySet[Repair]:
    """Return repairs with what every page shows of them."""
    return Repair.objects.select_related(
        "course__client",
        "course__location",
        "course__practitioner",
        "course__protocol",
        "course__first_service",
        "course__follow_up_service",
        "hold",
    )


def own_repairs(user: User) -> QuerySet[Repair]:
    """Return the repairs of the client with this login."""
    return repairs_with_people().filter(course__client__user=user)


def waiting_repairs(now: datetime) -> QuerySet[Repair]:
    """Return what waits for the desk: failed, then what runs out first, then to be planned."""
    kept = Q(state=Repair.State.OPEN, expires_at__gt=now)
    others = Q(state__in=[Repair.State.WANTED, Repair.State.FAILED])
    return repairs_with_people().filter(kept | others).order_by("expires_at", "made_at", "pk")


def waiting_repair_of(course_id: int, now: datetime) -> Repair | None:
    """Return the repair that waits for a course."""
    return waiting_repairs(now).filter(course=course_id).first()


def own_waiting_repair(user: User, now: datetime) -> Repair | None:
    """Return the repair that waits for the client with this login. One query."""
    return waiting_repairs(now).filter(course__client__user=user).first()


def lost_in(view: CourseView, repair: Repair) -> SessionView | None:
    """Return the lost session of a repair while it still has no visit."""
    item = view.session(repair.number)
    return item if item is not None and item in view.unbooked else None
