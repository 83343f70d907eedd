"""Practitioners with their lanes: how many clients they have in treatment at once."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookings.admin.warnings import WarnsOfVisits
from bookings.domain.cover import CoverReason
from bookings.forms.admin import PractitionerLanesForm
from bookings.models import Appointment
from bookings.selectors.cover_needed import cover_needed
from bookings.services.lanes import LanesNeeded, set_lanes
from bookings.services.rosters import lock_hours
from clinic.admin import PractitionerAdmin
from clinic.admin.parts import signed_in
from clinic.formatting import when
from clinic.models import Practitioner
from clinic.refusals import Refusal
from clinic.selectors.catalogue import catalogue

SHOWN = 10

admin.site.unregister(Practitioner)


@admin.register(Practitioner)
class PractitionerWithLanesAdmin(WarnsOfVisits, PractitionerAdmin):
    """Practitioners. A change of lanes keeps the rule for the visits that are booked."""

    visits_by = "practitioner"
    form = PractitionerLanesForm
    list_display = ("name", "headline", "spoken", "lane_count", "user", "is_active")
    fieldsets = (
        *PractitionerAdmin.fieldsets,
        (_("Side by side"), {"fields": ("lanes_wanted",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Practitioner]:
        """Count the lanes with the rows."""
        rows: QuerySet[Practitioner] = super().get_queryset(request)
        return rows.annotate(lane_total=Count("lanes", distinct=True))

    def lock(self, request: HttpRequest, object_id: str) -> None:
        """Lock hands and lanes, and look at which visits lie outside the hours already."""
        person = self.get_object(request, object_id)
        if person is not None:
            lock_hours(practitioner=person, by=signed_in(request))
            request.outside_before = _outside(person)  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the roster, and count the visits that lie outside it now."""
        super().save_related(request, form, formsets, change)
        before: frozenset[int] = getattr(request, "outside_before", frozenset())
        count = len(_outside(form.instance) - before) if change else 0
        if count:
            self.message_user(request, _outside_words(count), messages.WARNING)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and give the practitioner the lanes that were asked for."""
        super().save_model(request, obj, form, change)
        wanted = form.cleaned_data["lanes_wanted"]
        if wanted != obj.lanes.count():
            now = timezone.now()
            set_lanes(practitioner=obj, lanes=wanted, by=signed_in(request), now=now)

    def field_of_refusal(self, refusal: Refusal) -> str | None:
        """Lanes are what a save can be refused for."""
        return "lanes_wanted"

    def words_of(self, refusal: Refusal) -> list[str]:
        """Name the visits that need more places."""
        words = super().words_of(refusal)
        if isinstance(refusal, LanesNeeded):
            words += [_named(visit) for visit in _with_people(refusal.in_the_way[:SHOWN])]
        return words

    @admin.display(description=_("at once"), ordering="lane_total")
    def lane_count(self, person: Any) -> int:
        """How many clients lie in treatment at once."""
        return int(person.lane_total)


def _outside(person: Practitioner) -> frozenset[int]:
    needs = cover_needed(catalogue(), timezone.now(), practitioner_id=person.pk)
    return frozenset(need.visit.pk for need in needs if need.reason is CoverReason.HOURS)


def _outside_words(count: int) -> SafeString:
    words = ngettext(
        "%(count)s visit lies outside the hours now and stays booked.",
        "%(count)s visits lie outside the hours now and stay booked.",
        count,
    ) % {"count": count}
    link = '{} <a href="{}">{}</a>'
    return format_html(link, words, reverse("cover"), _("Look at the cover list"))


def _with_people(visits: list[Appointment]) -> list[Appointment]:
    ids = [visit.pk for visit in visits]
    return list(Appointment.objects.with_people().filter(pk__in=ids).order_by("starts_at", "pk"))


def _named(visit: Appointment) -> str:
    at = when(visit.starts_at, ZoneInfo(visit.location.zone), with_year=True)
    client = visit.client.name if visit.client is not None else _("somebody booking now")
    return f"{at}: {client}, {visit.service.name}"
