"""Account mail in the house's words, and where a login goes first."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clinic.models import Location
from clinic.services.sign_in import MailNotSent

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter with the clinic's name and phone in every mail, and our words."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": _("That is not the code in our mail. Look again, or ask for a new one."),
        "incorrect_password": _("That is not your password."),
        "email_password_mismatch": _("This e-mail and password do not belong together."),
        "too_many_login_attempts": _("That was tried too often. Wait a few minutes, or phone us."),
        "rate_limited": _("That was a lot at once. Please wait a minute and try again."),
        "duplicate_email": _("This address is one of yours already."),
        "enter_current_password": _("Type the password that you have now."),
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send at once, waiting EMAIL_TIMEOUT seconds at most; raise `MailNotSent`."""
        try:
            super().send_mail(template_prefix, email, {**clinic_facts(), **context})
        except OSError as error:
            raise MailNotSent from error

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Tell the owner what was changed. The change stands, even if the mail can't go out."""
        try:
            super().send_notification_mail(*args, **kwargs)
        except MailNotSent:
            logger.warning("account notification not sent")

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff start with their day, clients with their visits."""
        is_staff = getattr(request.user, "is_clinic_staff", False)
        return reverse("day" if is_staff else "me")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("my-details")


def clinic_facts() -> dict[str, Any]:
    """Return what every mail says of the clinic: its name, its places and their phones."""
    places = Location.objects.filter(is_active=True).order_by("name", "pk")
    return {"clinic_name": settings.CLINIC_NAME, "places": list(places)}
