"""The admin of booked time, and of whatever of the clinic has visits hanging on it.

`clinic` knows nothing of visits, so its pages are registered again here, with the
services that keep reservations true.
"""

from bookings.admin.clients import ClientWithMergeAdmin
from bookings.admin.diary import AppointmentAdmin, ChangeRequestAdmin, StatusChangeAdmin
from bookings.admin.places import LocationWithVisitsAdmin, RoomWithVisitsAdmin
from bookings.admin.services import ServiceWithVisitsAdmin
from bookings.admin.staff import PractitionerWithLanesAdmin
from bookings.admin.time_off import TimeOffAdmin

__all__ = [
    "AppointmentAdmin",
    "ChangeRequestAdmin",
    "ClientWithMergeAdmin",
    "LocationWithVisitsAdmin",
    "PractitionerWithLanesAdmin",
    "RoomWithVisitsAdmin",
    "ServiceWithVisitsAdmin",
    "StatusChangeAdmin",
    "TimeOffAdmin",
]
