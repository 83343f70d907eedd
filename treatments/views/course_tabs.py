"""The three lists about courses that staff look after, as tabs."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.models import User
from clinic.permissions import RUN_DESK, may

TABS = (("drifting", _("Drifting")), ("repairs", _("Proposals")), ("maintenance", _("Maintenance")))


@dataclass(frozen=True, slots=True)
class Tab:
    """One list, ready to show."""

    label: Promise
    url: str
    is_current: bool


def course_tabs(user: User, current: str) -> list[Tab]:
    """Return the lists that somebody may open; practitioners have one and so no tabs."""
    if not may(user, RUN_DESK):
        return []
    return [Tab(label, reverse(name), name == current) for name, label in TABS]
