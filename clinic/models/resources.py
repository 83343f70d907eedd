"""What can be in one place only, and therefore can be reserved."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Resource(models.Model):
    """One thing that can be taken once at a time: hands, a lane, a room or a client.

    `bookings.Reservation` points here; its exclusion constraint keeps two
    reservations of one resource from overlapping. Writers lock these rows in id
    order before they reserve (docs/architecture.md, "Lock order").
    """

    class Kind(models.TextChoices):
        HANDS = "hands", _("practitioner's hands")
        LANE = "lane", _("practitioner's lane")
        ROOM = "room", _("room")
        CLIENT = "client", _("client")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)

    class Meta:
        verbose_name = _("resource")
        verbose_name_plural = _("resources")
        constraints = [
            models.CheckConstraint(
                name="resource_kind_known",
                condition=models.Q(kind__in=["hands", "lane", "room", "client"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class Reservable(models.Model):
    """Mixin for models that stand for one `Resource`, made on the first save."""

    resource_kind: Resource.Kind

    resource = models.OneToOneField(
        Resource, on_delete=models.PROTECT, editable=False, verbose_name=_("resource")
    )

    class Meta:
        abstract = True

    def save(self, *args, **kwargs) -> None:  # type: ignore[no-untyped-def]
        """Create the resource together with the row that it stands for."""
        if self.resource_id is None:
            self.resource = Resource.objects.create(kind=self.resource_kind)
        super().save(*args, **kwargs)
