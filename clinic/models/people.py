"""Practitioners and clients."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from clinic.models.resources import Reservable, Resource


class Practitioner(Reservable):
    """Someone who treats. The resource is their hands; lanes cap how many lie in treatment.

    Each has at least one lane, made on the first save; more are given through
    `bookings.services.lanes.set_lanes`, which keeps the rule for visits booked already.
    """

    resource_kind = Resource.Kind.HANDS

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="practitioner",
        verbose_name=_("login"),
    )
    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    pronouns = models.CharField(_("pronouns"), max_length=40, blank=True)
    headline = models.CharField(_("one line"), max_length=140, blank=True)
    profile = models.TextField(_("profile"), blank=True)
    languages = ArrayField(
        models.CharField(max_length=40), verbose_name=_("languages"), default=list, blank=True
    )
    services = models.ManyToManyField(
        "clinic.Service", blank=True, related_name="practitioners", verbose_name=_("offers")
    )
    is_active = models.BooleanField(_("takes bookings"), default=True)

    class Meta:
        verbose_name = _("practitioner")
        verbose_name_plural = _("practitioners")

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, with the first lane for a new practitioner."""
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if is_new:
            Lane.objects.create(practitioner=self, number=1)


class Lane(Reservable):
    """A place in a practitioner's care: n lanes, at most n clients in treatment at once."""

    resource_kind = Resource.Kind.LANE

    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, related_name="lanes", verbose_name=_("practitioner")
    )
    number = models.PositiveSmallIntegerField(_("number"))

    class Meta:
        verbose_name = _("lane")
        verbose_name_plural = _("lanes")
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner", "number"], name="lane_number_once_a_practitioner"
            ),
            models.CheckConstraint(name="lane_number_from_one", condition=models.Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return str(self.number)


class Client(Reservable):
    """Someone who comes for treatment; entered by reception, or through an own login.

    A record without a login can be claimed by a code sent to its e-mail address. A
    record that was merged points to the one that goes on. The marks are for staff only
    and carry no reason.
    """

    resource_kind = Resource.Kind.CLIENT

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="client",
        null=True,
        blank=True,
        verbose_name=_("login"),
    )
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"), blank=True, db_index=True)
    phone = PhoneNumberField(_("phone"), blank=True)
    adult_declared_at = models.DateTimeField(
        _("declared to be 18 or over at"), null=True, blank=True
    )
    needs_step_free = models.BooleanField(_("needs a step-free room"), default=False)
    never_overlap = models.BooleanField(
        _("never overlap"),
        default=False,
        help_text=_("The practitioner has nobody else in treatment meanwhile."),
    )
    no_needling_before = models.DateField(_("no needling before"), null=True, blank=True)
    no_needling_until_cleared = models.BooleanField(_("no needling until cleared"), default=False)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged_records",
        verbose_name=_("merged into"),
    )
    created_at = models.DateTimeField(_("entered at"), auto_now_add=True)

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        indexes = [models.Index(fields=["name"], name="client_by_name")]
        constraints = [
            models.CheckConstraint(
                name="client_merged_has_no_login",
                condition=models.Q(merged_into__isnull=True) | models.Q(user__isnull=True),
            ),
            models.CheckConstraint(
                name="client_not_merged_into_itself",
                condition=models.Q(merged_into__isnull=True)
                | ~models.Q(merged_into=models.F("id")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]
