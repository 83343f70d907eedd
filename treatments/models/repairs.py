"""Proposed repairs: what the system offers after a session was lost."""

import datetime as dt
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment
from treatments.models.courses import Course


@dataclass(frozen=True, slots=True)
class RepairStep:
    """One session that a proposed repair changes; `was` is its booked start, None if it is new."""

    number: int
    starts_at: dt.datetime
    practitioner_id: int
    was: dt.datetime | None

    @property
    def moves(self) -> bool:
        """Whether a booked visit gets another start."""
        return self.was is not None and self.was != self.starts_at


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """What a proposed repair changes, in order of number.

    `closes_ranks`: the booked visits after the loss become one session earlier each, and
    the new visit comes last; `steps` count anew then. `longer` are the sessions before
    which the gap passes its ceiling, which a loss excuses.
    """

    steps: tuple[RepairStep, ...] = ()
    longer: tuple[int, ...] = ()
    closes_ranks: bool = False

    @property
    def dates_changed(self) -> int:
        """How many booked visits get another start."""
        return sum(step.moves for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON."""
        return {
            "steps": [
                {
                    **asdict(step),
                    "starts_at": step.starts_at.isoformat(),
                    "was": step.was.isoformat() if step.was else None,
                }
                for step in self.steps
            ],
            "longer": list(self.longer),
            "closes_ranks": self.closes_ranks,
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> "RepairPlan":
        """Return a plan from its JSON."""
        return cls(
            steps=tuple(
                RepairStep(
                    number=step["number"],
                    starts_at=dt.datetime.fromisoformat(step["starts_at"]),
                    practitioner_id=step["practitioner_id"],
                    was=dt.datetime.fromisoformat(step["was"]) if step["was"] else None,
                )
                for step in row["steps"]
            ),
            longer=tuple(row["longer"]),
            closes_ranks=row["closes_ranks"],
        )


class Repair(models.Model):
    """A course lost a session (no-show, cancelled by the clinic, not treated): what instead.

    Written with the loss, in the same transaction, and `wanted`. Then planned outside it:
    `open`, with the replacement visit held (`hold`) until `expires_at` and the sessions that
    the new plan changes in `plan` (JSON of `RepairPlan`); or `failed`
    when no plan exists. It ends `accepted`, `released` (by somebody, or run out), or
    `obsolete` when the course was changed otherwise. At most one waits a course.
    """

    class State(models.TextChoices):
        WANTED = "wanted", _("to be planned")
        OPEN = "open", _("waits for an answer")
        FAILED = "failed", _("no plan found")
        ACCEPTED = "accepted", _("accepted")
        RELEASED = "released", _("released")
        OBSOLETE = "obsolete", _("no longer needed")

    class Cause(models.TextChoices):
        NO_SHOW = "no_show", _("did not come")
        CANCELLED = "cancelled", _("cancelled by the clinic")
        NOT_TREATED = "not_treated", _("not treated")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="repairs", verbose_name=_("course")
    )
    number = models.PositiveSmallIntegerField(_("session"))
    cause = models.CharField(_("because"), max_length=12, choices=Cause.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    hold = models.OneToOneField(
        Appointment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="repair",
        verbose_name=_("held visit"),
    )
    plan = models.JSONField(_("plan"), default=list)
    course_version = models.PositiveIntegerField(_("version of the course"), default=0)
    made_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("kept until"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )

    class Meta:
        verbose_name = _("proposed repair")
        verbose_name_plural = _("proposed repairs")
        constraints = [
            models.UniqueConstraint(
                fields=["course"],
                condition=Q(state__in=["wanted", "open", "failed"]),
                name="repair_one_waits_a_course",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course_id}: {self.state}"

    WAITING = (State.WANTED, State.OPEN, State.FAILED)
    """States in which it waits for somebody."""

    @property
    def planned(self) -> RepairPlan:
        """The plan as a value; empty until it was made."""
        return RepairPlan.from_json(self.plan) if self.plan else RepairPlan()
