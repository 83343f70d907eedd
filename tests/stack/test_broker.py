"""A broker that went silent holds up nobody for long."""

import time

import pytest
from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError

from clinic.celery import app
from clinic.tasks import send_due_messages


def test_publishing_to_a_silent_broker_gives_up_in_seconds(silent_redis):
    silent = Celery("silent", broker=f"redis+socket://{silent_redis}?virtual_host=0")
    silent.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    silent.conf.task_publish_retry_policy = settings.CELERY_TASK_PUBLISH_RETRY_POLICY
    silent.conf.broker_connection_timeout = settings.CELERY_BROKER_CONNECTION_TIMEOUT

    began = time.monotonic()
    with pytest.raises(OperationalError):
        silent.send_task("bookings.tasks.sweep_expired_holds")

    assert time.monotonic() - began < 60


def test_messages_come_back_after_the_longest_task():
    assert app.conf.task_time_limit < app.conf.broker_transport_options["visibility_timeout"]
    assert app.conf.visibility_timeout == app.conf.broker_transport_options["visibility_timeout"]
    assert app.conf.task_acks_late is True
    assert app.conf.timezone == "UTC"


def test_lost_broker_does_not_kill_what_is_being_sent():
    # `worker_cancel_long_running_tasks_on_connection_loss` ends what is acknowledged late.
    assert send_due_messages.acks_late is False


def test_every_scheduled_task_exists():
    app.loader.import_default_modules()

    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert scheduled <= set(app.tasks)
