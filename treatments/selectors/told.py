"""What clients were told of a visit: by itself, with its course, or with all that cover changed."""

from collections.abc import Sequence

from django.db.models import Q

from bookings.models import Appointment
from clinic.models import Message
from clinic.selectors.messages import NEWEST_SHOWN, TOLD_SHOWN
from treatments.models import SessionVisit

VISIT, COURSE, CLIENT_COVER = "visit", "course", "client_cover"
"""What messages are about: the names in the apps' `messages/`."""


def told_of(visit: Appointment) -> list[Message]:
    """Return what its client was told of a visit, or will be; the newest first. Two queries."""
    things = Q(about=VISIT, about_id=visit.pk)
    found_in = SessionVisit.objects.filter(appointment=visit)
    # Asked for by itself: with a subquery in it the outbox would be read as a whole.
    course_id = found_in.values_list("session__course_id", flat=True).first()
    if course_id is not None:
        things |= Q(about=COURSE, about_id=course_id, created_at__gte=visit.created_at)
    if visit.client_id is not None:
        things |= Q(about=CLIENT_COVER, about_id=visit.client_id, created_at__gte=visit.created_at)
    rows = Message.objects.filter(things, client__isnull=False)
    found = rows.select_related("client", "user", "location").order_by("-created_at", "-pk")
    return [row for row in found[:TOLD_SHOWN] if _speaks_of(row, visit)]


def told_about(visits: Sequence[Appointment], course_ids: Sequence[int]) -> list[Message]:
    """Return the newest messages to a client about some visits and courses. One query."""
    visit_ids = [visit.pk for visit in visits]
    things = Q(about=VISIT, about_id__in=visit_ids) | Q(about=COURSE, about_id__in=course_ids)
    rows = Message.objects.filter(things, client__isnull=False)
    found = rows.select_related("client", "user", "location").order_by("-created_at", "-pk")
    return list(found[:NEWEST_SHOWN])


def _speaks_of(row: Message, visit: Appointment) -> bool:
    """Say whether a message tells of a visit; a change names those that it is about."""
    return "told" not in row.details or str(visit.pk) in row.details["told"]
