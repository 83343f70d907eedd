"""Models of time: appointments, reservations, time off."""

from bookings.models.appointments import (
    STATE_LABELS,
    Appointment,
    BookingRequest,
    ChangeRequest,
    StatusChange,
)
from bookings.models.reservations import NO_OVERLAP, Reservation, TimeOff

__all__ = [
    "NO_OVERLAP",
    "STATE_LABELS",
    "Appointment",
    "BookingRequest",
    "ChangeRequest",
    "Reservation",
    "StatusChange",
    "TimeOff",
]
