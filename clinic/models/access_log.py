"""Who looked at the record of a client, and who changed it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models.append_only import AppendOnly
from clinic.models.people import Client


class AccessLog(AppendOnly):
    """One look of somebody of the clinic at a client's record, or one change of it.

    Looks of one person at one page of one client are kept once in ten minutes: they carry the
    beginning of those (`window_at`), and the database holds that there is one. Changes carry
    none and are all kept.
    """

    class Kind(models.TextChoices):
        CARD = "card", _("client card")
        VISIT = "visit", _("visit")
        DETAILS = "details", _("form with the details")
        COURSE = "course", _("course")
        MESSAGES = "messages", _("messages")
        CHANGED = "changed", _("details changed")
        MERGED = "merged", _("another record merged into it")

    # Without indexes of their own: those below begin with them, and each costs every look.
    client = models.ForeignKey(
        Client,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("client"),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("by"),
    )
    kind = models.CharField(_("what"), max_length=8, choices=Kind.choices)
    at = models.DateTimeField(_("at"))
    window_at = models.DateTimeField(_("ten minutes from"), null=True, blank=True)

    class Meta:
        verbose_name = _("look at a record")
        verbose_name_plural = _("looks at records")
        indexes = [models.Index(fields=["client", "-at"], name="access_of_client")]
        constraints = [
            models.UniqueConstraint(
                fields=["by", "client", "kind", "window_at"], name="access_one_look_in_ten_minutes"
            ),
            models.CheckConstraint(
                name="access_kind_known",
                condition=Q(
                    kind__in=["card", "visit", "details", "course", "messages"],
                    window_at__isnull=False,
                )
                | Q(kind__in=["changed", "merged"], window_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
