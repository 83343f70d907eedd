"""The app of booked time."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingsConfig(AppConfig):
    """Slots, appointments, time off."""

    name = "bookings"
    verbose_name = _("Bookings")

    def ready(self) -> None:
        """Make the messages about visits known."""
        from bookings.messages.kinds import register_messages

        register_messages()
