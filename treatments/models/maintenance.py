"""Maintenance after a completed course."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models import Client, Location, Practitioner, Service
from treatments.domain.maintenance import MAX_INTERVAL_WEEKS, MIN_INTERVAL_WEEKS
from treatments.models.courses import Course


class Maintenance(models.Model):
    """A client comes back every few months, since a course was completed.

    When the next visit is due, and how far the recall has come, is derived from the visits
    (treatments/domain/maintenance.py). `paused_until` is exclusive. The database holds:
    one a course, and one at a time a client.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="maintenance", verbose_name=_("client")
    )
    course = models.OneToOneField(
        Course, on_delete=models.PROTECT, related_name="maintenance", verbose_name=_("course")
    )
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="+", verbose_name=_("visits")
    )
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="+", verbose_name=_("location")
    )
    practitioner = models.ForeignKey(
        Practitioner,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("practitioner"),
    )
    interval_weeks = models.PositiveSmallIntegerField(
        _("every (weeks)"),
        validators=[MinValueValidator(MIN_INTERVAL_WEEKS), MaxValueValidator(MAX_INTERVAL_WEEKS)],
    )
    last_date = models.DateField(
        _("course ended on"), help_text=_("Local date of the course's last visit.")
    )
    paused_until = models.DateField(_("paused until"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("maintenance")
        verbose_name_plural = _("maintenance")
        constraints = [
            models.CheckConstraint(
                name="maintenance_every_4_to_26_weeks",
                condition=Q(interval_weeks__gte=4, interval_weeks__lte=26),
            ),
            models.UniqueConstraint(
                fields=["client"],
                condition=Q(ended_at__isnull=True),
                name="maintenance_one_at_a_time_a_client",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client}: {self.interval_weeks}"
