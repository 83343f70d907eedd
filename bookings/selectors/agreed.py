"""What was agreed on the clock of a location, and so keeps its zone."""

from datetime import datetime

from django.db.models import Q

from bookings.domain.lifecycle import OPEN, State
from bookings.models import Appointment, TimeOff
from clinic.models import Location


def visits_ahead_at(location: Location, now: datetime) -> int:
    """Count the visits that are not over, and the times that somebody holds. One query."""
    kept = Q(state__in=OPEN) | Q(state=State.HELD, held_until__gt=now)
    return Appointment.objects.filter(kept, location=location, ends_at__gt=now).count()


def time_off_ahead_at(location: Location, now: datetime) -> bool:
    """Tell whether the location, or one of its rooms, is closed some time ahead. One query."""
    there = Q(location=location) | Q(room__location=location)
    return TimeOff.objects.filter(there, ends_at__gt=now).exists()
