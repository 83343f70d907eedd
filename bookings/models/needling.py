"""The needles of a visit: how many went in, how many came out."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bookings.models.appointments import Appointment
from clinic.models import AppendOnly


class Needling(models.Model):
    """The needles of one visit as they stand now; what led there stands in `NeedleChange`.

    Made when needles are in; the retention timer runs from `in_at`. The database holds: one
    row a visit; the removal is whole (number, time, person) and not before the insertion;
    `searched_at` ("searched, client told") only where the two numbers differ.
    """

    appointment = models.OneToOneField(
        Appointment,
        on_delete=models.PROTECT,
        related_name="needling",
        verbose_name=_("appointment"),
    )
    in_count = models.PositiveSmallIntegerField(_("needles in"))
    in_at = models.DateTimeField(_("in at"))
    out_count = models.PositiveSmallIntegerField(_("needles removed"), null=True, blank=True)
    out_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    searched_at = models.DateTimeField(_("searched, client told, at"), null=True, blank=True)

    class Meta:
        verbose_name = _("needles of a visit")
        verbose_name_plural = _("needles of visits")
        constraints = [
            models.CheckConstraint(
                name="needling_removed_whole",
                condition=Q(out_count__isnull=True, out_at__isnull=True)
                | Q(out_count__isnull=False, out_at__isnull=False, out_at__gte=F("in_at")),
            ),
            models.CheckConstraint(
                name="needling_searched_only_when_unequal",
                condition=Q(searched_at__isnull=True)
                | (Q(out_count__isnull=False) & ~Q(out_count=F("in_count"))),
            ),
        ]
        # The timers that run are asked for every few seconds, among all visits there ever were.
        indexes = [
            models.Index(
                fields=["in_at"], name="needling_still_in", condition=Q(out_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.in_count} in, {'-' if self.out_count is None else self.out_count} out"


class NeedleChange(AppendOnly):
    """One thing that somebody recorded about the needles of a visit."""

    class Kind(models.TextChoices):
        IN = "in", _("needles in")
        OUT = "out", _("needles removed")
        SEARCHED = "searched", _("searched, client told")
        UNDONE = "undone", _("last entry taken back")

    appointment = models.ForeignKey(
        Appointment,
        on_delete=models.PROTECT,
        related_name="needle_changes",
        verbose_name=_("appointment"),
    )
    kind = models.CharField(_("what"), max_length=8, choices=Kind.choices)
    count = models.PositiveSmallIntegerField(_("number"), null=True, blank=True)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("change of needles")
        verbose_name_plural = _("changes of needles")

    def __str__(self) -> str:
        return f"{self.kind} {self.count or ''}".strip()


class RetentionChange(AppendOnly):
    """Somebody set how long the client of one visit rests under needles."""

    appointment = models.ForeignKey(
        Appointment,
        on_delete=models.PROTECT,
        related_name="retention_changes",
        verbose_name=_("appointment"),
    )
    before_minutes = models.PositiveSmallIntegerField(_("minutes before"))
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("change of retention")
        verbose_name_plural = _("changes of retention")

    def __str__(self) -> str:
        return f"{self.before_minutes} -> {self.minutes}"
