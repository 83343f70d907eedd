"""What managers set up. The apps above register their own versions where they know more."""

from django.contrib import admin
from django.contrib.auth import admin as auth_admin  # noqa: F401 (it registers groups)
from django.contrib.auth.models import Group

from clinic.admin.accounts import ApiTokenAdmin, UserAdmin
from clinic.admin.credentials import CredentialAdmin, CredentialTypeAdmin, VerificationAdmin
from clinic.admin.message_rules import MessageRuleAdmin
from clinic.admin.people import ClientAdmin, PractitionerAdmin
from clinic.admin.places import LocationAdmin, RoomAdmin
from clinic.admin.services import ServiceAdmin

__all__ = [
    "ApiTokenAdmin",
    "ClientAdmin",
    "CredentialAdmin",
    "CredentialTypeAdmin",
    "LocationAdmin",
    "MessageRuleAdmin",
    "PractitionerAdmin",
    "RoomAdmin",
    "ServiceAdmin",
    "UserAdmin",
    "VerificationAdmin",
]

# Roles are fields of the login and permissions are rules in code, so groups mean nothing here.
admin.site.unregister(Group)
