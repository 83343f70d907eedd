"""Bearer tokens of the API."""

import hashlib
import secrets
from datetime import datetime

from clinic.models import ApiToken, User


def issue_token(*, user: User, now: datetime) -> str:
    """Make a token for a login and return it; only its hash is stored."""
    token = secrets.token_urlsafe(32)
    ApiToken.objects.create(user=user, token_hash=hash_of(token), created_at=now)
    return token


def user_of_token(token: str) -> User | None:
    """Return the active login of a token, or None."""
    found = ApiToken.objects.filter(token_hash=hash_of(token), user__is_active=True)
    row = found.select_related("user__client").first()
    return row.user if row else None


def hash_of(token: str) -> str:
    """Return the SHA-256 of a token; it is random, so it needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
