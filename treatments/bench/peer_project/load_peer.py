# mypy: ignore-errors
"""Fill the peer's tables with the diary that comes in: the same visits as ours.

Reads lines "staff number,date,start,end" in local time, none to leave the tables as they
are; prints the id of each staff member.
"""

import csv
import datetime as dt
import sys

import django

django.setup()

from appointment.models import (  # noqa: E402
    Appointment,
    AppointmentRequest,
    Service,
    StaffMember,
    WorkingHours,
)
from django.contrib.auth.models import User  # noqa: E402

BATCH = 5000
OPENS, CLOSES = dt.time.fromisoformat(sys.argv[1]), dt.time.fromisoformat(sys.argv[2])


def make_staff(number, service):
    """Make somebody who works every day."""
    user = User.objects.create(username=f"staff{number}", first_name=f"Staff {number}")
    staff = StaffMember.objects.create(user=user, lead_time=OPENS, finish_time=CLOSES)
    staff.services_offered.add(service)
    for weekday in range(7):
        WorkingHours.objects.create(
            staff_member=staff, day_of_week=weekday, start_time=OPENS, end_time=CLOSES
        )
    return staff


def load(rows):
    """Write a request and an appointment for each visit."""
    hour = dt.timedelta(hours=1)
    service = Service.objects.create(name="Bench", duration=hour, price=100)
    client = User.objects.create(username="client")
    staff, batch = {}, []
    for number, date, starts, ends in rows:
        if number not in staff:
            staff[number] = make_staff(number, service)
        batch.append(
            AppointmentRequest(
                date=dt.date.fromisoformat(date),
                start_time=dt.time.fromisoformat(starts),
                end_time=dt.time.fromisoformat(ends),
                service=service,
                staff_member=staff[number],
                id_request=f"{number}-{date}-{starts}",
            )
        )
        if len(batch) == BATCH:
            write(batch, client)
            batch = []
    write(batch, client)


def write(requests, client):
    """Write a batch as the peer's own models."""
    AppointmentRequest.objects.bulk_create(requests)
    Appointment.objects.bulk_create(
        Appointment(client=client, appointment_request=request, id_request=request.id_request)
        for request in requests
    )


visits = list(csv.reader(sys.stdin))
if visits:
    load(visits)
for pk in StaffMember.objects.order_by("pk").values_list("pk", flat=True):
    print(pk)
