"""The top app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TreatmentsConfig(AppConfig):
    """Courses, maintenance, demo data."""

    name = "treatments"
    verbose_name = _("Treatments")
