"""Reservations: the rule that prevents every double booking; and time off."""

from collections.abc import Iterable

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.fields.ranges import BigIntegerRangeField, RangeStartsWith
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, Func, Q, Value
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from bookings.models.appointments import Appointment
from clinic.domain.intervals import Interval
from clinic.models import Location, Practitioner, Resource, Room

NO_OVERLAP = "reservation_no_overlap"
"""Name of the exclusion constraint; its violation is the refusal `SlotTaken`."""


def one_resource() -> Func:
    """Return the resource's id as a range of one, which core GiST can index."""
    return Func(
        F("resource_id"),
        F("resource_id"),
        Value("[]"),
        function="int8range",
        output_field=BigIntegerRangeField(),
    )


class TimeOff(models.Model):
    """Time in which a practitioner is away, a room is blocked or a location is closed.

    It reserves all that is free inside `[starts_at, ends_at)`: hands and lanes of the
    practitioner, the room, or every room of the location. Visits booked there already
    stay until somebody deals with them; when one leaves, the time off takes the gap.
    Written through `bookings.services.time_off` only.
    """

    class Kind(models.TextChoices):
        AWAY = "away", _("time off")
        BLOCKED = "blocked", _("blocked time")
        CLOSURE = "closure", _("closure")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    practitioner = models.ForeignKey(
        Practitioner,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="time_off",
        verbose_name=_("practitioner"),
    )
    room = models.ForeignKey(
        Room,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="time_off",
        verbose_name=_("room"),
    )
    location = models.ForeignKey(
        Location,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="closures",
        verbose_name=_("location"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    name = models.CharField(_("name"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("time off")
        verbose_name_plural = _("time off")
        indexes = [models.Index(fields=["starts_at", "ends_at"], name="time_off_span")]
        constraints = [
            models.CheckConstraint(
                name="time_off_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="time_off_of_one_thing",
                condition=Q(
                    kind__in=["away", "blocked"],
                    practitioner__isnull=False,
                    room__isnull=True,
                    location__isnull=True,
                )
                | Q(
                    kind="blocked",
                    practitioner__isnull=True,
                    room__isnull=False,
                    location__isnull=True,
                )
                | Q(
                    kind="closure",
                    practitioner__isnull=True,
                    room__isnull=True,
                    location__isnull=False,
                ),
            ),
            models.UniqueConstraint(
                fields=["location", "starts_at", "ends_at"],
                condition=Q(kind="closure"),
                name="closure_once_a_location",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.get_kind_display())


class ReservationQuerySet(models.QuerySet["Reservation"]):
    """Filters in the form that the constraint's own GiST index answers."""

    def of_resources(self, resource_ids: Iterable[int]) -> "ReservationQuerySet":
        """Reservations of those resources; plain `resource_id =` would read the whole index."""
        is_one_of = RawSQL(
            "int8range(bookings_reservation.resource_id, bookings_reservation.resource_id, '[]')"
            " && %s::int8multirange",
            [as_multirange(resource_ids)],
            output_field=models.BooleanField(),
        )
        return self.filter(is_one_of)

    def overlapping(self, during: Interval) -> "ReservationQuerySet":
        """Reservations that share time with an interval."""
        return self.filter(during__overlap=DateTimeTZRange(during.starts_at, during.ends_at, "[)"))


def as_multirange(resource_ids: Iterable[int]) -> str:
    """Return ids as the text of an int8multirange: 1, 2, 3, 7 -> {[1,3],[7,7]}."""
    spans: list[list[int]] = []
    for number in sorted(set(resource_ids)):
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return "{" + ",".join(f"[{first},{last}]" for first, last in spans) + "}"


ReservationManager = models.Manager.from_queryset(ReservationQuerySet)


class Reservation(models.Model):
    """One resource is taken for `during` by one visit or one time off.

    The database holds: no two reservations of a resource overlap (exclusion
    constraint); `during` is bounded and never empty; `held_until` is set only while
    the visit is a hold (searches ignore rows past it, writers delete them).
    """

    resource = models.ForeignKey(
        Resource, on_delete=models.PROTECT, db_index=False, related_name="reservations"
    )
    during = DateTimeRangeField()
    appointment = models.ForeignKey(
        Appointment, on_delete=models.CASCADE, null=True, related_name="reservations"
    )
    time_off = models.ForeignKey(
        TimeOff, on_delete=models.CASCADE, null=True, related_name="reservations"
    )
    held_until = models.DateTimeField(null=True)

    objects = ReservationManager()

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        indexes = [
            # What a search reads, without the table (migration 0007).
            models.Index(
                F("resource"),
                RangeStartsWith("during"),
                name="reservation_from",
                include=("during", "appointment", "held_until"),
            )
        ]
        constraints = [
            ExclusionConstraint(
                name=NO_OVERLAP,
                expressions=[
                    (one_resource(), RangeOperators.OVERLAPS),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="reservation_for_one_thing",
                condition=Q(appointment__isnull=False, time_off__isnull=True)
                | Q(appointment__isnull=True, time_off__isnull=False, held_until__isnull=True),
            ),
            models.CheckConstraint(
                name="reservation_during_bounded",
                condition=Q(
                    during__isempty=False,
                    during__lower_inf=False,
                    during__upper_inf=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} {self.during}"
