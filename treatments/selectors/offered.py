"""Visits whose clients have another time to answer."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from bookings.hooks import OfferedTime
from bookings.models import Appointment
from bookings.selectors.cover_needed import CoverNeed, cover_needed
from clinic.selectors.catalogue import Catalogue
from treatments.models import CoverOffer


def offered_among(visit_ids: Sequence[int]) -> set[int]:
    """Return those of these visits (pks) that have an open offer. One query."""
    rows = CoverOffer.objects.open().filter(appointment__in=visit_ids)
    return set(rows.values_list("appointment_id", flat=True))


def cover_to_find(facts: Catalogue, now: datetime) -> list[CoverNeed]:
    """Return the visits that need cover and have no open offer, the soonest first.

    Four queries, whatever their number.
    """
    needs = cover_needed(facts, now)
    offered = offered_among([item.visit.pk for item in needs])
    return [item for item in needs if item.visit.pk not in offered]


def offered_until(visit_ids: Sequence[int], now: datetime) -> dict[int, datetime]:
    """Return until when another time is kept, by visit that has one. One query."""
    if not visit_ids:
        return {}
    rows = CoverOffer.objects.open().filter(appointment__in=visit_ids, expires_at__gt=now)
    return dict(rows.values_list("appointment_id", "expires_at"))


def offered_time_of(visit: Appointment, now: datetime) -> OfferedTime | None:
    """Return the time that waits for an answer of a visit's client. One query."""
    rows = CoverOffer.objects.open().filter(
        appointment=visit, version=visit.version, expires_at__gt=now
    )
    found = rows.values_list("public_id", "expires_at").first()
    if found is None:
        return None
    public_id, until = found
    return OfferedTime(reverse("my-offer", args=[public_id]), until)
