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

HOUR = 3600.0
EVERY = {
    "clinic.tasks.send_due_messages": 10.0,
    "bookings.tasks.sweep_expired_holds": 60.0,
    "bookings.tasks.write_due_reminders": 60.0,
    # Somebody looks at a page that waits for it.
    "treatments.tasks.work_out_cover": 3.0,
    "treatments.tasks.expire_offers": 60.0,
    "treatments.tasks.plan_repairs": 60.0,
    "treatments.tasks.write_day_lists": 60.0,
    "treatments.tasks.write_cover_needed": 300.0,
    "treatments.tasks.write_overdue": 600.0,
    "treatments.tasks.write_recalls": 600.0,
    "clinic.tasks.remove_unconfirmed_users": HOUR,
    "clinic.tasks.remove_orphans": 6 * HOUR,
    # Each step is written once, so four times a day is as good as once, and a beat that is
    # started anew every day still comes to it.
    "clinic.tasks.raise_expiry_alerts": 6 * HOUR,
}
"""Seconds between two runs of each task."""

app.conf.beat_schedule = {
    task.rpartition(".")[2].replace("_", "-"): {
        "task": task,
        "schedule": seconds,
        # A run that waited longer than the next one is of no use.
        "options": {"expires": int(seconds)},
    }
    for task, seconds in EVERY.items()
}
