"""Models of time: appointments, needles, reservations, time off."""

from bookings.models.appointments import (
    ONE_REQUEST,
    STATE_LABELS,
    Appointment,
    BookingRequest,
    ChangeRequest,
    StatusChange,
)
from bookings.models.needling import NeedleChange, Needling, RetentionChange
from bookings.models.reservations import NO_OVERLAP, Reservation, TimeOff

__all__ = [
    "NO_OVERLAP",
    "ONE_REQUEST",
    "STATE_LABELS",
    "Appointment",
    "BookingRequest",
    "ChangeRequest",
    "NeedleChange",
    "Needling",
    "Reservation",
    "RetentionChange",
    "StatusChange",
    "TimeOff",
]
