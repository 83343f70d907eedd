"""What can be booked: services, each a list of segments."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Mod
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from clinic.domain.segments import SegmentPlan
from clinic.models.places import validate_grid_minutes


class Service(models.Model):
    """Something that can be booked as one visit."""

    class BookableBy(models.TextChoices):
        ANYONE = "anyone", _("anyone")
        RETURNING = "returning", _("clients after a first visit in the last 12 months")
        STAFF = "staff", _("staff only")

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    summary = models.CharField(_("one line"), max_length=160)
    description = models.TextField(_("description"), blank=True)
    price_amount = models.DecimalField(
        _("price"), max_digits=8, decimal_places=2, validators=[MinValueValidator(0)]
    )
    price_currency = models.CharField(_("currency"), max_length=3, default="USD")
    bookable_by = models.CharField(
        _("bookable by"), max_length=10, choices=BookableBy.choices, default=BookableBy.ANYONE
    )
    uses_needles = models.BooleanField(_("uses needles"), default=True)
    may_overlap = models.BooleanField(
        _("may overlap"),
        default=True,
        help_text=_("Off: the practitioner has nobody else in treatment meanwhile."),
    )
    is_first_visit = models.BooleanField(
        _("is a first visit"),
        default=False,
        help_text=_("Completing it opens the services for returning clients."),
    )
    before_text = models.TextField(_("before you come"), blank=True)
    after_text = models.TextField(_("after your visit"), blank=True)
    position = models.PositiveSmallIntegerField(_("position in lists"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        constraints = [
            models.CheckConstraint(
                name="service_price_not_negative", condition=models.Q(price_amount__gte=0)
            ),
            models.CheckConstraint(
                name="service_bookable_by_known",
                condition=models.Q(bookable_by__in=["anyone", "returning", "staff"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Segment(models.Model):
    """A part of a visit: how long, and whom it holds."""

    class Kind(models.TextChoices):
        CONSULTATION = "consultation", _("Consultation")
        INSERTION = "insertion", _("Needles in")
        RETENTION = "retention", _("Resting")
        REMOVAL = "removal", _("Needles out")
        MASSAGE = "massage", _("Massage")
        AFTERCARE = "aftercare", _("Aftercare")
        TURNOVER = "turnover", _("Room made ready")

    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, related_name="segments", verbose_name=_("service")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    minutes = models.PositiveSmallIntegerField(
        _("minutes"),
        validators=[validate_grid_minutes, MinValueValidator(5), MaxValueValidator(480)],
    )
    holds_practitioner = models.BooleanField(_("holds the practitioner"), default=True)
    holds_client = models.BooleanField(_("holds the client"), default=True)
    holds_room = models.BooleanField(_("holds the room"), default=True)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        constraints = [
            models.UniqueConstraint(
                fields=["service", "position"],
                name="segment_position_once_a_service",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                name="segment_minutes_on_grid",
                condition=models.Q(Exact(Mod("minutes", 5), 0)) & models.Q(minutes__gte=5),
            ),
            models.CheckConstraint(
                name="segment_holds_something",
                condition=models.Q(holds_practitioner=True)
                | models.Q(holds_client=True)
                | models.Q(holds_room=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.minutes} min"

    def plan(self) -> SegmentPlan:
        """Return this segment as a plain value of the domain."""
        return SegmentPlan(
            kind=self.kind,
            minutes=self.minutes,
            holds_practitioner=self.holds_practitioner,
            holds_client=self.holds_client,
            holds_room=self.holds_room,
        )
