"""Say what still hangs on something that was taken out of use."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import ngettext

from bookings.models import Appointment
from clinic.admin.parts import switched_off


class WarnsOfVisits(admin.ModelAdmin):
    """Warns when something with visits ahead is switched off; they stay booked."""

    visits_by: str

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and count the visits that stay."""
        super().save_model(request, obj, form, change)
        if not change or not switched_off(form, obj):
            return
        ahead = Appointment.objects.upcoming(timezone.now()).filter(**{self.visits_by: obj})
        count = ahead.count()
        if count:
            self.message_user(request, self.words_of_visits(obj, count), messages.WARNING)

    def words_of_visits(self, obj: Any, count: int) -> str:
        """Say how many visits stay."""
        return _words(count)


def _words(count: int) -> str:
    return ngettext(
        "Nothing new can be booked there. %(count)s visit stays: move or cancel it on its page.",
        "Nothing new can be booked there. %(count)s visits stay: move or cancel them on "
        "their pages.",
        count,
    ) % {"count": count}
