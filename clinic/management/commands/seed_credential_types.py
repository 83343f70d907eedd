"""`manage.py seed_credential_types`: the usual types of papers, by country."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from clinic.domain.usual_types import USUAL_TYPES
from clinic.services.usual_types import add_usual_types


class Command(BaseCommand):
    """Add the usual types once; what is there already is left as a manager made it."""

    help = "Add the usual types of papers. Types that are there already are left alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--country",
            action="append",
            choices=sorted(USUAL_TYPES),
            help="US or GB, again for both; without it, all.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        added = add_usual_types(countries=options["country"] or sorted(USUAL_TYPES))
        self.stdout.write(f"Added {len(added)} types of papers.")
        for row in added:
            self.stdout.write(f"  {row.slug}")
