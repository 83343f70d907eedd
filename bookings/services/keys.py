"""Requests to book that are sent twice: their key, kept with the visit that they made.

The key goes in with the visit, in the same transaction, so nothing has to be asked before.
Whatever refuses a twin (its own slot is taken, its key is there) is answered with that visit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError

from bookings.models import ONE_REQUEST, Appointment, BookingRequest
from bookings.refusals import KeyReused
from clinic.models import User
from clinic.services.transactions import violated_constraint


def request_of(
    appointment: Appointment, *, by: User, key: str, fingerprint: str, now: datetime
) -> BookingRequest:
    """Return the row of a request that made a visit, to be written with it."""
    return BookingRequest(
        user=by, key=key, fingerprint=fingerprint, appointment=appointment, created_at=now
    )


def request_made(*, by: User, key: str, fingerprint: str) -> Appointment | None:
    """Return the visit that an earlier request with this key made; None if there is none.

    Raises `KeyReused` if the key belongs to another request.
    """
    rows = BookingRequest.objects.select_related("appointment").filter(user=by, key=key)
    found = rows.first()
    if found is not None and found.fingerprint != fingerprint:
        raise KeyReused
    return found.appointment if found is not None else None


@contextmanager
def refusing_reused_keys() -> Iterator[None]:
    """Turn the violation of "one request for each key" into `KeyReused`."""
    try:
        yield
    except IntegrityError as error:
        if violated_constraint(error) == ONE_REQUEST:
            raise KeyReused from error
        raise
