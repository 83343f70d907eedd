"""Locations, closed on public holidays; rooms, which closures hold for."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookings.admin.warnings import WarnsOfVisits
from bookings.forms.admin import LocationWithVisitsForm
from bookings.services.time_off import close_on_public_holidays, lock_rooms, open_room
from clinic.admin import LocationAdmin, RoomAdmin
from clinic.admin.parts import signed_in
from clinic.models import Location, Room
from clinic.refusals import Refusal

admin.site.unregister([Location, Room])


@admin.register(Location)
class LocationWithVisitsAdmin(WarnsOfVisits, LocationAdmin):
    """Locations with their public holidays."""

    visits_by = "location"
    form = LocationWithVisitsForm
    actions = ("close_this_year", "close_next_year")

    def lock(self, request: HttpRequest, object_id: str) -> None:
        """Lock the rooms for another zone: a booking comes before it, and keeps it, or after."""
        place = self.get_object(request, object_id)
        if place is not None and request.POST.get("zone") != place.zone:
            lock_rooms(location=place)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Tell the form what time it is."""
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"now": timezone.now()})

    def words_of_visits(self, obj: Any, count: int) -> str:
        """Say how many visits stay, and lead to where they are covered."""
        words = ngettext(
            "Nothing new can be booked there. %(count)s visit stays and is on the cover list.",
            "Nothing new can be booked there. %(count)s visits stay and are on the cover list.",
            count,
        ) % {"count": count}
        link = '{} <a href="{}">{}</a>'
        return format_html(link, words, reverse("cover"), _now("Look at the cover list"))

    @admin.action(description=_("Close on this year's public holidays"), permissions=["change"])
    def close_this_year(self, request: HttpRequest, queryset: QuerySet[Location]) -> None:
        """Make the closures of this year."""
        self._close(request, queryset, timezone.now().year)

    @admin.action(description=_("Close on next year's public holidays"), permissions=["change"])
    def close_next_year(self, request: HttpRequest, queryset: QuerySet[Location]) -> None:
        """Make the closures of next year."""
        self._close(request, queryset, timezone.now().year + 1)

    def _close(self, request: HttpRequest, places: QuerySet[Location], year: int) -> None:
        for place in places:
            try:
                made = close_on_public_holidays(location=place, year=year, by=signed_in(request))
            except (Refusal, NotImplementedError) as error:
                self.message_user(request, f"{place.name}: {error}", messages.ERROR)
                continue
            words = _now(
                "%(place)s: %(count)s closures made for %(year)s. Change them under time off."
            ) % {"place": place.name, "count": len(made), "year": year}
            self.message_user(request, words, messages.SUCCESS if made else messages.INFO)


@admin.register(Room)
class RoomWithVisitsAdmin(WarnsOfVisits, RoomAdmin):
    """Rooms; closures of the location hold for a new one too."""

    visits_by = "room"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and make closures hold for a room that is new."""
        super().save_model(request, obj, form, change)
        if not change:
            open_room(room=obj, now=timezone.now())
