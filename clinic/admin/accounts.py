"""Logins with their roles, and the tokens of programs."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.admin.parts import NoDelete, RefusalsAsErrors, signed_in
from clinic.forms.admin import UserForm
from clinic.models import ApiToken, User
from clinic.selectors.credentials import verifiers

ENOUGH_VERIFIERS = 2
ONE_VERIFIER = _(
    "Fewer than two people can verify papers, and nobody verifies the own ones. "
    "Give a second person “may verify papers”."
)


def is_one_alone() -> bool:
    """Tell whether there are too few people to verify papers."""
    return verifiers().count() < ENOUGH_VERIFIERS


@admin.register(User)
class UserAdmin(NoDelete, RefusalsAsErrors):
    """Who may sign in, and as what. Passwords and second factors are their owner's."""

    form = UserForm
    list_display = (
        "email",
        "name",
        "is_manager",
        "is_reception",
        "is_practitioner",
        "may_verify",
        "is_active",
        "last_login",
    )
    list_filter = ("is_manager", "is_reception", "is_practitioner", "may_verify", "is_active")
    search_fields = ("email", "name")
    ordering = ("email", "pk")
    readonly_fields = ("date_joined", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "name", "is_active")}),
        (
            _("Roles"),
            {
                "fields": (("is_manager", "is_reception", "is_practitioner"), "may_verify"),
                "description": _(
                    "Without a role it is a client's login. People sign in by a code that we mail "
                    "them, and set a password themselves if they like."
                ),
            },
        ),
        (_("Record"), {"fields": ("date_joined", "last_login")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """The address of a login is its owner's to change."""
        return (*self.readonly_fields, "email") if obj is not None else self.readonly_fields

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Tell the form who works in it."""
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"signed_in": signed_in(request)})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save; a new login has no password."""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if {"is_active", "is_manager", "may_verify"} & set(form.changed_data) and is_one_alone():
            self.message_user(request, ONE_VERIFIER, messages.WARNING)


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Tokens of programs: made by `manage.py api_token`, taken back here."""

    list_display = ("user", "created_at", "expires_at", "last_used_date", "is_valid")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("-created_at", "pk")
    fields = ("user", "created_at", "expires_at", "last_used_date")

    @admin.display(description=_("valid"), boolean=True)
    def is_valid(self, token: ApiToken) -> bool:
        """Whether it still opens anything."""
        return token.expires_at > timezone.now()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
