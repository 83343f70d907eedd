"""Lets the processes of a test know its kind of message, and their beat be quicker."""

import os

from django.apps import AppConfig


class NoteApp(AppConfig):
    """Registers the note."""

    name = "tests.support"
    label = "test_notes"

    def ready(self) -> None:
        from clinic.celery import app
        from clinic.messaging.registry import register
        from tests.support.messages import NoteKind

        register(NoteKind())
        every = float(os.environ.get("TEST_DISPATCH_SECONDS", "10"))
        entry = app.conf.beat_schedule["send-due-messages"]
        entry.update(schedule=every, options={"expires": max(every, 2)})
