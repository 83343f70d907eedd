"""The bottom app, which is also the project package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# Tasks bind to our Celery app wherever Django is set up. Kept out of clinic/__init__.py,
# so that the keeper of the embedded servers starts without Django.
from clinic.celery import app as celery_app

__all__ = ["ClinicConfig", "celery_app"]


class ClinicConfig(AppConfig):
    """People, places, rosters, services."""

    name = "clinic"
    verbose_name = _("Clinic")

    def ready(self) -> None:
        """Connect what follows sign-ins and migrations; let the admin sign in as all do."""
        from allauth.account.decorators import secure_admin_login
        from anymail.signals import tracking
        from django.contrib import admin
        from django.db.models.signals import post_migrate

        from clinic.accounts import receivers  # noqa: F401
        from clinic.database_roles import grant_to_application
        from clinic.messages import register_messages
        from clinic.messaging.rules import ensure_rules
        from clinic.views.webhooks import mail_tracked

        register_messages()
        tracking.connect(mail_tracked)
        post_migrate.connect(grant_to_application, sender=self)
        post_migrate.connect(ensure_rules, sender=self)

        # With limits and the second factor, which Django's own admin login lacks.
        protected = secure_admin_login(admin.site.login)
        admin.site.login = protected  # type: ignore[method-assign]
