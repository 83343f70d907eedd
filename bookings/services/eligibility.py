"""Who may book what."""

from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import OPEN, State
from bookings.models import Appointment
from bookings.refusals import NotBookable
from clinic.models import Client, Service
from clinic.refusals import AlreadyChanged
from clinic.selectors.catalogue import LocationFacts, ServiceFacts

RETURNING_WITHIN = timedelta(days=365)


def check_service_open_to(
    service: ServiceFacts, client: Client | None, *, is_staff: bool, now: datetime
) -> None:
    """Raise `NotBookable` unless this person may book this service.

    Staff may book all; a visitor without a record may look at what returning clients
    can book, but not book it.
    """
    if is_staff or service.bookable_by == Service.BookableBy.ANYONE:
        return
    if service.bookable_by == Service.BookableBy.STAFF:
        raise NotBookable(_("Reception books this visit for you. Please call us."))
    if client is None or not had_first_visit(client, now):
        raise NotBookable(
            _("This visit is for clients who had a first visit in the last 12 months.")
        )


def had_first_visit(client: Client, now: datetime) -> bool:
    """Tell whether a client completed a first visit within the last 12 months."""
    return Appointment.objects.filter(
        client=client,
        state=State.COMPLETED,
        service__is_first_visit=True,
        starts_at__gte=now - RETURNING_WITHIN,
    ).exists()


def open_visits_of(client: Client, now: datetime) -> int:
    """Count a client's open single visits ahead: those that are no part of a course.

    Raises `AlreadyChanged` if the record was merged meanwhile.
    The client's resource is locked, as it is while records are merged, and so that two
    requests can't both count the last visit that is allowed.
    """
    ahead = Q(
        appointments__state__in=OPEN,
        appointments__starts_at__gt=now,
        appointments__in_series=False,
    )
    rows = Client.objects.filter(pk=client.pk, merged_into=None)
    counts = rows.annotate(open_visits=Count("appointments", filter=ahead))
    open_visits = counts.values_list("open_visits", flat=True).first()
    if open_visits is None:
        raise AlreadyChanged
    return open_visits


def check_client_may_book(client: Client, place: LocationFacts, open_visits: int) -> None:
    """Raise `NotBookable` unless a client may book one more single visit alone."""
    if client.adult_declared_at is None:
        raise NotBookable(_("Please tell us first that you are 18 or over."))
    if open_visits >= place.max_single_visits:
        raise NotBookable(
            _("You have %(count)s visits booked already. Please call us to book more.")
            % {"count": open_visits}
        )
