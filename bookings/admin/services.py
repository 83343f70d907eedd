"""Services, with a warning when one that has visits ahead is switched off."""

from django.contrib import admin

from bookings.admin.warnings import WarnsOfVisits
from clinic.admin import ServiceAdmin
from clinic.models import Service

admin.site.unregister(Service)


@admin.register(Service)
class ServiceWithVisitsAdmin(WarnsOfVisits, ServiceAdmin):
    """Services. Visits that are booked keep the segments that they were booked with."""

    visits_by = "service"
