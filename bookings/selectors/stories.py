"""What happened at a visit: its states, its needles and their time, told in one line."""

from bookings.models import Appointment, NeedleChange, RetentionChange, StatusChange

Change = StatusChange | NeedleChange | RetentionChange


def story_of(visit: Appointment) -> list[Change]:
    """Return what happened to a visit and with its needles, the first thing first."""
    story: list[Change] = []
    for rows in (visit.status_changes, visit.needle_changes, visit.retention_changes):
        story += rows.select_related("by").order_by("at", "pk")
    return sorted(story, key=lambda change: change.at)
