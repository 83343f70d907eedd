"""`manage.py seed_load --appointments N --practitioners N`: a big diary for measuring."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from treatments.loading import Load, load_diary
from treatments.loading_place import LOCATION, SERVICE

MOST_APPOINTMENTS = 1_000_000


class Command(BaseCommand):
    """Fill the location "bench" with one-hour visits; other data is left alone."""

    help = (
        f'Bring the location "{LOCATION}" (service "{SERVICE}", 60 minutes) up to so many '
        "appointments, all days equally full. Its people show on the public pages, so use it "
        "for measuring only."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--appointments", type=int, default=100_000)
        parser.add_argument("--practitioners", type=int, default=20)
        parser.add_argument(
            "--density", type=float, default=0.89, help="Part of the working hours that is taken."
        )
        parser.add_argument(
            "--days", type=int, default=62, help="Days to fill from today on; the rest is past."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        load = _asked_for(options)
        begun = time.monotonic()
        for have in load_diary(load, now=timezone.now()):
            if options["verbosity"] > 1:
                self.stdout.write(f"{have} appointments")
        if options["verbosity"]:
            seconds = time.monotonic() - begun
            self.stdout.write(f"The bench has {load.appointments} appointments ({seconds:.1f} s).")


def _asked_for(options: dict[str, Any]) -> Load:
    """Return what the options ask for; `CommandError` for what makes no sense."""
    if not 0 < options["appointments"] <= MOST_APPOINTMENTS:
        raise CommandError(f"--appointments is between 1 and {MOST_APPOINTMENTS}.")
    if not 0 < options["practitioners"] <= 500:
        raise CommandError("--practitioners is between 1 and 500.")
    if not 0.01 <= options["density"] <= 1:
        raise CommandError("--density is between 0.01 and 1.")
    if not 0 <= options["days"] <= 365:
        raise CommandError("--days is between 0 and 365.")
    return Load(
        appointments=options["appointments"],
        practitioners=options["practitioners"],
        density=options["density"],
        days_ahead=options["days"],
    )
