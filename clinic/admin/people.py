"""Practitioners with their rosters, and clients."""

from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.widgets import AdminTimeWidget
from django.db.models import Q, QuerySet
from django.forms import TimeField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from clinic.admin.parts import NoDelete, PlainChoices, RefusalsAsErrors, signed_in
from clinic.admin.places import as_ticks
from clinic.admin.readiness import practitioner_steps, shown
from clinic.forms.admin import ClientAdminForm, PractitionerForm
from clinic.forms.rosters import (
    RosterExceptionForm,
    RosterExceptionFormSet,
    RosterHoursForm,
    RosterHoursFormSet,
)
from clinic.models import (
    AccessLog,
    Client,
    Location,
    Practitioner,
    RosterException,
    RosterHours,
)
from clinic.services.clients import ClientDetails, Marks, enter_client, update_client
from clinic.views.access import SignedInRequest, keep_look


class HoursInline(PlainChoices, admin.TabularInline):
    """Rows of hours: minutes matter, seconds don't, and locations are made elsewhere."""

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer the locations by name."""
        kwargs["queryset"] = Location.objects.order_by("name", "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Show times without seconds."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, TimeField):
            field.widget = AdminTimeWidget(format="%H:%M")
        return field


class RosterHoursInline(HoursInline):
    """The week."""

    model = RosterHours
    form = RosterHoursForm
    formset = RosterHoursFormSet
    extra = 0
    ordering = ("weekday", "starts", "pk")


class RosterExceptionInline(HoursInline):
    """Dates that differ from the week."""

    model = RosterException
    form = RosterExceptionForm
    formset = RosterExceptionFormSet
    extra = 0
    ordering = ("date", "starts", "pk")


@admin.register(Practitioner)
class PractitionerAdmin(NoDelete, RefusalsAsErrors):
    """Who treats, what they offer, when they work."""

    form = PractitionerForm
    list_display: Any = ("name", "headline", "spoken", "user", "is_active")
    list_filter = ("is_active", "services", "roster_hours__location")
    list_select_related = ("user",)
    search_fields = ("name", "user__email", "headline")
    ordering = ("name", "pk")
    autocomplete_fields = ("user",)
    prepopulated_fields = {"slug": ("name",)}
    inlines = (RosterHoursInline, RosterExceptionInline)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("name", "slug", "pronouns", "user", "is_active")}),
        (_("Before visits can be booked"), {"fields": ("readiness",)}),
        (_("What clients read"), {"fields": ("headline", "profile", "languages")}),
        (_("Treatments"), {"fields": ("services",)}),
    )

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer the services as ticks, in list order."""
        return as_ticks(super().formfield_for_manytomany, db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Practitioner | None = None) -> Any:
        """Whoever handed papers in keeps the login: nobody verifies the own ones by another."""
        fixed = ("user",) if obj is not None and obj.credentials.exists() else ()
        return ("readiness", *fixed)

    def response_add(self, request: HttpRequest, obj: Any, *more: Any) -> HttpResponse:
        """Lead from a new practitioner to what is left to do."""
        response = super().response_add(request, obj, *more)
        if "_save" not in request.POST or IS_POPUP_VAR in request.POST:
            return response
        return redirect("admin:clinic_practitioner_change", obj.pk)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and give the login its role."""
        super().save_model(request, obj, form, change)
        if not obj.user.is_practitioner:
            obj.user.is_practitioner = True
            obj.user.save(update_fields=["is_practitioner"])
            words = _now("Login %(email)s is a practitioner's now.") % {"email": obj.user.email}
            self.message_user(request, words, messages.INFO)

    @admin.display(description=_("what is there, what is missing"))
    def readiness(self, person: Practitioner | None) -> str:
        """What is left to do until visits can be booked."""
        if person is None or person.pk is None:
            return _now("Once this is saved, it says here what is left to do.")
        return shown(practitioner_steps(person, timezone.now()))

    @admin.display(description=_("languages"))
    def spoken(self, person: Practitioner) -> str:
        """The languages in a row."""
        return ", ".join(person.languages)


class MarkFilter(admin.SimpleListFilter):
    """Clients with a staff-only mark."""

    title = _("mark")
    parameter_name = "mark"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("any", _("any mark")),
            ("step-free", _("needs a step-free room")),
            ("alone", _("never overlap")),
            ("needling", _("no needling for now")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> QuerySet[Client]:
        needling = Q(no_needling_until_cleared=True) | Q(no_needling_before__isnull=False)
        marks = {
            "step-free": Q(needs_step_free=True),
            "alone": Q(never_overlap=True),
            "needling": needling,
            "any": Q(needs_step_free=True) | Q(never_overlap=True) | needling,
        }
        return queryset.filter(marks.get(self.value() or "", Q()))


@admin.register(Client)
class ClientAdmin(NoDelete, RefusalsAsErrors):
    """Clients with their staff-only marks. Two records of one person can be merged."""

    form = ClientAdminForm
    list_display = ("name", "email", "phone", "marks", "has_login", "created_at")
    list_filter = (MarkFilter, ("user", admin.EmptyFieldListFilter))
    search_fields = ("name", "email", "phone")
    search_help_text = _("Name, e-mail or phone")
    ordering = ("name", "pk")
    readonly_fields = ("user", "adult_declared_at", "created_at")
    fieldsets = (
        (None, {"fields": ("name", "email", "phone")}),
        (
            _("For staff only"),
            {
                "fields": (
                    ("needs_step_free", "never_overlap"),
                    ("no_needling_before", "no_needling_until_cleared"),
                ),
                "description": _("Marks carry no reason."),
            },
        ),
        (_("Record"), {"fields": ("user", "adult_declared_at", "created_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        """Leave out records that were merged into another one."""
        rows: QuerySet[Client] = super().get_queryset(request)
        return rows.filter(merged_into=None)

    def get_readonly_fields(self, request: HttpRequest, obj: Client | None = None) -> Any:
        """The address of a login is its owner's to change."""
        owned = ("email",) if obj is not None and obj.user_id else ()
        return (*self.readonly_fields, *owned)

    def change_view(self, request: HttpRequest, object_id: str, *more: Any, **kwargs: Any) -> Any:
        """Show the form, and have it written down who saw it."""
        client = self.get_object(request, object_id)
        if client is not None:
            kind = AccessLog.Kind.DETAILS
            keep_look(cast(SignedInRequest, request), client, kind, timezone.now())
        return super().change_view(request, object_id, *more, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Enter or change the client through the service that the desk uses."""
        details = ClientDetails(name=obj.name, email=obj.email, phone=str(obj.phone or ""))
        marks = Marks(
            needs_step_free=obj.needs_step_free,
            never_overlap=obj.never_overlap,
            no_needling_before=obj.no_needling_before,
            no_needling_until_cleared=obj.no_needling_until_cleared,
        )
        by = signed_in(request)
        if change:
            update_client(client=obj, details=details, marks=marks, by=by, now=timezone.now())
        else:
            entered = enter_client(details=details, marks=marks, by=by)
            obj.__dict__.update(entered.__dict__)

    @admin.display(description=_("marks"))
    def marks(self, client: Client) -> str:
        """The marks in short words."""
        words = {
            _now("step-free"): client.needs_step_free,
            _now("never overlap"): client.never_overlap,
            _now("no needling for now"): client.no_needling_until_cleared
            or client.no_needling_before is not None,
        }
        return ", ".join(word for word, is_set in words.items() if is_set)

    @admin.display(description=_("login"), boolean=True)
    def has_login(self, client: Client) -> bool:
        """Whether the client can sign in."""
        return client.user_id is not None
