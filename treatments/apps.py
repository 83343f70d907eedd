"""The top app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TreatmentsConfig(AppConfig):
    """Courses, maintenance, demo data."""

    name = "treatments"
    verbose_name = _("Treatments")

    def ready(self) -> None:
        """Join what apps below can't know of, once the models of all apps are known."""
        from bookings.hooks import (
            course_places,
            offered_times,
            untold_changes,
            visits_in_question,
        )
        from clinic.permissions import let_managers_use_the_admin
        from treatments.messages.kinds import register_messages
        from treatments.selectors.courses import places_in_courses
        from treatments.selectors.offered import offered_among, offered_time_of
        from treatments.services.cover_offers import follow_offered_visits
        from treatments.services.cover_telling import untold_by_cover
        from treatments.services.following import follow_visits

        let_managers_use_the_admin()
        # In the order of the locks: an offer's row comes before its course's.
        follow_offered_visits()
        follow_visits()
        register_messages()
        course_places.register(places_in_courses)
        offered_times.register(offered_time_of)
        visits_in_question.register(offered_among)
        untold_changes.register(untold_by_cover)
