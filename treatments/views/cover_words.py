"""Why a visit needs cover, in words for staff."""

from django.utils.translation import gettext as _

from bookings.domain.cover import CoverReason
from bookings.models import Appointment


def cover_words(reason: CoverReason, visit: Appointment) -> str:
    """Say why a visit can't be treated as it is booked. Needs its people loaded."""
    named = {
        "name": visit.practitioner.name,
        "room": visit.room.name,
        "place": visit.location.name,
        "service": visit.service.name,
    }
    words = {
        CoverReason.PAPERS: _("Papers not valid on that day"),
        CoverReason.LEFT: _("%(name)s takes no bookings any more"),
        CoverReason.SHUT: _("Location closed: %(place)s takes no bookings any more"),
        CoverReason.CLOSED: _("%(place)s is closed then"),
        CoverReason.AWAY: _("%(name)s is away then"),
        CoverReason.ROOM: _("%(room)s can't be used then"),
        CoverReason.NOT_OFFERED: _("%(name)s does not offer “%(service)s” any more"),
        CoverReason.HOURS: _("Outside the hours of %(name)s"),
        CoverReason.RENEWAL: _("Papers run out before; renewal expected"),
    }
    return words[reason] % named
