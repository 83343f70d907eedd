"""Middleware: staff screens that are left alone lock, on the server, whatever the page does."""

import re
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from clinic.accounts.devices import device_of
from clinic.accounts.screens import (
    begin_activity,
    is_locked,
    locks,
    note_activity,
    was_opened,
)
from clinic.accounts.unsent import refuse_form
from clinic.models import User
from clinic.problems import API_PREFIX, problem
from clinic.services.pins import forgive_tries

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

OPEN_WHILE_LOCKED = frozenset(
    {
        *("healthz", "readyz", "locked", "locked-rooms"),
        *("account_logout", "account_reauthenticate"),
        *("mfa_reauthenticate", "mfa_reauthenticate_webauthn"),
    }
)
SIGN_IN = ("account_", "mfa_", "locked")
"""How the names begin of the pages on which somebody signs in: nothing stands in for them."""

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class IdleLock:
    """Middleware: a staff session that was left alone for IDLE_LOCK shows and does nothing.

    Pages lead to the locked page, forms are kept and not carried out, the API answers 401.
    Clients' sessions never lock; a bearer token is no screen. On one of the clinic's own
    devices the locked page also stands in for the sign-in page, since it shows the timers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Before any view is looked for: an address without one answers with a page as well.
        request.is_locked = (  # type: ignore[attr-defined]
            _is_of_staff(request) and is_locked(request.session, timezone.now())
        )
        response = self.get_response(request)
        if _leads_to_sign_in(request, response) and device_of(request) is not None:
            return _to_locked_page(request)
        return response

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponseBase | None:
        """Refuse what a locked session asks for; note that somebody is there otherwise."""
        if not _is_of_staff(request):
            return None
        if request.is_locked:  # type: ignore[attr-defined]
            return None if _name(request) in OPEN_WHILE_LOCKED else _refuse(request)
        now = timezone.now()
        if was_opened(request.session, now):
            _open(request)
        elif is_activity(request):
            note_activity(request.session, now)
        return None


def is_activity(request: HttpRequest) -> bool:
    """Tell whether a request shows that somebody is there.

    What a page fetches by itself does not: fragments by htmx and anything else that is no
    navigation. Whoever has such things fetched by hand is seen by `static/js/idle.js`,
    which says so to `/awake/`.
    """
    if request.method not in SAFE_METHODS:
        return True
    by_script = request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
    return not by_script and "HX-Request" not in request.headers


def locked_url(path: str) -> str:
    """Return the locked page that leads back to a path of ours, or to the start if it is empty.

    Of its query only dates are kept: a search for a name must not stand in the address.
    """
    parts = urlsplit(path)
    dates = urlencode([pair for pair in parse_qsl(parts.query) if DATE.fullmatch(pair[1])])
    back = f"{parts.path}?{dates}" if dates else parts.path
    return f"{reverse('locked')}?{urlencode({'next': back})}" if back else reverse("locked")


def is_own_path(path: str) -> bool:
    """Tell whether an address is a page of this site, other than the locked one."""
    return (
        path.startswith("/")
        and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
        and not path.startswith(reverse("locked"))
    )


def _is_of_staff(request: HttpRequest) -> bool:
    """Tell whether a session locks. Costs nothing beyond reading the session and the login."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    if not locks(request.session):
        user = request.user
        if not (isinstance(user, User) and (user.is_clinic_staff or user.is_superuser)):
            return False
        # Signed in before they became staff.
        begin_activity(request.session, timezone.now())
    return True


def _open(request: HttpRequest) -> None:
    """Let a screen work again, after allauth has made sure who is there."""
    begin_activity(request.session, timezone.now())
    if isinstance(request.user, User):
        forgive_tries(request.user)


def _refuse(request: HttpRequest) -> HttpResponseBase | None:
    if request.path_info.startswith(API_PREFIX):
        return _refuse_api(request)
    if request.method not in SAFE_METHODS:
        refuse_form(request, timezone.now())
    return _to_locked_page(request)


def _refuse_api(request: HttpRequest) -> HttpResponse | None:
    """Refuse, unless a token speaks for itself: then the session is nobody's."""
    if "Authorization" in request.headers:
        request.user = AnonymousUser()
        return None
    return problem(401, "unauthenticated", _("This screen is locked. Open it first."))


def _to_locked_page(request: HttpRequest) -> HttpResponse:
    return lead_to(request, locked_url(page_of(request)))


def lead_to(request: HttpRequest, address: str) -> HttpResponse:
    """Redirect the whole page, even if a part of it was asked for."""
    if "HX-Request" not in request.headers:
        return HttpResponseRedirect(address)
    is_look = request.method in SAFE_METHODS
    answer = HttpResponse(status=HTTPStatus.OK if is_look else HTTPStatus.CONFLICT)
    answer["HX-Redirect"] = address
    return answer


def page_of(request: HttpRequest) -> str:
    """Return the address of the page that somebody was looking at; empty if nothing tells."""
    if "HX-Request" not in request.headers and request.method in SAFE_METHODS:
        return request.get_full_path()
    seen = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    path = f"{seen.path}?{seen.query}" if seen.query else seen.path
    return path if is_own_path(path) else ""


def _leads_to_sign_in(request: HttpRequest, response: HttpResponseBase) -> bool:
    address = response.get("Location") or response.get("HX-Redirect")
    if not address or (_name(request) or "").startswith(SIGN_IN):
        return False
    path = urlsplit(address).path
    return path == resolve_url(settings.LOGIN_URL) and not request.user.is_authenticated


def _name(request: HttpRequest) -> str | None:
    return request.resolver_match.url_name if request.resolver_match else None
