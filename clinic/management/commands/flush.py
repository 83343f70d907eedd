"""`manage.py flush`: Django's own, as the owner of the database, who alone may TRUNCATE."""

from typing import Any

from django.core.management.commands import flush

from clinic.database_roles import as_owner


class Command(flush.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner():
            super().handle(*args, **options)
