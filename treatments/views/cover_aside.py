"""Set a proposal aside: whether the time off that goes with it stays, and what is said then."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from clinic.formatting import plain_date
from clinic.models import User
from clinic.selectors.catalogue import Catalogue
from treatments.models import CoverPlan
from treatments.services.cover_planning import discard_cover
from treatments.services.cover_starting import discard_with_time_off, time_off_of
from treatments.views.cover_scopes import dates_of_plan

ASIDE = ("discard", "discard-off")
"""The acts that set a plan aside: the time off stays, or ends with it."""


@dataclass(frozen=True, slots=True)
class Aside:
    """What is asked about the time off before a plan is set aside."""

    words: str
    keep: str
    end: str


def aside_of(plan: CoverPlan, facts: Catalogue) -> Aside | None:
    """Return what to ask; None where no time off hangs on the plan. One query."""
    if time_off_of(plan) is None:
        return None
    if plan.practitioner is not None:
        return Aside(
            _off_words(plan, facts),
            _("Set aside, keep the time off"),
            _("Set aside, end the time off"),
        )
    return Aside(
        _off_words(plan, facts), _("Set aside, keep it closed"), _("Set aside, open it again")
    )


def set_aside(plan: CoverPlan, act: str, by: User, now: datetime) -> str:
    """Set a plan aside, and say what became of the time off."""
    had_time_off = time_off_of(plan) is not None
    if act == "discard-off" and had_time_off:
        discard_with_time_off(plan=plan, by=by, now=now)
        return _(
            "The proposal is set aside and the time off is taken back. No visit was changed: "
            "they take place as booked."
        )
    discard_cover(plan=plan, by=by, now=now)
    if had_time_off:
        return _(
            "The proposal is set aside. The time off stays, so its visits stand on the cover list."
        )
    return _("The proposal is set aside. No visit was changed.")


def _off_words(plan: CoverPlan, facts: Catalogue) -> str:
    first, last = dates_of_plan(plan, facts)
    thing = plan.practitioner or plan.room or plan.location
    said = {"name": str(thing), "from": plain_date(first), "to": plain_date(last)}
    if plan.practitioner is not None:
        if first == last:
            return _("%(name)s is entered as away on %(from)s.") % said
        return _("%(name)s is entered as away from %(from)s to %(to)s.") % said
    if first == last:
        return _("%(name)s is entered as closed on %(from)s.") % said
    return _("%(name)s is entered as closed from %(from)s to %(to)s.") % said
