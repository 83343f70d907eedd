"""The links that go out with a visit."""

from typing import NamedTuple

from bookings.models import Appointment
from clinic.messaging.links import Act, link_url


class VisitLinks(NamedTuple):
    """Addresses at which a client answers without signing in."""

    promise: str
    move: str
    cancel: str


def visit_links(appointment: Appointment) -> VisitLinks:
    """Return the links of a visit as it stands now, good until it begins."""
    last = appointment.starts_at
    return VisitLinks(
        *(
            link_url(act, appointment.pk, appointment.version, last)
            for act in (Act.PROMISE, Act.MOVE, Act.CANCEL)
        )
    )
