"""Second factors: their secrets are stored encrypted."""

from functools import cache

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


@cache
def cipher(keys: tuple[str, ...]) -> MultiFernet:
    """Return the cipher of these keys: the first one encrypts, all of them decrypt."""
    return MultiFernet([Fernet(key) for key in keys])


class MFAAdapter(DefaultMFAAdapter):
    """Encrypts the seeds of authenticator apps and recovery codes with FIELD_ENCRYPTION_KEYS.

    The keys are kept apart from SECRET_KEY, so that either can be changed alone.
    """

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    return cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))
