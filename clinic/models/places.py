"""Where the clinic works: locations with their policies, and rooms."""

import zoneinfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Mod
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from clinic.models.resources import Reservable, Resource


def validate_zone(name: str) -> None:
    """Refuse a name that is not an IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("“%(zone)s” is not a time zone. Use a name such as America/New_York."),
            params={"zone": name},
        )


def validate_grid_minutes(minutes: int) -> None:
    """Refuse minutes that do not fit the five-minute grid of the diary."""
    if minutes % 5:
        raise ValidationError(
            _("%(minutes)s is not a multiple of 5. The diary works in steps of 5 minutes."),
            params={"minutes": minutes},
        )


class Location(models.Model):
    """One address of the clinic, with its time zone and its booking policies."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    address = models.CharField(_("address"), max_length=200)
    phone = PhoneNumberField(_("phone"))
    email = models.EmailField(_("e-mail"))
    zone = models.CharField(
        _("time zone"),
        max_length=60,
        validators=[validate_zone],
        help_text=_("IANA name, such as America/New_York. Rosters are wall-clock hours in it."),
    )
    directions = models.TextField(_("how to find us"), blank=True)
    holiday_country = models.CharField(
        _("country of public holidays"), max_length=2, default="US", help_text=_("Two letters.")
    )
    holiday_subdivision = models.CharField(
        _("state or region of public holidays"), max_length=8, blank=True
    )
    is_active = models.BooleanField(_("open for booking"), default=True)
    slot_step_minutes = models.PositiveSmallIntegerField(
        _("start times every (minutes)"),
        default=15,
        validators=[validate_grid_minutes, MinValueValidator(5), MaxValueValidator(240)],
        help_text=_("Times that touch another visit are offered besides."),
    )
    minimum_notice_minutes = models.PositiveIntegerField(
        _("shortest notice (minutes)"), default=120
    )
    horizon_days = models.PositiveSmallIntegerField(
        _("bookable ahead (days)"),
        default=365,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
    )
    late_change_hours = models.PositiveSmallIntegerField(
        _("late change window (hours)"),
        default=24,
        help_text=_("Inside it a client's cancellation counts as late, and moving is a request."),
    )
    max_client_moves = models.PositiveSmallIntegerField(
        _("moves a client may make per visit"), default=3
    )
    max_single_visits = models.PositiveSmallIntegerField(
        _("future single visits per client"), default=3
    )
    hold_minutes = models.PositiveSmallIntegerField(
        _("hold while booking (minutes)"), default=10, validators=[MinValueValidator(1)]
    )

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        constraints = [
            models.CheckConstraint(
                name="location_slot_step_on_grid",
                condition=models.Q(Exact(Mod("slot_step_minutes", 5), 0))
                & models.Q(slot_step_minutes__gte=5),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Room(Reservable):
    """A treatment room. It serves the services that it is equipped for."""

    resource_kind = Resource.Kind.ROOM

    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="rooms", verbose_name=_("location")
    )
    name = models.CharField(_("name"), max_length=60)
    services = models.ManyToManyField(
        "clinic.Service", blank=True, related_name="rooms", verbose_name=_("serves")
    )
    is_step_free = models.BooleanField(_("step-free"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [
            models.UniqueConstraint(fields=["location", "name"], name="room_name_once_a_location")
        ]

    def __str__(self) -> str:
        return self.name
