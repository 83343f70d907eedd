"""Who calls the API: a bearer token, or the session of the browser."""

from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from clinic.limits import limit
from clinic.models import User
from clinic.permissions import Person
from clinic.problems import ApiRefusal
from clinic.services.tokens import TokenExpired, user_of_token

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

OPEN_TO_ALL: dict[str, Any] = {"security": [{}, {"BearerToken": []}, {"SessionCookie": []}]}
"""For OpenAPI: signing in changes the answer, but nobody needs to."""


class BearerToken(HttpBearer):
    """`Authorization: Bearer <token>`; a token that is not known is refused, never ignored."""

    def authenticate(self, request: HttpRequest, token: str) -> User:
        """Return the token's login, or refuse."""
        try:
            user = user_of_token(token=token.strip(), now=timezone.now())
        except TokenExpired as refusal:
            _limit(request, None)
            raise ApiRefusal(refusal.status, refusal.code, refusal.message) from refusal
        _limit(request, user)
        if user is None:
            raise ApiRefusal(401, "unauthenticated", _("This token is not valid."))
        return user


class SessionCookie(APIKeyCookie):
    """The session of a signed-in browser; changes need its CSRF token."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> User | None:
        """Return the session's login; none for a visitor."""
        return self.authenticate(request, self._cookie(request))

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        """Return the login of the session with this key."""
        if not key or not request.user.is_authenticated:
            return None
        if request.method not in SAFE_METHODS and check_csrf(request):
            raise ApiRefusal(403, "forbidden", _("The CSRF token is missing or wrong."))
        _limit(request, request.user)
        return request.user

    def _cookie(self, request: HttpRequest) -> str | None:
        return request.COOKIES.get(settings.SESSION_COOKIE_NAME)


bearer_token = BearerToken()
session_cookie = SessionCookie()
SIGNED_IN = [bearer_token, session_cookie]


def anyone(request: HttpRequest) -> Person:
    """Let everybody in, and say who it is. A token that is not valid is refused."""
    user = bearer_token(request) or session_cookie(request)
    if user is not None:
        return cast(User, user)
    visitor = AnonymousUser()
    _limit(request, visitor)
    return visitor


def caller(request: HttpRequest) -> Person:
    """Return who calls, as the check of the endpoint found."""
    return cast(Person, request.auth)  # type: ignore[attr-defined]


def signed_in(request: HttpRequest) -> User:
    """Return the login that calls; for endpoints with `SIGNED_IN`."""
    return cast(User, request.auth)  # type: ignore[attr-defined]


def _limit(request: HttpRequest, user: Person | None) -> None:
    kind = "read" if request.method in SAFE_METHODS else "write"
    limit(request, f"api-{kind}", settings.API_LIMITS.get(kind), user=user)
