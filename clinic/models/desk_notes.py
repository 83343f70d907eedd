"""Notes about a client for the front desk."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models.people import Client


class DeskNote(models.Model):
    """What the desk should know of a client ("comes by wheelchair taxi"); nothing about health.

    A note is not edited: a mistaken one is taken down, and stays in the database. The
    database holds: taken down whole (when and by whom).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="desk_notes", verbose_name=_("client")
    )
    text = models.CharField(_("note"), max_length=300)
    written_at = models.DateTimeField(_("written at"))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("written by"),
    )
    removed_at = models.DateTimeField(_("taken down at"), null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("taken down by"),
    )

    class Meta:
        verbose_name = _("note for the front desk")
        verbose_name_plural = _("notes for the front desk")
        constraints = [
            models.CheckConstraint(
                name="desk_note_removed_whole",
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.text
