"""Bearer tokens of the API."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils.translation import gettext_lazy as _

from clinic.models import ApiToken, Client, User
from clinic.models.reading import columns_of, row_of
from clinic.refusals import Refusal

USUAL_DAYS = 90
MOST_DAYS = 730

TOKEN_COLUMNS = len(ApiToken._meta.concrete_fields)
USER_COLUMNS = len(User._meta.concrete_fields)
LOGIN_SQL = f"""
SELECT {columns_of(ApiToken, "token")}, {columns_of(User, "login")}, {columns_of(Client, "client")}
FROM clinic_apitoken AS token
JOIN clinic_user AS login ON login.id = token.user_id
LEFT JOIN clinic_client AS client ON client.user_id = login.id
WHERE login.is_active AND token.token_hash = %s
"""  # noqa: S608 (our own columns)


class TokenExpired(Refusal):
    """A token was valid once, and is not any more."""

    code = "token_expired"
    status = 401
    message = _("This token has expired. Ask a manager for a new one.")


def issue_token(*, user: User, now: datetime, days: int = USUAL_DAYS) -> str:
    """Make a token for a login, valid for so many days, and return it; only its hash is stored."""
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"a token is valid for 1 to {MOST_DAYS} days")
    token = secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user,
        token_hash=hash_of(token),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return token


def user_of_token(*, token: str, now: datetime) -> User | None:
    """Return the active login of a token with its client, or None.

    One query, and another one for the first use of a day, which is written down. Raises
    `TokenExpired`.
    """
    # Every call of the API asks this: the ORM takes four times as long.
    with connection.cursor() as cursor:
        cursor.execute(LOGIN_SQL, [hash_of(token)])
        values = cursor.fetchone()
    if values is None:
        return None
    row, values = row_of(ApiToken, values[:TOKEN_COLUMNS]), values[TOKEN_COLUMNS:]
    user, client = row_of(User, values[:USER_COLUMNS]), row_of(Client, values[USER_COLUMNS:])
    assert row is not None
    assert user is not None
    if row.expires_at <= now:
        raise TokenExpired
    today = now.astimezone(UTC).date()
    if row.last_used_date != today:
        ApiToken.objects.filter(pk=row.pk).update(last_used_date=today)
    User._meta.get_field("client").set_cached_value(user, client)
    return user


def hash_of(token: str) -> str:
    """Return the SHA-256 of a token; it is random, so it needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
