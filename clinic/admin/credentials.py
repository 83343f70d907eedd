"""Types of papers and what requires them; papers and their checks to look at."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet, URLField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clinic.admin.parts import NoDelete, PlainChoices, ReadOnly, RefusalsAsErrors
from clinic.forms.credential_types import (
    CredentialTypeForm,
    RequirementForm,
    RequirementFormSet,
    UsualTypesForm,
)
from clinic.models import (
    Credential,
    CredentialDocument,
    CredentialRequirement,
    CredentialType,
    Location,
    Service,
    Verification,
)
from clinic.services.usual_types import add_usual_types


class RequirementInline(PlainChoices, admin.TabularInline):
    """Which service requires which type, and where."""

    model = CredentialRequirement
    form = RequirementForm
    formset = RequirementFormSet
    extra = 0
    ordering = ("service__position", "type__position", "pk")
    verbose_name = _("required paper")
    verbose_name_plural = _("required papers")

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer everything in the order in which lists show it."""
        rows: dict[str, QuerySet[Any]] = {
            "type": CredentialType.objects.order_by("-is_active", "position", "pk"),
            "service": Service.objects.order_by("position", "pk"),
            "location": Location.objects.order_by("name", "pk"),
        }
        kwargs["queryset"] = rows[db_field.name]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(CredentialType)
class CredentialTypeAdmin(NoDelete, RefusalsAsErrors):
    """What papers there are. One with papers of its own keeps its holder and its name in links."""

    form = CredentialTypeForm
    change_list_template = "admin/clinic/credentialtype/change_list.html"
    list_display = (
        "name",
        "jurisdiction",
        "renewal_months",
        "recheck_days",
        "register",
        "is_active",
    )
    list_filter = ("is_active", "proves", "holder", "jurisdiction")
    search_fields = ("name", "issuer", "issuer_former_names", "jurisdiction")
    ordering = ("position", "pk")
    prepopulated_fields: ClassVar[Any] = {"slug": ("name",)}
    inlines = (RequirementInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    "slug",
                    "proves",
                    "holder",
                    "jurisdiction",
                    "is_active",
                    "position",
                )
            },
        ),
        (_("Who issues it"), {"fields": ("issuer", "issuer_former_names", "register_url")}),
        (
            _("How long it counts"),
            {"fields": ("expires", "renewal_months", "recheck_days", "book_past_expiry_days")},
        ),
        (_("What is asked"), {"fields": ("must_cover_cosmetic", "asks_training")}),
        (_("What clients read"), {"fields": ("public_label", "shows_number")}),
    )

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Take an address without a scheme as one with HTTPS."""
        if isinstance(db_field, URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_readonly_fields(
        self, request: HttpRequest, obj: CredentialType | None = None
    ) -> tuple[str, ...]:
        """Papers that were handed in say whose they are and whether they expire."""
        has_papers = obj is not None and obj.credentials.exists()
        return ("slug", "holder", "expires", "asks_training") if has_papers else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A name in links that is fixed is not made up anew."""
        fixed = "slug" in self.get_readonly_fields(request, obj)
        return {} if fixed else self.prepopulated_fields

    def get_urls(self) -> list[URLPattern]:
        """Add the page that adds the usual types."""
        usual = path(
            "usual/",
            self.admin_site.admin_view(self.usual_types),
            name="clinic_credentialtype_usual",
        )
        return [usual, *super().get_urls()]

    def usual_types(self, request: HttpRequest) -> HttpResponse:
        """Add the usual types of the countries that are chosen."""
        form = UsualTypesForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            added = add_usual_types(countries=form.cleaned_data["countries"])
            self.message_user(request, _added_words(len(added)), messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:clinic_credentialtype_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Add the usual types"),
            "opts": self.model._meta,
            "form": form,
        }
        status = 422 if form.is_bound else 200
        template = "admin/clinic/credentialtype/usual.html"
        return TemplateResponse(request, template, context, status=status)

    @admin.display(description=_("register"))
    def register(self, row: CredentialType) -> SafeString | str:
        """The way to where the issuer's word can be read."""
        if not row.register_url:
            return ""
        return format_html(
            '<a href="{}" rel="noopener noreferrer">{}</a>', row.register_url, _("open")
        )


