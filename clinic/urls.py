"""Root urls; the apps' own are included by dotted name."""

from django.contrib import admin
from django.urls import include, path

from clinic.views.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
