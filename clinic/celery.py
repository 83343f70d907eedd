"""Background work: the Celery app and its schedule.

Beat counts plain UTC intervals, so no clock change can run a task twice or skip it.
A task carries ids only and may run twice; the database says what is still to do.
"""

import os

from celery import Celery

# Listens to signals of the worker before it starts its processes.
from clinic import stopping  # noqa: F401

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings.local")

app = Celery("clinic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "send-due-messages": {
        "task": "clinic.tasks.send_due_messages",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "sweep-expired-holds": {
        "task": "bookings.tasks.sweep_expired_holds",
        "schedule": 60.0,
        # A run that waited longer than the next one is of no use.
        "options": {"expires": 60},
    },
    "write-due-reminders": {
        "task": "bookings.tasks.write_due_reminders",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "plan-repairs": {
        "task": "treatments.tasks.plan_repairs",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "write-day-lists": {
        "task": "treatments.tasks.write_day_lists",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "write-cover-needed": {
        "task": "treatments.tasks.write_cover_needed",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "write-overdue": {
        "task": "treatments.tasks.write_overdue",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "write-recalls": {
        "task": "treatments.tasks.write_recalls",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "remove-unconfirmed-users": {
        "task": "clinic.tasks.remove_unconfirmed_users",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "remove-orphans": {
        "task": "clinic.tasks.remove_orphans",
        "schedule": 6 * 3600.0,
        "options": {"expires": 6 * 3600},
    },
    "raise-expiry-alerts": {
        "task": "clinic.tasks.raise_expiry_alerts",
        # Each step is written once, so four times a day is as good as once, and a beat that
        # is started anew every day still comes to it.
        "schedule": 6 * 3600.0,
        "options": {"expires": 6 * 3600},
    },
}