class DocumentInline(ReadOnly, admin.TabularInline):
    """What was handed in with a paper; the pages are seen in the queue only."""

    model = CredentialDocument
    fields = ("original_name", "kind", "pages", "is_evidence", "uploaded_at", "uploaded_by")
    ordering = ("pk",)
    extra = 0
    can_delete = False


class CheckInline(ReadOnly, admin.TabularInline):
    """What was decided about a paper, oldest first."""

    model = Verification
    fields = ("at", "result", "by", "method", "evidence", "reason", "note", "next_check_date")
    ordering = ("pk",)
    extra = 0
    can_delete = False


@admin.register(Credential)
class CredentialAdmin(ReadOnly, admin.ModelAdmin):
    """All papers, to search; they are entered and decided on in pages of their own."""

    list_display = ("holder_name", "type", "number", "issued_date", "expires_date", "submitted_at")
    list_display_links = ("holder_name",)
    list_filter = ("type", "practitioner", "location")
    list_select_related = ("type", "practitioner", "location")
    search_fields = ("practitioner__name", "location__name", "number", "name_shown", "issuer")
    search_help_text = _("Holder, number, name on it or issuer")
    date_hierarchy = "expires_date"
    ordering = ("-submitted_at", "-pk")
    show_full_result_count = False
    inlines = (CheckInline, DocumentInline)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("practitioner", "location", "type"),
                    ("number", "name_shown", "issuer"),
                    ("issued_date", "expires_date"),
                    ("training_provider", "training_hours"),
                    ("covers_cosmetic", "conditions"),
                    ("submitted_at", "submitted_by", "withdrawn_at", "revision"),
                ),
                "description": _(
                    "Papers can't be changed here. Enter them under “Enter papers”, decide on "
                    "them in the verification queue. Once somebody has decided on a paper, "
                    "nobody can alter it: hand in a new one instead."
                ),
            },
        ),
    )

    @admin.display(description=_("holder"))
    def holder_name(self, paper: Credential) -> str:
        """Whose paper it is."""
        return paper.holder_name


@admin.register(Verification)
class VerificationAdmin(ReadOnly, admin.ModelAdmin):
    """All checks of papers; rows are added by deciding, and nobody can alter them."""

    list_display = ("at", "credential", "result", "by", "method", "barred", "next_check_date")
    list_filter = (
        "result",
        "method",
        ("by", admin.RelatedOnlyFieldListFilter),
        ("credential__type", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = (
        "by",
        "credential__type",
        "credential__practitioner",
        "credential__location",
    )
    search_fields = (
        "credential__practitioner__name",
        "credential__location__name",
        "by__email",
        "evidence",
        "reason",
    )
    date_hierarchy = "at"
    ordering = ("-pk",)
    show_full_result_count = False
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("at", "credential", "result", "by"),
                    ("method", "evidence"),
                    ("reason", "note"),
                    ("covers_cosmetic", "barred"),
                    ("next_check_date", "revision"),
                ),
                "description": _("A check is never altered: a new one follows it in the queue."),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Verification]:
        """Bring the barred services along."""
        rows: QuerySet[Verification] = super().get_queryset(request)
        return rows.prefetch_related("bars__service")

    @admin.display(description=_("bars"))
    def barred(self, check: Verification) -> str:
        """The services that a condition bars."""
        return ", ".join(str(bar.service) for bar in check.bars.all())


def _added_words(count: int) -> str:
    if not count:
        return _now("All of these types were there already.")
    return ngettext(
        "%(count)s type added. Say now which services require it.",
        "%(count)s types added. Say now which services require them.",
        count,
    ) % {"count": count}
