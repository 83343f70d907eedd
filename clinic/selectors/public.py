"""What the public pages tell of treatments and people."""

from django.db.models import QuerySet

from clinic.models import Practitioner, Service


def services_offered() -> QuerySet[Service]:
    """Return the services that are offered, in list order, with their segments."""
    return (
        Service.objects.filter(is_active=True)
        .prefetch_related("segments")
        .order_by("position", "pk")
    )


def practitioners_shown() -> QuerySet[Practitioner]:
    """Return the practitioners who take bookings, by name."""
    return Practitioner.objects.filter(is_active=True).order_by("name", "pk")
