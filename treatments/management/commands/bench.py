"""`make bench`: how fast it is, beside references that run at the same time."""

import json
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from clinic.database_roles import connected_as
from treatments.bench.databases import Databases
from treatments.bench.report import as_json, as_text
from treatments.bench.run import Plan, run


class Command(BaseCommand):
    help = "Measures slots, bookings and races beside references; needs no running site."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json",
            type=Path,
            default=settings.DATA_DIR / "bench.json",
            help="write the findings to this file too (bench.json in the data folder)",
        )
        parser.add_argument("--rounds", type=int, default=5)
        parser.add_argument(
            "--seconds", type=float, default=2.0, help="for each target, number of clients, round"
        )
        parser.add_argument("--appointments", type=int, default=100_000)
        parser.add_argument("--practitioners", type=int, default=20)
        parser.add_argument("--small-reservations", type=int, default=50_000)
        parser.add_argument("--large-reservations", type=int, default=1_000_000)
        parser.add_argument("--bookings", type=int, default=60, help="in each round")
        parser.add_argument("--searches", type=int, default=100, help="in each round")
        parser.add_argument("--plans", type=int, default=10, help="of courses, in each round")
        parser.add_argument("--messages", type=int, default=3000, help="sent in each go")
        parser.add_argument("--without-peer", action="store_true")
        parser.add_argument(
            "--keep", action="store_true", help="keep the databases for the next run with --keep"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # As with Ctrl-C, so that what was started is ended and what was made is dropped.
        signal.signal(signal.SIGTERM, _leave)
        plan = Plan(
            rounds=options["rounds"],
            seconds=options["seconds"],
            appointments=options["appointments"],
            practitioners=options["practitioners"],
            small_reservations=options["small_reservations"],
            large_reservations=options["large_reservations"],
            bookings=options["bookings"],
            searches=options["searches"],
            plans=options["plans"],
            messages=options["messages"],
            with_peer=not options["without_peer"],
        )
        databases = Databases(keep=options["keep"])
        # As the site does, in tests too, whose settings connect as the owner.
        with connected_as(settings.DATABASE_APPLICATION):
            found = run(plan, databases, timezone.now(), self.stdout.write)
        options["json"].write_text(json.dumps(as_json(found), indent=2) + "\n")
        self.stdout.write(as_text(found))
        self.stdout.write(f"\nAs JSON, with every round: {options['json']}")


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(1)
