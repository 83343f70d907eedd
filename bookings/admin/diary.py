"""The diary as a list to search; changes go through the day's own pages."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment, ChangeRequest, StatusChange
from clinic.admin.parts import ReadOnly
from clinic.formatting import short_day, time_of_day


@admin.register(Appointment)
class AppointmentAdmin(ReadOnly, admin.ModelAdmin):
    """All visits, to search and to filter."""

    list_display = ("local_start", "client", "service", "practitioner", "room", "state", "page")
    list_display_links = ("local_start",)
    list_filter = ("location", "state", "service", "practitioner", "cancelled_late")
    list_select_related = ("client", "service", "practitioner", "location", "room")
    search_fields = ("client__name", "client__email", "client__phone")
    search_help_text = _("The client's name, e-mail or phone")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at", "pk")
    show_full_result_count = False
    fields: ClassVar[Any] = (
        ("local_start", "state", "page"),
        ("client", "service"),
        ("practitioner", "location", "room"),
        ("client_moves", "changed_by_clinic"),
        ("cancelled_late", "cancelled_by_client"),
        ("any_practitioner", "version", "created_at"),
        "public_id",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appointment]:
        """Leave out holds, which come and go."""
        rows: QuerySet[Appointment] = super().get_queryset(request)
        return rows.exclude(state__in=["held", "expired"])

    @admin.display(description=_("when"), ordering="starts_at")
    def local_start(self, visit: Appointment) -> str:
        """The start on the clock of the location, short enough for a column."""
        zone = ZoneInfo(visit.location.zone)
        local = visit.starts_at.astimezone(zone)
        return f"{short_day(local.date())} {local.year}, {time_of_day(local, zone)}"

    @admin.display(description=_("its page"))
    def page(self, visit: Appointment) -> SafeString:
        """The way to where it can be moved and cancelled."""
        return format_html(
            '<a href="{}">{}</a>', reverse("visit", args=[visit.public_id]), _("open")
        )


@admin.register(StatusChange)
class StatusChangeAdmin(ReadOnly, admin.ModelAdmin):
    """What happened to visits, by whom; nobody can alter it."""

    list_display = ("at", "client", "from_state", "to_state", "by", "reason")
    list_filter = ("to_state",)
    list_select_related = ("appointment__client", "by")
    search_fields = ("appointment__client__name", "by__email", "reason")
    date_hierarchy = "at"
    ordering = ("-at", "-pk")
    show_full_result_count = False

    @admin.display(description=_("client"))
    def client(self, change: StatusChange) -> str:
        """Whose visit it was."""
        return str(change.appointment.client or "")


@admin.register(ChangeRequest)
class ChangeRequestAdmin(ReadOnly, admin.ModelAdmin):
    """Wishes to move a visit, and what came of them."""

    list_display = ("created_at", "client", "wish", "outcome", "answered_by", "answered_at")
    list_filter = ("outcome",)
    list_select_related = ("appointment__client", "answered_by")
    search_fields = ("appointment__client__name", "wish")
    ordering = ("-created_at", "-pk")

    @admin.display(description=_("client"))
    def client(self, wish: ChangeRequest) -> str:
        """Whose wish it is."""
        return str(wish.appointment.client or "")
