"""`manage.py migrate`: Django's own, as the owner of the database."""

from typing import Any

from django.core.management.commands import migrate

from clinic.database_roles import as_owner


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner():
            super().handle(*args, **options)
