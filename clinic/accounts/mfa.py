"""Second factors: their secrets are stored encrypted."""

from functools import cache

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


@cache
def cipher(keys: tuple[str, ...]) -> MultiFernet:
    """Return the cipher of these keys: the first one encrypts, all of them decrypt."""
    return MultiFernet([Fernet(key) for key in keys])


class MFAAdapter(DefaultMFAAdapter):
    """Encrypts the seeds of authenticator apps and recovery codes with FIELD_ENCRYPTION_KEYS.

    The keys are kept apart from SECRET_KEY, so that either can be changed alone.
    """

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("That code does not fit. Wait for the next one, and try again."),
        "add_email_blocked": _("With a second step set up, no address can be added. Phone us."),
        "unverified_email": _("Confirm your e-mail address first."),
    }

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    return cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))
