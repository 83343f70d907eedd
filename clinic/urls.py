"""Root urls; the apps' own are included by dotted name."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from clinic.api import api, unknown_path
from clinic.views.health import healthz, readyz
from clinic.views.style_guide import style_guide

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    re_path(r"^api/", unknown_path),
]

if settings.DEBUG:
    # Ours alone: the parts of the house with sample data.
    urlpatterns.append(path("style/", style_guide, name="style"))
