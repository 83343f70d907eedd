"""Courses, their sessions, and which visits were meant to be which session."""

import uuid
from datetime import date

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment
from clinic.models import Client, Location, Practitioner, Service
from treatments.domain.spacing import GapRule, Pause
from treatments.domain.wishes import Wishes
from treatments.models.protocols import Protocol
from treatments.models.values import phases_from_json, wishes_from_json


class CourseQuerySet(models.QuerySet["Course"]):
    """Filters named after what the clinic says."""

    def running(self) -> "CourseQuerySet":
        """Courses that were neither completed nor stopped."""
        return self.filter(ended_at=None)

    def with_people(self) -> "CourseQuerySet":
        """Join what every page shows of a course."""
        return self.select_related(
            "client", "protocol", "practitioner", "location", "first_service", "follow_up_service"
        )


CourseManager = models.Manager.from_queryset(CourseQuerySet)


class Course(models.Model):
    """A client's course of treatment, with the figures of its protocol as they were.

    `phases` are the gaps' figures, `wishes` what the client asked for (JSON of the values
    in `treatments/models/values.py`). `done_before` sessions were done before the course
    was entered here, the last on `last_done_date`. `practitioner` is the main one, null
    for any. How far it has come is derived from its visits; only its end is stored.
    `version` rises with every change, so that nobody changes what they have not seen.
    """

    class Ending(models.TextChoices):
        COMPLETED = "completed", _("completed")
        STOPPED = "stopped", _("stopped")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="courses", verbose_name=_("client")
    )
    protocol = models.ForeignKey(
        Protocol, on_delete=models.PROTECT, related_name="courses", verbose_name=_("protocol")
    )
    name = models.CharField(_("name"), max_length=80)
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="courses", verbose_name=_("location")
    )
    practitioner = models.ForeignKey(
        Practitioner,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="courses",
        verbose_name=_("main practitioner"),
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
    maintenance_weeks = models.PositiveSmallIntegerField(_("maintenance every (weeks)"))
    length = models.PositiveSmallIntegerField(
        _("sessions"), validators=[MinValueValidator(1), MaxValueValidator(30)]
    )
    phases = models.JSONField(_("gaps"))
    event_margin_days = models.PositiveSmallIntegerField(_("days before an event"))
    event_date = models.DateField(_("event"), null=True, blank=True)
    wishes = models.JSONField(_("wishes"), default=dict)
    done_before = models.PositiveSmallIntegerField(_("done before"), default=0)
    last_done_date = models.DateField(_("last of them on"), null=True, blank=True)
    version = models.PositiveIntegerField(_("version"), default=0)
    created_at = models.DateTimeField(_("planned at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ending = models.CharField(_("ended as"), max_length=10, choices=Ending.choices, blank=True)

    objects = CourseManager()

    known_pauses: tuple[Pause, ...] = ()
    """Filled in by `views_of`, so that no page asks for them course by course."""

    treated_by: frozenset[int] = frozenset()
    """The logins of those who treat in it: the main practitioner's and those of its visits.
    Filled in by `views_of`."""

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        indexes = [
            models.Index(
                fields=["client"], name="course_running", condition=Q(ended_at__isnull=True)
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="course_length_1_to_30", condition=Q(length__gte=1, length__lte=30)
            ),
            models.CheckConstraint(
                name="course_done_before_with_date",
                condition=Q(done_before=0, last_done_date__isnull=True)
                | Q(
                    done_before__gte=1,
                    done_before__lte=F("length"),
                    last_done_date__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="course_ended_whole",
                condition=Q(ended_at__isnull=True, ending="")
                | Q(ended_at__isnull=False, ending__in=["completed", "stopped"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client}: {self.name}"

    @property
    def gap_rules(self) -> tuple[GapRule, ...]:
        """The figures of every gap; one fewer than there are sessions."""
        return phases_from_json(self.phases, self.length - 1)

    @property
    def asked_for(self) -> Wishes:
        """What the client asked for, with the date by which the course is to be ready."""
        return wishes_from_json(self.wishes, ready_by=self.ready_by)

    @property
    def ready_by(self) -> date | None:
        """The last date on which the last session may be."""
        if self.event_date is None:
            return None
        return date.fromordinal(self.event_date.toordinal() - self.event_margin_days)


class CoursePause(models.Model):
    """Local dates `[first_date, end_date)` on which no session of a course may lie."""

    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="pauses", verbose_name=_("course")
    )
    first_date = models.DateField(_("from"))
    end_date = models.DateField(_("back on"))

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        constraints = [
            models.CheckConstraint(
                name="course_pause_in_order", condition=Q(end_date__gt=F("first_date"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_date} - {self.end_date}"

    def span(self) -> Pause:
        """Return the pause as a value of the domain."""
        return Pause(self.first_date, self.end_date)


class Session(models.Model):
    """Session `number` of a course. Its state is that of its visits.

    `ideal_date` is the local date that its gap's target gave when it was planned.
    `gap_excused`: the gap before it may pass its ceiling (a no-show or the clinic's
    cancellation lies in it, or staff said so, with the reason). The database holds: each
    number once a course.
    """

    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="sessions", verbose_name=_("course")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    ideal_date = models.DateField(_("ideal date"), null=True, blank=True)
    gap_excused = models.BooleanField(_("longer gap allowed"), default=False)
    gap_reason = models.CharField(_("why"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        constraints = [
            models.UniqueConstraint(
                fields=["course", "number"], name="session_number_once_a_course"
            ),
            models.CheckConstraint(name="session_number_from_one", condition=Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return str(self.number)


class SessionVisit(models.Model):
    """A visit that was meant to be a session: the attempts of one, in order of id.

    The database holds: a visit is at most one session's.
    """

    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="visits", verbose_name=_("session")
    )
    appointment = models.OneToOneField(
        Appointment,
        on_delete=models.PROTECT,
        related_name="session_visit",
        verbose_name=_("appointment"),
    )

    class Meta:
        verbose_name = _("visit of a session")
        verbose_name_plural = _("visits of sessions")

    def __str__(self) -> str:
        return str(self.appointment)
