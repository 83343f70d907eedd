"""`manage.py api_token EMAIL`: print a new bearer token of the API."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic.models import User
from clinic.services.tokens import MOST_DAYS, USUAL_DAYS, issue_token


class Command(BaseCommand):
    """Make a token for a login; it is shown once and stored only as a hash."""

    help = "Print a new bearer token of the API for a login. It can't be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The e-mail of an active login.")
        parser.add_argument(
            "--days",
            type=int,
            default=USUAL_DAYS,
            help=f"For how many days it is valid, {USUAL_DAYS} unless told, {MOST_DAYS} at most.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        user = User.objects.filter(email=email, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active login with the e-mail {email}.")
        days = options["days"]
        if not 1 <= days <= MOST_DAYS:
            raise CommandError(f"A token is valid for 1 to {MOST_DAYS} days.")
        self.stdout.write(issue_token(user=user, now=timezone.now(), days=days))
