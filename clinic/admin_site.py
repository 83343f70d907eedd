"""The admin site of the house: its name, and its models grouped the way managers think."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

GROUPS: tuple[tuple[str, str | Promise, tuple[str, ...]], ...] = (
    ("clinic", _("What can be booked"), ("Service", "Practitioner", "Location", "Room")),
    ("treatments", _("Courses"), ("Protocol", "Course")),
    ("clinic", _("Papers"), ("CredentialType", "Credential", "Verification")),
    ("bookings", _("The diary"), ("TimeOff", "Appointment", "ChangeRequest", "StatusChange")),
    ("clinic", _("Messages"), ("MessageRule",)),
    ("clinic", _("People and access"), ("Client", "User", "ApiToken")),
)
"""App whose page the heading links to, heading, models in order."""

OURS = ("clinic", "bookings", "treatments")


class HouseAdminSite(AdminSite):
    """Everything that managers set up; the day's work has pages of its own."""

    site_header = _("Meridian, for managers")
    site_title = _("Meridian")
    index_title = _("Set up the clinic")
    site_url = "/"

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the groups, and what is left open about papers and before visits can be booked."""
        # This module is imported before there are models.
        from clinic.admin.accounts import ONE_VERIFIER, is_one_alone
        from clinic.admin.readiness import not_ready
        from clinic.selectors.catalogue import catalogue
        from clinic.selectors.required_papers import unguarded

        context = {
            "unguarded": unguarded(catalogue()),
            "not_ready": not_ready(),
            "too_few_verifiers": ONE_VERIFIER if is_one_alone() else "",
            **(extra_context or {}),
        }
        return super().index(request, context)

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Return our models in our groups; what packages registered comes after them."""
        listed = super().get_app_list(request, app_label)
        if app_label is not None:
            return listed
        ours = {model["object_name"]: model for app in listed for model in app["models"]}
        groups = [_group(label, name, names, ours) for label, name, names in GROUPS]
        others = [app for app in listed if app["app_label"] not in OURS]
        return [group for group in groups if group["models"]] + others


class HouseAdminConfig(AdminConfig):
    """Django's admin with our site as the default one."""

    default_site = "clinic.admin_site.HouseAdminSite"


def _group(
    label: str, name: str | Promise, names: tuple[str, ...], models: dict[str, Any]
) -> dict[str, Any]:
    return {
        "name": name,
        "app_label": label,
        "app_url": reverse("admin:app_list", kwargs={"app_label": label}),
        "has_module_perms": True,
        "models": [models[one] for one in names if one in models],
    }
