"""Who may book what."""

from datetime import datetime, timedelta
from typing import cast

from django.db import connection
from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import OPEN, State
from bookings.models import Appointment
from bookings.refusals import NotBookable
from clinic.models import Client, Service
from clinic.refusals import AlreadyChanged
from clinic.selectors.catalogue import LocationFacts, ServiceFacts

RETURNING_WITHIN = timedelta(days=365)

OPEN_VISITS_SQL = """
SELECT (
    SELECT count(*) FROM bookings_appointment
    WHERE client_id = client.id AND state = ANY(%(open)s) AND starts_at > %(now)s AND NOT in_series
)
FROM clinic_client AS client WHERE id = %(client)s AND merged_into_id IS NULL
"""


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
    with connection.cursor() as cursor:
        cursor.execute(
            OPEN_VISITS_SQL,
            {"client": client.pk, "open": [state.value for state in OPEN], "now": now},
        )
        row = cursor.fetchone()
    if row is None:
        raise AlreadyChanged
    return cast(int, row[0])


def check_client_may_book(client: Client, place: LocationFacts, open_visits: int) -> None:
    """Raise `NotBookable` unless a client may book one more single visit alone."""
    if client.adult_declared_at is None:
        raise NotBookable(_("Please tell us first that you are 18 or over."))
    if open_visits >= place.max_single_visits:
        raise NotBookable(
            _("You have %(count)s visits booked already. Please call us to book more.")
            % {"count": open_visits}
        )
