"""What was done to courses, by whom, when and why."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.models import AppendOnly
from treatments.models.courses import Course


class CourseStep(AppendOnly):
    """One thing that somebody did to a course as a whole; never altered.

    `number` is the session it was about, if it was about one; what became of the visits
    stands in their own histories.
    """

    class Kind(models.TextChoices):
        MOVE = "move", _("Session moved")
        CANCEL = "cancel", _("Session cancelled")
        PAUSE = "pause", _("Paused")
        BOOK = "book", _("Missing sessions booked")
        LENGTH = "length", _("Number of sessions changed")
        GAP = "gap", _("Longer gap allowed")
        FINISH = "finish", _("Finished early")
        STOP = "stop", _("Stopped")

    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, related_name="steps", verbose_name=_("course")
    )
    kind = models.CharField(_("what"), max_length=8, choices=Kind.choices)
    number = models.PositiveSmallIntegerField(_("session"), null=True, blank=True)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    reason = models.CharField(_("why"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("step of a course")
        verbose_name_plural = _("steps of courses")

    def __str__(self) -> str:
        return f"{self.course_id}: {self.kind}"
