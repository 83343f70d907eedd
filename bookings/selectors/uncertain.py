"""Visits of which nobody says "see you": they will hardly take place as they are booked."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q

from bookings.hooks import visits_in_question
from bookings.models import Appointment, TimeOff


def uncertain_among(visit_ids: Sequence[int]) -> set[int]:
    """Return those of these visits whose clients have another time to answer, or whose
    practitioner is away, or whose location is closed, for a time or for good.

    Two queries, whatever their number.
    """
    if not visit_ids:
        return set()
    off = TimeOff.objects.filter(
        Q(practitioner=OuterRef("practitioner")) | Q(location=OuterRef("location")),
        starts_at__lt=OuterRef("ends_at"),
        ends_at__gt=OuterRef("starts_at"),
    )
    away = Appointment.objects.filter(
        Q(Exists(off)) | Q(location__is_active=False), pk__in=visit_ids
    )
    return {*away.values_list("pk", flat=True), *visits_in_question.among(visit_ids)}
