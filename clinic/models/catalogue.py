"""The version of everything that slot search reads and that seldom changes."""

import uuid

from django.db import models


class CatalogueVersion(models.Model):
    """One row whose value changes, by trigger, with any change of what can be booked.

    Locations, rooms, services, segments, practitioners, lanes and rosters are read into
    one snapshot per process, which is good as long as this value is the one it was read
    under. The value is random, so that a rolled-back change can't lend its number to
    another one. See `clinic.selectors.catalogue`.
    """

    version = models.UUIDField(default=uuid.uuid4)

    class Meta:
        verbose_name = "catalogue version"

    def __str__(self) -> str:
        return str(self.version)
