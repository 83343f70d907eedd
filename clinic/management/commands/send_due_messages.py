"""`manage.py send_due_messages`: what the worker does every ten seconds, by hand."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from clinic.messaging.dispatcher import send_due

PAUSE_SECONDS = 10.0


class Command(BaseCommand):
    help = "Send the messages that are due, again and again, or once with --once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when nothing is due")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            became = send_due(clock=timezone.now)
            words = ", ".join(f"{count} {state}" for state, count in sorted(became.items()))
            self.stdout.write(words or "nothing was due")
            if options["once"]:
                return
            time.sleep(PAUSE_SECONDS)
