"""Visits whose clients have another time to answer."""

from collections.abc import Sequence

from treatments.models import CoverOffer


def offered_among(visit_ids: Sequence[int]) -> set[int]:
    """Return those of these visits (pks) that have an open offer. One query."""
    rows = CoverOffer.objects.open().filter(appointment__in=visit_ids)
    return set(rows.values_list("appointment_id", flat=True))
