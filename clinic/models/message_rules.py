"""When messages go out: figures that managers may change."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

WEEK_MINUTES = 7 * 24 * 60
LONGEST_MINUTES = 26 * WEEK_MINUTES


class MessageRule(models.Model):
    """One timing: `minutes` after (below zero: before) what its kind counts from.

    Counted from: a visit's start; the day on which a course's next session or a maintenance
    visit falls due; midnight of the day for the day list. The rows stand there from the start
    with the defaults of `DEFAULT_RULES`; a manager changes figures or switches one off.
    """

    name = models.SlugField(_("name"), unique=True)
    title = models.CharField(_("what is sent"), max_length=120)
    minutes = models.IntegerField(
        _("minutes after"),
        validators=[MinValueValidator(-LONGEST_MINUTES), MaxValueValidator(LONGEST_MINUTES)],
        help_text=_("Below zero: before. 1440 is a day."),
    )
    is_active = models.BooleanField(_("is sent"), default=True)

    class Meta:
        verbose_name = _("message rule")
        verbose_name_plural = _("message rules")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.title
