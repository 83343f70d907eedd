"""Services and their segments, with a picture of the visit that they make."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from clinic.admin.credentials import RequirementInline
from clinic.admin.parts import RefusalsAsErrors
from clinic.domain.segments import SegmentPlan, client_minutes, problems, total_minutes
from clinic.formatting import price
from clinic.forms.admin import (
    PROBLEM_WORDS,
    SegmentForm,
    SegmentFormSet,
    ServiceForm,
    in_order,
    rows_of_preview,
)
from clinic.models import Segment, Service
from clinic.selectors.rosters import longest_working_minutes
from clinic.views.components import segment_bar


class SegmentInline(admin.TabularInline):
    """The parts of a visit in order."""

    model = Segment
    form = SegmentForm
    formset = SegmentFormSet
    extra = 0
    min_num = 1
    ordering = ("position", "pk")


@admin.register(Service)
class ServiceAdmin(RefusalsAsErrors):
    """What can be booked."""

    form = ServiceForm
    list_display = (
        "name",
        "shown_price",
        "shown_minutes",
        "bookable_by",
        "uses_needles",
        "may_overlap",
        "is_active",
    )
    list_filter = ("is_active", "bookable_by", "uses_needles")
    search_fields = ("name", "summary")
    ordering = ("position", "pk")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("preview",)
    inlines = (SegmentInline, RequirementInline)
    fieldsets = (
        (None, {"fields": ("name", "slug", "summary", "description", "is_active", "position")}),
        (_("Price"), {"fields": (("price_amount", "price_currency"),)}),
        (
            _("Booking"),
            {"fields": ("bookable_by", ("uses_needles", "may_overlap", "is_first_visit"))},
        ),
        (_("What clients read"), {"fields": ("before_text", "after_text")}),
        (_("The visit"), {"fields": ("preview",)}),
    )

    class Media:
        css = {"all": ("admin-segments.css",)}
        js = ("js/admin-segments.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Service]:
        """Bring the segments along."""
        rows: QuerySet[Service] = super().get_queryset(request)
        return rows.prefetch_related("segments")

    def get_urls(self) -> list[URLPattern]:
        """Add the preview of segments that are being typed."""
        preview = path(
            "segments-preview/",
            self.admin_site.admin_view(self.typed_preview),
            name="clinic_service_segments",
        )
        return [preview, *super().get_urls()]

    def typed_preview(self, request: HttpRequest) -> HttpResponse:
        """Answer with the picture of the segments in the page as it stands."""
        rows = list(rows_of_preview(request.POST, "segments"))
        plans = [plan for row in in_order(_validated(rows)) if (plan := row.plan())]
        return HttpResponse(picture(plans))

    @admin.display(description=_("the segments"))
    def preview(self, service: Service | None) -> SafeString:
        """The visit as a bar, and what it takes."""
        return picture(_plans(service) if service is not None and service.pk else [])

    @admin.display(description=_("price"), ordering="price_amount")
    def shown_price(self, service: Service) -> str:
        """The price in words."""
        return price(service.price_amount, service.price_currency)

    @admin.display(description=_("minutes (with the room)"))
    def shown_minutes(self, service: Service) -> str:
        """Client minutes, and all minutes."""
        plans = _plans(service)
        return f"{client_minutes(plans)} ({total_minutes(plans)})"


def picture(plans: list[SegmentPlan]) -> SafeString:
    """Return the bar of a visit with its lengths and what is wrong with it."""
    found = problems(plans, longest_working_minutes())
    context = {
        "bar": segment_bar(plans) if plans else None,
        "client_minutes": client_minutes(plans),
        "total_minutes": total_minutes(plans),
        "problems": [PROBLEM_WORDS[problem] for problem in found],
    }
    return mark_safe(render_to_string("admin/clinic/service/preview.html", context))  # noqa: S308


def _plans(service: Service) -> list[SegmentPlan]:
    rows = sorted(service.segments.all(), key=lambda segment: (segment.position, segment.pk))
    return [segment.plan() for segment in rows]


def _validated(rows: list[Any]) -> list[Any]:
    for row in rows:
        row.full_clean()
    return rows
