"""What a client does by a link in a message, without signing in.

Whoever calls these has checked the link's signature: it stands for the client of that visit
and for nobody else. The history names no login and says that it was a link.
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import State
from bookings.hooks import course_places
from bookings.models import Appointment
from bookings.refusals import NotBookable, TooLateToChange
from bookings.services.cancelling import cancel_allowed
from bookings.services.moving import move_allowed
from clinic.refusals import AlreadyChanged
from clinic.selectors.catalogue import Catalogue

BY_LINK = _("By a link in a message")


class NeedsSignIn(NotBookable):
    """Another time hangs together with other visits, which a link must not show."""

    code = "needs_sign_in"
    status = 409
    message = _("This visit can't be moved by a link. Please sign in, or call us.")


def promise_by_link(*, appointment: Appointment, now: datetime) -> Appointment:
    """Keep that a client has said "I'll be there" to a visit as it was read.

    Said again, it changes nothing; a visit that moves takes it back. Raises
    `TooLateToChange` once the visit has begun, and `AlreadyChanged`.
    """
    if now >= appointment.starts_at:
        raise TooLateToChange
    if appointment.is_promised:
        return appointment
    changed = Appointment.objects.filter(
        pk=appointment.pk, state=State.BOOKED, version=appointment.version
    ).update(promised_at=now, promised_version=appointment.version)
    if not changed:
        raise AlreadyChanged
    appointment.promised_at, appointment.promised_version = now, appointment.version
    return appointment


def cancel_by_link(*, appointment: Appointment, now: datetime) -> Appointment:
    """Cancel a visit as its client; of a course, that session alone. As `cancel_appointment`."""
    return cancel_allowed(
        appointment=appointment, by_client=True, by=None, now=now, reason=str(BY_LINK)
    )


def move_by_link(
    *,
    appointment: Appointment,
    starts_at: datetime,
    practitioner_id: int | None,
    catalogue: Catalogue,
    now: datetime,
) -> Appointment:
    """Move a visit as its client. Raises as `move_appointment`, and `NeedsSignIn`."""
    if not stands_alone(appointment):
        raise NeedsSignIn
    return move_allowed(
        appointment=appointment,
        starts_at=starts_at,
        practitioner_id=practitioner_id,
        catalogue=catalogue,
        by_client=True,
        by=None,
        now=now,
        reason=str(BY_LINK),
    )


def stands_alone(appointment: Appointment) -> bool:
    """Tell whether a visit may be moved by itself: it is no session of a course that runs."""
    place = course_places.of([appointment]).get(appointment.pk)
    return place is None or not place.can_change
