"""Why a visit can't be booked, moved or changed."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bookings.selectors.slots import Slot
from clinic.refusals import Refusal


class SlotTaken(Refusal):
    """The slot is not free (any more); `alternatives` are the nearest that are."""

    code = "slot_taken"
    status = 409
    message = _("That time has just gone.")

    def __init__(
        self, message: str | Promise | None = None, alternatives: Sequence[Slot] = ()
    ) -> None:
        super().__init__(message)
        self.alternatives = list(alternatives)


class NotBookable(Refusal):
    """This visit can't be booked by this person, whatever the time."""

    code = "not_bookable"
    message = _("This visit can't be booked online. Please call us.")


class NotQualified(Refusal):
    """Nobody asked for has valid papers for this service on that date."""

    code = "not_qualified"
    message = _("This practitioner can't be booked for this visit on that date.")


class OutsideNotice(Refusal):
    """The start is too soon."""

    code = "outside_notice"
    message = _("That is too soon to book online. Please choose a later time or call us.")


class BeyondHorizon(Refusal):
    """The start is further ahead than bookings are taken."""

    code = "beyond_horizon"
    message = _("We do not take bookings that far ahead yet.")


class TooLateToChange(Refusal):
    """The client may not change the visit alone any more."""

    code = "too_late_to_change"
    message = _(
        "It is too late to change this visit online. Ask us, and we will see what we can do."
    )


class KeyReused(Refusal):
    """The same idempotency key came with another request."""

    code = "key_reused"
    message = _("This key was used for another request.")
