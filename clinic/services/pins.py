"""PINs of staff: set by their owner, spent after five wrong tries."""

from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clinic.domain.pins import is_guessable, is_pin
from clinic.models import StaffPin, User
from clinic.permissions import LOCK_SCREEN, require
from clinic.refusals import Refusal

MAX_TRIES = 5


class PinTooSimple(Refusal):
    """Not six digits, or six that anybody would try."""

    code = "pin_too_simple"
    message = _("Choose six digits that nobody tries first: no rows, no repeats.")


class SamePin(Refusal):
    """The PIN that the person has already."""

    code = "same_pin"
    message = _("That is the PIN you have now. Choose another one.")


class WrongPin(Refusal):
    """A wrong PIN, with tries left."""

    code = "wrong_pin"
    status = 403

    def __init__(self, tries_left: int) -> None:
        super().__init__(
            ngettext(
                "That is not your PIN. %(count)s try is left.",
                "That is not your PIN. %(count)s tries are left.",
                tries_left,
            )
            % {"count": tries_left}
        )


class PinSpent(Refusal):
    """No PIN, or one that was tried wrongly too often."""

    code = "pin_spent"
    status = 403
    message = _("Your PIN opens nothing now. Use your passkey or your password.")


def set_pin(*, user: User, pin: str, now: datetime) -> StaffPin:
    """Give a member of staff a PIN, in place of an earlier one; its tries begin anew.

    Whoever calls has made sure just now that it is this person. Raises `NotAllowed`,
    `PinTooSimple` or `SamePin`.
    """
    require(user, LOCK_SCREEN)
    if not is_pin(pin) or is_guessable(pin):
        raise PinTooSimple
    before = StaffPin.objects.filter(user=user).first()
    if before is not None and check_password(pin, before.pin_hash):
        raise SamePin
    row, _is_new = StaffPin.objects.update_or_create(
        user=user, defaults={"pin_hash": make_password(pin), "tries": 0, "set_at": now}
    )
    return row


def use_pin(*, user: User, pin: str) -> None:
    """Accept a member of staff's PIN, or raise `WrongPin` or `PinSpent`.

    Each try is counted by a conditional UPDATE of its own before the PIN is looked at, so
    guesses made at the same moment are at most `MAX_TRIES` too. Not to be called inside a
    transaction: rolled back, a wrong try would not count.
    """
    if not _claim_try(user):
        raise PinSpent
    row = StaffPin.objects.get(user=user)
    if not check_password(pin, row.pin_hash):
        if row.tries >= MAX_TRIES:
            raise PinSpent
        raise WrongPin(MAX_TRIES - row.tries)
    StaffPin.objects.filter(pk=row.pk, pin_hash=row.pin_hash).update(tries=0)


def forgive_tries(user: User) -> None:
    """Let a PIN be tried again, once its owner has shown in another way who they are."""
    StaffPin.objects.filter(user=user, tries__gt=0).update(tries=0)


def _claim_try(user: User) -> bool:
    open_pins = StaffPin.objects.filter(user=user, tries__lt=MAX_TRIES)
    return bool(open_pins.update(tries=F("tries") + 1))
