"""What the public pages tell of treatments and people."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from clinic.models import Practitioner, Service
from clinic.selectors.catalogue import Catalogue


def services_offered() -> QuerySet[Service]:
    """Return the services that are offered, in list order, with their segments."""
    return (
        Service.objects.filter(is_active=True)
        .prefetch_related("segments")
        .order_by("position", "pk")
    )


def practitioners_shown(listings: "Listings") -> QuerySet[Practitioner]:
    """Return the practitioners whom clients may ask for at all, by name."""
    return Practitioner.objects.filter(pk__in=list(listings)).order_by("name", "pk")


Listings = dict[int, list[tuple[int, int]]]
"""By practitioner: the services, each with the location, for which clients may ask for them."""


def listings(facts: Catalogue, now: datetime) -> Listings:
    """Return who is listed for what and where; who is listed for nothing is left out.

    Practitioners come in list order, then services and locations in theirs. No query.
    """
    listed = {
        (person.id, service_id, place_id)
        for service_id in facts.services
        for place_id in facts.locations
        for person in facts.listed(service_id, place_id, now)
    }
    found: Listings = {}
    for person_id in facts.practitioners:
        pairs = [
            (service_id, place_id)
            for service_id in facts.services
            for place_id in facts.locations
            if (person_id, service_id, place_id) in listed
        ]
        if pairs:
            found[person_id] = pairs
    return found


def services_listed(pairs: Collection[tuple[int, int]]) -> set[int]:
    """Return the services of somebody's listings."""
    return {service_id for service_id, _ in pairs}


def locations_listed(pairs: Collection[tuple[int, int]]) -> set[int]:
    """Return the locations of somebody's listings."""
    return {location_id for _, location_id in pairs}
