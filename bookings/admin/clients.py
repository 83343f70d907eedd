"""Clients, two of whom can turn out to be one person."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from bookings.forms.admin import MergeForm
from bookings.services.merging import RecordsClash, merge_clients
from clinic.admin import ClientAdmin
from clinic.admin.parts import signed_in
from clinic.formatting import when
from clinic.models import Client
from clinic.refusals import Refusal

admin.site.unregister(Client)


@admin.register(Client)
class ClientWithMergeAdmin(ClientAdmin):
    """Clients, with an action that makes one record of two."""

    actions = ("merge_two",)

    @admin.action(description=_("Merge two records of one person"), permissions=["change"])
    def merge_two(self, request: HttpRequest, queryset: QuerySet[Client]) -> HttpResponse | None:
        """Ask which record goes on; on the second round, merge."""
        pair = queryset.annotate(visit_count=Count("appointments")).order_by("pk")
        if len(pair) != 2:
            words = _now("Select the two records of one person, no more and no fewer.")
            self.message_user(request, words, messages.WARNING)
            return None
        form = MergeForm(request.POST if "merge" in request.POST else None, pair=pair)
        if form.is_valid() and self._merge(request, form, list(pair)):
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Merge two records"),
            "opts": self.model._meta,
            "form": form,
            "pair": pair,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/clinic/client/merge.html", context)

    def _merge(self, request: HttpRequest, form: MergeForm, pair: list[Client]) -> bool:
        keep = form.cleaned_data["keep"]
        merge = next(client for client in pair if client.pk != keep.pk)
        try:
            merge_clients(keep=keep, merge=merge, by=signed_in(request), now=timezone.now())
        except Refusal as refusal:
            form.add_error(None, _words(refusal))
            return False
        words = _now("%(name)s is one record now.") % {"name": keep.name}
        self.message_user(request, words, messages.SUCCESS)
        return True


def _words(refusal: Refusal) -> list[Any]:
    words = [str(refusal.message)]
    if isinstance(refusal, RecordsClash):
        words += [
            f"{_at(one)}: {one.service.name} / {other.service.name}"
            for one, other in refusal.clashes
        ]
    return words


def _at(visit: Any) -> str:
    return when(visit.starts_at, ZoneInfo(visit.location.zone), with_year=True)
