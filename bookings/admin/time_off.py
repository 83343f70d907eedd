"""Time off, blocked time and closures, through the services that reserve what is free."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookings.forms.admin import TimeOffForm, zone_of
from bookings.models import TimeOff
from bookings.services.time_off import end_time_off, take_time_off, visits_inside
from clinic.admin.parts import PlainChoices, RefusalsAsErrors, signed_in
from clinic.formatting import day_and_year, time_of_day, when
from clinic.refusals import AlreadyChanged
from clinic.services.transactions import violated_constraint

SHOWN = 10


@admin.register(TimeOff)
class TimeOffAdmin(PlainChoices, RefusalsAsErrors):
    """Who is away and what is closed; visits that are booked there stay, and are named."""

    form = TimeOffForm
    list_display = ("shown_span", "kind", "whose", "name")
    list_filter = ("kind", "location", "practitioner", "room")
    list_select_related = ("practitioner", "room__location", "location")
    search_fields = ("name", "practitioner__name", "location__name", "room__name")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at", "pk")
    autocomplete_fields = ("practitioner", "room", "location")
    fieldsets = (
        (None, {"fields": ("kind", "name")}),
        (_("Who or what"), {"fields": ("practitioner", "room", "location")}),
        (
            _("When"),
            {"fields": (("first_date", "first_time"), ("last_date", "last_time"), "clock_of")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[TimeOff]:
        """Bring along the rosters, which say whose clock to show."""
        rows: QuerySet[TimeOff] = super().get_queryset(request)
        return rows.prefetch_related("practitioner__roster_hours__location")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Take the time off, and name the visits in its way."""
        try:
            take_time_off(time_off=obj, by=signed_in(request))
        except IntegrityError as error:
            if violated_constraint(error) != "closure_once_a_location":
                raise
            raise AlreadyChanged from error
        self._warn(request, obj)

    def delete_model(self, request: HttpRequest, obj: TimeOff) -> None:
        """End one time off."""
        end_time_off(time_off=obj, by=signed_in(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[TimeOff]) -> None:
        """End several, all or none."""
        with transaction.atomic():
            for time_off in queryset.order_by("pk"):
                end_time_off(time_off=time_off, by=signed_in(request))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name what ends; its reservations go with it and need no permission of their own."""
        shown = [f"{self.shown_span(time_off)}: {time_off}" for time_off in objs]
        return shown, {str(TimeOff._meta.verbose_name_plural): len(shown)}, set(), []

    @admin.display(description=_("when"), ordering="starts_at")
    def shown_span(self, time_off: TimeOff) -> str:
        """The days, or the hours, on the clock of the place."""
        zone = _clock(time_off)
        starts, ends = time_off.starts_at.astimezone(zone), time_off.ends_at.astimezone(zone)
        if starts.date() == ends.date():
            span = f"{time_of_day(starts, zone)} - {time_of_day(ends, zone)}"
            return f"{day_and_year(starts.date())}, {span}"
        if (ends - starts).days == 1 and starts.hour == ends.hour == 0:
            return day_and_year(starts.date())
        return f"{when(starts, zone, with_year=True)} - {when(ends, zone, with_year=True)}"

    @admin.display(description=_("who or what"))
    def whose(self, time_off: TimeOff) -> str:
        """The practitioner, the room or the location."""
        if time_off.room is not None:
            return f"{time_off.room.location}, {time_off.room}"
        return str(time_off.practitioner or time_off.location)

    def _warn(self, request: HttpRequest, time_off: TimeOff) -> None:
        visits = visits_inside(time_off)
        if not visits:
            return
        zone = zone_of(time_off)
        named = "; ".join(
            f"{when(visit.starts_at, zone)} {visit.client.name if visit.client else ''}"
            for visit in visits[:SHOWN]
        )
        words = ngettext(
            "%(count)s visit is booked inside it and stays until you move or cancel it: %(named)s",
            "%(count)s visits are booked inside it and stay until you move or cancel them: "
            "%(named)s",
            len(visits),
        ) % {"count": len(visits), "named": named}
        self.message_user(request, words, messages.WARNING)


def _clock(time_off: TimeOff) -> ZoneInfo:
    """Return the zone to show a row in, from what the list brought along."""
    place = time_off.location or (time_off.room.location if time_off.room else None)
    if place is None and time_off.practitioner is not None:
        hours = sorted(time_off.practitioner.roster_hours.all(), key=lambda row: row.pk)
        place = hours[0].location if hours else None
    return ZoneInfo(place.zone if place is not None else "UTC")
