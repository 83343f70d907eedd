"""Protocols with their phases."""

from itertools import groupby
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from clinic.admin.parts import NoDelete, PlainChoices
from clinic.models import Service
from treatments.domain.spacing import GapRule
from treatments.forms.protocols import PhaseForm, PhaseFormSet, ProtocolForm
from treatments.models import Protocol, ProtocolPhase
from treatments.selectors.planning import Figures


class PhaseInline(admin.TabularInline):
    """From which gap on which figures hold, in order."""

    model = ProtocolPhase
    form = PhaseForm
    formset = PhaseFormSet
    extra = 0
    min_num = 1
    ordering = ("from_gap",)


@admin.register(Protocol)
class ProtocolAdmin(NoDelete, PlainChoices, admin.ModelAdmin):
    """The recipes of courses. A course copies its figures when it begins."""

    form = ProtocolForm
    list_display = ("name", "sessions", "recipe_line", "maintenance_weeks", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "summary")
    ordering = ("position", "pk")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("recipe",)
    inlines = (PhaseInline,)
    fieldsets = (
        (None, {"fields": ("name", "slug", "summary", "is_active", "position")}),
        (
            _("Sessions"),
            {
                "fields": (
                    "sessions",
                    ("first_service", "follow_up_service"),
                    "event_margin_days",
                    "recipe",
                )
            },
        ),
        (_("Maintenance"), {"fields": (("maintenance_service", "maintenance_weeks"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Protocol]:
        """Bring the phases along."""
        rows: QuerySet[Protocol] = super().get_queryset(request)
        return rows.prefetch_related("phases")

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer the services in list order."""
        if db_field.remote_field.model is Service:
            kwargs["queryset"] = Service.objects.order_by("position", "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("gaps"))
    def recipe_line(self, protocol: Protocol) -> str:
        """The gaps in one line."""
        return "; ".join(lines_of(Figures.of(protocol).rules))

    @admin.display(description=_("the recipe"))
    def recipe(self, protocol: Protocol | None) -> SafeString | str:
        """What a course that begins now gets, as saved."""
        if protocol is None or not protocol.pk:
            return gettext("Save, and the recipe shows here.")
        rules = Figures.of(protocol).rules
        lines = [summary_of(protocol.sessions, rules), *lines_of(rules)]
        return format_html_join("", "<div>{}</div>", ((line,) for line in lines))


def summary_of(sessions: int, rules: tuple[GapRule, ...]) -> str:
    """Return how many sessions there are, and from the first to the last how long it takes."""
    count = ngettext("%(n)s session", "%(n)s sessions", sessions) % {"n": sessions}
    if not rules:
        return count
    gaps = ngettext("%(n)s gap", "%(n)s gaps", len(rules)) % {"n": len(rules)}
    days = sum(rule.target_days for rule in rules)
    span = ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    return _("%(sessions)s, %(gaps)s; %(span)s from the first to the last") % {
        "sessions": count,
        "gaps": gaps,
        "span": span,
    }


def lines_of(rules: tuple[GapRule, ...]) -> list[str]:
    """Return a line for each run of gaps with the same figures."""
    lines, first = [], 1
    for rule, run in groupby(rules):
        last = first + len(list(run)) - 1
        if first == last:
            which = _("gap %(first)s") % {"first": first}
        else:
            which = _("gaps %(first)s to %(last)s") % {"first": first, "last": last}
        figures = _(
            "%(target)s days (recommended %(min)s to %(max)s, never under %(floor)s or over"
            " %(ceiling)s)"
        ) % {
            "target": rule.target_days,
            "min": rule.min_days,
            "max": rule.max_days,
            "floor": rule.floor_days,
            "ceiling": rule.ceiling_days,
        }
        lines.append(f"{which}: {figures}")
        first = last + 1
    return lines
