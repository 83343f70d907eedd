"""Appointments, the history of their states, and requests that made them."""

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import OPEN, State
from clinic.domain.segments import SegmentPlan, from_json
from clinic.models import AppendOnly, Client, Location, Practitioner, Room, Service

ONE_REQUEST = "booking_request_once_a_user"
"""Name of the unique constraint of a sender's keys; its violation is the refusal `KeyReused`."""

STATE_LABELS = {
    State.HELD: _("Held"),
    State.BOOKED: _("Booked"),
    State.ARRIVED: _("Arrived"),
    State.IN_SESSION: _("In session"),
    State.COMPLETED: _("Completed"),
    State.CANCELLED: _("Cancelled"),
    State.NO_SHOW: _("Did not come"),
    State.NOT_TREATED: _("Not treated"),
    State.EXPIRED: _("Hold ran out"),
}


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    """Filters named after what the clinic says."""

    def with_people(self) -> "AppointmentQuerySet":
        """Join what every page shows of a visit."""
        return self.select_related("client", "practitioner", "location", "room", "service")

    def upcoming(self, now: datetime) -> "AppointmentQuerySet":
        """Visits that wait for their end and have not ended yet."""
        return self.filter(state__in=OPEN, ends_at__gt=now)

    def left_open(self, now: datetime) -> "AppointmentQuerySet":
        """Visits of the past whose end nobody recorded."""
        return self.filter(state__in=OPEN, ends_at__lte=now)


AppointmentManager = models.Manager.from_queryset(AppointmentQuerySet)


class Appointment(models.Model):
    """One visit of one client, or a slot held while a form is filled in.

    `starts_at` and `ends_at` are the first and last client minute (UTC, half-open);
    the room may be held longer, for turnover. `segments` is a copy of the service's
    segments as they were at booking. `version` rises when start, practitioner,
    location or cancellation changes, which takes back a promise to come
    (`promised_version`). What the visit takes is in `Reservation`; the
    database holds the rest of its shape in the constraints below.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(
        Client,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="appointments",
        verbose_name=_("client"),
    )
    practitioner = models.ForeignKey(
        Practitioner,
        on_delete=models.PROTECT,
        related_name="appointments",
        verbose_name=_("practitioner"),
    )
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("location")
    )
    room = models.ForeignKey(
        Room, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("room")
    )
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("service")
    )
    segments = models.JSONField(_("segments"))
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    state = models.CharField(
        _("state"), max_length=12, choices=[(s.value, STATE_LABELS[s]) for s in State]
    )
    version = models.PositiveIntegerField(_("version"), default=0)
    held_until = models.DateTimeField(_("held until"), null=True, blank=True)
    hold_extended = models.BooleanField(_("hold extended"), default=False)
    any_practitioner = models.BooleanField(_("any practitioner asked for"), default=False)
    in_series = models.BooleanField(
        _("part of a series"),
        default=False,
        help_text=_("Booked with others at once, as a course; not one of the single visits."),
    )
    client_moves = models.PositiveSmallIntegerField(_("moves made by the client"), default=0)
    changed_by_clinic = models.BooleanField(_("changed by the clinic"), default=False)
    cancelled_late = models.BooleanField(_("cancelled late"), default=False)
    cancelled_by_client = models.BooleanField(_("cancelled by the client"), default=False)
    promised_at = models.DateTimeField(_("said “I'll be there” at"), null=True, blank=True)
    promised_version = models.PositiveIntegerField(_("of version"), null=True, blank=True)
    created_at = models.DateTimeField(_("made at"))

    objects = AppointmentManager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        indexes = [
            models.Index(fields=["location", "starts_at"], name="appointment_day"),
            models.Index(fields=["client", "starts_at"], name="appointment_of_client"),
            models.Index(fields=["practitioner", "starts_at"], name="appointment_of_practitioner"),
            models.Index(
                fields=["held_until"], name="appointment_holds", condition=Q(state="held")
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="appointment_state_known", condition=Q(state__in=[s.value for s in State])
            ),
            models.CheckConstraint(
                name="appointment_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="appointment_held_until_only_when_held",
                condition=Q(state__in=["held", "expired"], held_until__isnull=False)
                | (~Q(state__in=["held", "expired"]) & Q(held_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="appointment_has_client_once_booked",
                condition=Q(state__in=["held", "expired"]) | Q(client__isnull=False),
            ),
            models.CheckConstraint(
                name="appointment_late_only_when_cancelled",
                condition=Q(state="cancelled") | Q(cancelled_late=False, cancelled_by_client=False),
            ),
            models.CheckConstraint(
                name="appointment_promised_whole",
                condition=Q(promised_at__isnull=True, promised_version__isnull=True)
                | Q(promised_at__isnull=False, promised_version__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.state}"

    @property
    def plan(self) -> tuple[SegmentPlan, ...]:
        """The visit's segments as values of the domain."""
        return from_json(self.segments)

    @property
    def location_zone(self) -> ZoneInfo:
        """The zone in which the visit takes place. Needs `location` loaded."""
        return ZoneInfo(self.location.zone)

    @property
    def is_promised(self) -> bool:
        """Whether the client has said "I'll be there" to the visit as it stands now."""
        return self.promised_version == self.version

    @property
    def state_now(self) -> State:
        """The state as a value of the domain."""
        return State(self.state)


class StatusChange(AppendOnly):
    """One change of an appointment's state."""

    appointment = models.ForeignKey(
        Appointment,
        on_delete=models.PROTECT,
        related_name="status_changes",
        verbose_name=_("appointment"),
    )
    from_state = models.CharField(_("from"), max_length=12, blank=True)
    to_state = models.CharField(_("to"), max_length=12)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("change of state")
        verbose_name_plural = _("changes of state")

    def __str__(self) -> str:
        return f"{self.from_state} -> {self.to_state}"


class BookingRequest(models.Model):
    """A request to book, by its sender's key: sent twice, it books once.

    The database holds: one row per sender and key.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="booking_requests",
        verbose_name=_("sent by"),
    )
    key = models.CharField(_("key"), max_length=255)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    appointment = models.ForeignKey(
        Appointment, on_delete=models.CASCADE, null=True, verbose_name=_("appointment")
    )
    created_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("booking request")
        verbose_name_plural = _("booking requests")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name=ONE_REQUEST)]

    def __str__(self) -> str:
        return self.key


class ChangeRequest(models.Model):
    """A client's wish to move a visit too late to move it alone; reception answers it.

    The database holds: at most one open wish per visit.
    """

    class Outcome(models.TextChoices):
        MOVED = "moved", _("moved")
        KEPT = "kept", _("kept as it was")
        CANCELLED = "cancelled", _("cancelled")

    appointment = models.ForeignKey(
        Appointment,
        on_delete=models.CASCADE,
        related_name="change_requests",
        verbose_name=_("appointment"),
    )
    wish = models.CharField(_("when would suit you"), max_length=300)
    created_at = models.DateTimeField(_("asked at"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, blank=True)

    class Meta:
        verbose_name = _("request to move")
        verbose_name_plural = _("requests to move")
        constraints = [
            models.UniqueConstraint(
                fields=["appointment"],
                condition=Q(answered_at__isnull=True),
                name="change_request_one_open_a_visit",
            ),
            models.CheckConstraint(
                name="change_request_answered_whole",
                condition=Q(answered_at__isnull=True, outcome="")
                | (Q(answered_at__isnull=False) & ~Q(outcome="")),
            ),
        ]

    def __str__(self) -> str:
        return self.wish
