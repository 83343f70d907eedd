"""What happened at a visit: its states and its needles, told in one line."""

from bookings.models import Appointment, NeedleChange, StatusChange


def story_of(visit: Appointment) -> list[StatusChange | NeedleChange]:
    """Return what happened to a visit and with its needles, the first thing first."""
    states = visit.status_changes.select_related("by").order_by("at", "pk")
    needles = visit.needle_changes.select_related("by").order_by("at", "pk")
    story: list[StatusChange | NeedleChange] = [*states, *needles]
    return sorted(story, key=lambda change: change.at)
