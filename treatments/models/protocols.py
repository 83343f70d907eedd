"""Protocols: the recipes of courses."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.models import Service
from treatments.domain.spacing import GapRule


class Protocol(models.Model):
    """How many sessions a course has, which services they are, and what follows.

    The gaps between sessions stand in its phases; a course copies all figures when it
    starts, so editing a protocol changes no running course.
    """

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    summary = models.CharField(_("one line"), max_length=200)
    sessions = models.PositiveSmallIntegerField(
        _("sessions"), default=10, validators=[MinValueValidator(1), MaxValueValidator(30)]
    )
    first_service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="+", verbose_name=_("first session")
    )
    follow_up_service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="+", verbose_name=_("later sessions")
    )
    maintenance_service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="+", verbose_name=_("maintenance visits")
    )
    maintenance_weeks = models.PositiveSmallIntegerField(
        _("maintenance every (weeks)"),
        default=12,
        validators=[MinValueValidator(4), MaxValueValidator(26)],
    )
    event_margin_days = models.PositiveSmallIntegerField(
        _("days between the last session and an event"),
        default=10,
        validators=[MinValueValidator(7), MaxValueValidator(60)],
        help_text=_("A bruise may need a week."),
    )
    position = models.PositiveSmallIntegerField(_("position in lists"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("protocol")
        verbose_name_plural = _("protocols")
        constraints = [
            models.CheckConstraint(
                name="protocol_sessions_1_to_30", condition=Q(sessions__gte=1, sessions__lte=30)
            ),
            models.CheckConstraint(
                name="protocol_maintenance_4_to_26_weeks",
                condition=Q(maintenance_weeks__gte=4, maintenance_weeks__lte=26),
            ),
            models.CheckConstraint(
                name="protocol_event_margin_7_or_more", condition=Q(event_margin_days__gte=7)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProtocolPhase(models.Model):
    """The figures of the gaps from number `from_gap` on, until the next phase; local days.

    Gap n lies between sessions n and n + 1. The database holds their order.
    """

    protocol = models.ForeignKey(
        Protocol, on_delete=models.CASCADE, related_name="phases", verbose_name=_("protocol")
    )
    from_gap = models.PositiveSmallIntegerField(
        _("from gap"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(29)],
        help_text=_("1 is the gap between the first and the second session."),
    )
    floor_days = models.PositiveSmallIntegerField(
        _("never less than (days)"), default=5, validators=[MinValueValidator(1)]
    )
    min_days = models.PositiveSmallIntegerField(_("recommended from (days)"), default=7)
    target_days = models.PositiveSmallIntegerField(_("aimed at (days)"), default=7)
    max_days = models.PositiveSmallIntegerField(_("recommended to (days)"), default=14)
    ceiling_days = models.PositiveSmallIntegerField(
        _("never more than (days)"), default=28, validators=[MaxValueValidator(180)]
    )

    class Meta:
        verbose_name = _("phase")
        verbose_name_plural = _("phases")
        constraints = [
            models.UniqueConstraint(
                fields=["protocol", "from_gap"], name="protocol_phase_once_a_gap"
            ),
            models.CheckConstraint(
                name="protocol_phase_days_in_order",
                condition=Q(
                    from_gap__gte=1,
                    floor_days__gte=1,
                    floor_days__lte=F("min_days"),
                    min_days__lte=F("target_days"),
                    target_days__lte=F("max_days"),
                    max_days__lte=F("ceiling_days"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_gap}: {self.min_days}-{self.max_days}"

    def rule(self) -> GapRule:
        """Return the figures as a value of the domain."""
        return GapRule(
            floor_days=self.floor_days,
            min_days=self.min_days,
            target_days=self.target_days,
            max_days=self.max_days,
            ceiling_days=self.ceiling_days,
        )
