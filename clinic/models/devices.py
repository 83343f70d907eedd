"""The clinic's own tablets, and the PINs that open a locked screen on them."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.models.places import Location


class ClinicDevice(models.Model):
    """A tablet or computer that stands in the clinic and shows rooms and alarms while locked.

    Known by a secret in its cookie, stored only as a SHA-256 hash. A revoked one is a
    stranger's.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=60)
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="devices", verbose_name=_("location")
    )
    secret_hash = models.CharField(_("secret hash"), max_length=64, unique=True)
    enrolled_at = models.DateTimeField(_("enrolled at"))
    enrolled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("enrolled by"),
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("clinic device")
        verbose_name_plural = _("clinic devices")

    def __str__(self) -> str:
        return self.name


class StaffPin(models.Model):
    """The PIN with which a member of staff opens the own locked screen on a clinic device.

    Stored as a password hash. `tries` counts wrong ones since the last right one; after too
    many the PIN opens nothing until it is set anew or the person signs in again.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="pin",
        verbose_name=_("user"),
    )
    pin_hash = models.CharField(_("PIN hash"), max_length=128)
    tries = models.PositiveSmallIntegerField(_("wrong tries"), default=0)
    set_at = models.DateTimeField(_("set at"))

    class Meta:
        verbose_name = _("PIN")
        verbose_name_plural = _("PINs")

    def __str__(self) -> str:
        return f"PIN of {self.user_id}"
