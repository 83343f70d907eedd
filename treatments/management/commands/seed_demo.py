"""`manage.py seed_demo`: the demo clinic, around today."""

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from bookings.models import Appointment
from clinic.database_roles import as_owner
from clinic.messaging.rules import ensure_rules
from clinic.models import Location
from treatments.demo import demo_logins, make_demo_clinic

OURS = ("clinic", "bookings", "treatments")
BENCH = "bench"


class Command(BaseCommand):
    """Make the demo clinic once; a clinic that is there already is left as it is."""

    help = "Make the demo clinic around today. A clinic that is there already is left alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--fresh",
            action="store_true",
            help="Empty all tables of the clinic first. Only with DEBUG on.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_DATA_ALLOWED:
            raise CommandError("The demo logins have known passwords, so production has none.")
        if options["fresh"]:
            with as_owner():
                empty_all_tables()
        if Location.objects.exclude(slug=BENCH).exists():
            self.stdout.write("There is a clinic already; nothing was changed.")
            return
        make_demo_clinic(now=timezone.now())
        self.stdout.write(f"Made the demo clinic with {Appointment.objects.count()} visits.")
        for role, email, password in demo_logins():
            self.stdout.write(f"  {role:<13} {email:<24} {password}")


def empty_all_tables() -> None:
    """Empty every table of our apps and what hangs on them; refuse unless DEBUG is on.

    The rules of messages stand there anew, as after a migration.
    """
    if not settings.DEBUG:
        raise CommandError("--fresh empties all tables, so it needs DEBUG on.")
    models = [model for label in OURS for model in apps.get_app_config(label).get_models()]
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
    with transaction.atomic(), connection.cursor() as cursor:
        # Checks that wait for the end of a transaction would forbid it.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {tables} CASCADE")
        ensure_rules()
