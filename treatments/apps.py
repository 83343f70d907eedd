"""The top app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TreatmentsConfig(AppConfig):
    """Courses, maintenance, demo data."""

    name = "treatments"
    verbose_name = _("Treatments")

    def ready(self) -> None:
        """Let managers use the admin, once the models of all apps are known."""
        from clinic.permissions import let_managers_use_the_admin
        from treatments.services.following import follow_visits

        let_managers_use_the_admin()
        follow_visits()
