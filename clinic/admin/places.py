"""Locations with their policies, and rooms."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.db.models import Count, QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from clinic.admin.credentials import RequirementInline
from clinic.admin.parts import NoDelete, PlainChoices, RefusalsAsErrors
from clinic.admin.readiness import location_steps, shown
from clinic.forms.admin import LocationForm
from clinic.models import Location, Room, Service


@admin.register(Location)
class LocationAdmin(RefusalsAsErrors):
    """Where the clinic works."""

    form = LocationForm
    list_display = ("name", "address", "zone", "rooms_in_use", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "address")
    ordering = ("name", "pk")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("readiness",)
    inlines = (RequirementInline,)
    fieldsets = (
        (None, {"fields": ("name", "slug", "is_active")}),
        (_("Before visits can be booked"), {"fields": ("readiness",)}),
        (
            _("Where it is"),
            {"fields": ("address", "directions", "zone", "phone", "email")},
        ),
        (
            _("Booking"),
            {
                "fields": (
                    ("slot_step_minutes", "hold_minutes"),
                    ("minimum_notice_minutes", "horizon_days"),
                    ("late_change_hours", "max_client_moves", "max_single_visits"),
                )
            },
        ),
        (
            _("Public holidays"),
            {"fields": (("holiday_country", "holiday_subdivision"),)},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Location]:
        """Count the rooms with the rows."""
        rows: QuerySet[Location] = super().get_queryset(request)
        return rows.annotate(room_count=Count("rooms"))

    def response_add(self, request: HttpRequest, obj: Any, *more: Any) -> HttpResponse:
        """Lead from a new location to what is left to do."""
        response = super().response_add(request, obj, *more)
        if "_save" not in request.POST or IS_POPUP_VAR in request.POST:
            return response
        return redirect("admin:clinic_location_change", obj.pk)

    @admin.display(description=_("what is there, what is missing"))
    def readiness(self, place: Location | None) -> str:
        """What is left to do until visits can be booked."""
        if place is None or place.pk is None:
            return _now("Once this is saved, it says here what is left to do.")
        return shown(location_steps(place, timezone.now()))

    @admin.display(description=_("rooms"), ordering="room_count")
    def rooms_in_use(self, location: Any) -> int:
        """How many rooms there are."""
        return int(location.room_count)


@admin.register(Room)
class RoomAdmin(NoDelete, PlainChoices, RefusalsAsErrors):
    """Rooms and what they are equipped for."""

    list_display = ("name", "location", "is_step_free", "serves", "is_active")
    list_filter = ("location", "is_step_free", "is_active")
    list_select_related = ("location",)
    search_fields = ("name", "location__name")
    ordering = ("location__name", "name", "pk")
    fields = ("location", "name", "services", "is_step_free", "is_active")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        """Count the services with the rows."""
        rows: QuerySet[Room] = super().get_queryset(request)
        return rows.annotate(service_count=Count("services"))

    def get_readonly_fields(self, request: HttpRequest, obj: Room | None = None) -> tuple[str, ...]:
        """A room does not change its address: its visits are there."""
        return ("location",) if obj is not None else ()

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer the services as ticks, in list order."""
        return as_ticks(super().formfield_for_manytomany, db_field, request, **kwargs)

    @admin.display(description=_("services"), ordering="service_count")
    def serves(self, room: Any) -> int:
        """How many services the room is equipped for."""
        return int(room.service_count)


def as_ticks(formfield: Any, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
    """Return a field of services with one tick each."""
    kwargs["widget"] = CheckboxSelectMultiple
    kwargs["queryset"] = Service.objects.order_by("position", "pk")
    field = formfield(db_field, request, **kwargs)
    field.help_text = ""
    return field
