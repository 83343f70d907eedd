"""When practitioners work: weekly wall-clock hours, and dates that differ."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.domain.roster import DatedHours, WeeklyHours
from clinic.models.people import Practitioner
from clinic.models.places import Location


class Weekday(models.IntegerChoices):
    """ISO weekdays."""

    MONDAY = 1, _("Monday")
    TUESDAY = 2, _("Tuesday")
    WEDNESDAY = 3, _("Wednesday")
    THURSDAY = 4, _("Thursday")
    FRIDAY = 5, _("Friday")
    SATURDAY = 6, _("Saturday")
    SUNDAY = 7, _("Sunday")


class RosterHours(models.Model):
    """Hours that a practitioner works at a location on a weekday, in the location's time.

    `ends` 00:00 means midnight at the end of the day; `valid_to` is the last valid day.
    """

    practitioner = models.ForeignKey(
        Practitioner,
        on_delete=models.CASCADE,
        related_name="roster_hours",
        verbose_name=_("practitioner"),
    )
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="roster_hours", verbose_name=_("location")
    )
    weekday = models.PositiveSmallIntegerField(
        _("weekday"),
        choices=Weekday.choices,
        validators=[MinValueValidator(1), MaxValueValidator(7)],
    )
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("to"))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to (last day)"), null=True, blank=True)

    class Meta:
        verbose_name = _("weekly hours")
        verbose_name_plural = _("weekly hours")
        constraints = [
            models.CheckConstraint(
                name="roster_hours_weekday_iso", condition=Q(weekday__gte=1, weekday__lte=7)
            ),
            models.CheckConstraint(
                name="roster_hours_end_after_start",
                condition=Q(ends__gt=F("starts")) | Q(ends="00:00"),
            ),
            models.CheckConstraint(
                name="roster_hours_valid_in_order",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}-{self.ends:%H:%M}"

    @property
    def hours(self) -> WeeklyHours:
        """The row as a value of the domain."""
        return WeeklyHours(self.weekday, self.starts, self.ends, self.valid_from, self.valid_to)


class RosterException(models.Model):
    """Hours of one date, in place of the weekly hours of that date at that location.

    Both times empty: not working there that day. Several rows of a date add up.
    """

    practitioner = models.ForeignKey(
        Practitioner,
        on_delete=models.CASCADE,
        related_name="roster_exceptions",
        verbose_name=_("practitioner"),
    )
    location = models.ForeignKey(
        Location,
        on_delete=models.PROTECT,
        related_name="roster_exceptions",
        verbose_name=_("location"),
    )
    date = models.DateField(_("date"))
    starts = models.TimeField(_("from"), null=True, blank=True)
    ends = models.TimeField(_("to"), null=True, blank=True)

    class Meta:
        verbose_name = _("dated hours")
        verbose_name_plural = _("dated hours")
        constraints = [
            models.CheckConstraint(
                name="roster_exception_both_times_or_none",
                condition=Q(starts__isnull=True, ends__isnull=True)
                | Q(starts__isnull=False, ends__gt=F("starts"))
                | Q(starts__isnull=False, ends="00:00"),
            )
        ]

    def __str__(self) -> str:
        if self.starts is None or self.ends is None:
            return f"{self.date}: -"
        return f"{self.date} {self.starts:%H:%M}-{self.ends:%H:%M}"

    @property
    def hours(self) -> DatedHours:
        """The row as a value of the domain."""
        return DatedHours(self.date, self.starts, self.ends)
