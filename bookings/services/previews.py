"""What was looked at before a change: a mark of it, and the refusal when it is not so any more."""

import hashlib
from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment
from clinic.refusals import AlreadyChanged


class PreviewChanged(AlreadyChanged):
    """Hours, time off or visits are not as they were when somebody looked; nothing is saved."""

    message = _("The diary changed while you looked, so nothing is saved yet. Look once more.")


def mark_of(*parts: object, visits: Iterable[Appointment]) -> str:
    """Return a mark that is another one once the parts or any of the visits are others."""
    seen = [(visit.pk, visit.version, visit.state) for visit in visits]
    return hashlib.sha256(repr((parts, seen)).encode()).hexdigest()
