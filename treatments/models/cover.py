"""Cover: what becomes of visits that can't be treated as they are booked."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from clinic.models import Location, Practitioner, Room


class CoverPlan(models.Model):
    """One round of the cover wizard: for whom or what, what was proposed, what was applied.

    `scope` and its one thing say whose visits `[starts_at, ends_at)` are covered; the list
    takes all that need cover. A worker takes it up (`taken_at`) and solves it outside any
    request: `wanted -> ready` (or `failed`), then a person makes it `applied` or `discarded`.
    `proposal` is the JSON of the proposed assignment, `figures` what the solver and the greedy
    answer came to.
    """

    class Scope(models.TextChoices):
        PRACTITIONER = "practitioner", _("a practitioner")
        ROOM = "room", _("a room")
        LOCATION = "location", _("a location")
        LIST = "list", _("all that need cover")

    class Cause(models.TextChoices):
        ILL = "ill", _("ill")
        AWAY = "away", _("time off")
        PAPERS = "papers", _("papers")
        HOURS = "hours", _("changed hours")
        CLOSED = "closed", _("closed")

    class State(models.TextChoices):
        WANTED = "wanted", _("being worked out")
        READY = "ready", _("proposed")
        FAILED = "failed", _("could not be worked out")
        APPLIED = "applied", _("applied")
        DISCARDED = "discarded", _("discarded")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scope = models.CharField(_("for"), max_length=12, choices=Scope.choices)
    cause = models.CharField(_("because"), max_length=8, choices=Cause.choices)
    practitioner = models.ForeignKey(
        Practitioner,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("practitioner"),
    )
    room = models.ForeignKey(
        Room,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("room"),
    )
    location = models.ForeignKey(
        Location,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("location"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices)
    proposal = models.JSONField(_("proposal"), default=list)
    figures = models.JSONField(_("figures"), default=dict)
    taken_at = models.DateTimeField(_("taken up at"), null=True, blank=True)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("made by"),
    )
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("settled by"),
    )

    class Meta:
        verbose_name = _("cover plan")
        verbose_name_plural = _("cover plans")
        indexes = [
            models.Index(fields=["made_at"], name="cover_plan_wanted", condition=Q(state="wanted"))
        ]
        constraints = [
            models.CheckConstraint(
                name="cover_plan_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="cover_plan_of_one_thing",
                condition=Q(
                    scope="practitioner",
                    practitioner__isnull=False,
                    room__isnull=True,
                    location__isnull=True,
                )
                | Q(
                    scope="room",
                    practitioner__isnull=True,
                    room__isnull=False,
                    location__isnull=True,
                )
                | Q(
                    scope="location",
                    practitioner__isnull=True,
                    room__isnull=True,
                    location__isnull=False,
                )
                | Q(
                    scope="list",
                    practitioner__isnull=True,
                    room__isnull=True,
                    location__isnull=True,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}: {self.state}"


class CoverOfferQuerySet(models.QuerySet["CoverOffer"]):
    """Filters named after what the clinic says."""

    def open(self) -> "CoverOfferQuerySet":
        """Offers that wait for an answer, of visits that still are as they were then."""
        return self.filter(state="open", version=F("appointment__version")).filter(
            appointment__state=State.BOOKED
        )

    def overtaken(self) -> "CoverOfferQuerySet":
        """Offers that wait although their visits have changed."""
        as_they_were = Q(version=F("appointment__version"), appointment__state=State.BOOKED)
        return self.filter(~as_they_were, state="open")


CoverOfferManager = models.Manager.from_queryset(CoverOfferQuerySet)


class CoverOffer(models.Model):
    """Another time that the clinic offers to a client whose visit can't be treated as booked.

    The visit stays as it is (version `version`) until the client answers; the new time is
    held (`hold`) until `expires_at`. It ends `accepted`, `declined` by the client, `expired`,
    or `obsolete` when the visit was changed otherwise; whoever did not accept stands on the
    call list. The database holds: at most one open offer a visit.
    """

    class State(models.TextChoices):
        OPEN = "open", _("waits for an answer")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("ran out")
        OBSOLETE = "obsolete", _("no longer needed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    plan = models.ForeignKey(
        CoverPlan, on_delete=models.PROTECT, related_name="offers", verbose_name=_("cover plan")
    )
    appointment = models.ForeignKey(
        Appointment,
        on_delete=models.PROTECT,
        related_name="cover_offers",
        verbose_name=_("visit"),
    )
    version = models.PositiveIntegerField(_("of version"))
    hold = models.OneToOneField(
        Appointment,
        on_delete=models.PROTECT,
        related_name="offered_for",
        verbose_name=_("held visit"),
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    made_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("kept until"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )

    objects = CoverOfferManager()

    class Meta:
        verbose_name = _("offered time")
        verbose_name_plural = _("offered times")
        constraints = [
            models.UniqueConstraint(
                fields=["appointment"],
                condition=Q(state="open"),
                name="cover_offer_one_open_a_visit",
            ),
            models.CheckConstraint(
                name="cover_offer_answered_once_settled",
                condition=Q(state="open", answered_at__isnull=True)
                | (~Q(state="open") & Q(answered_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appointment_id}: {self.state}"
