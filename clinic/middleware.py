"""What holds on every page: for whoever has a session, for staff, for mail that fails."""

from collections.abc import Callable, Sequence

from allauth.mfa.utils import is_mfa_enabled
from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseForbidden,
    HttpResponseNotAllowed,
)
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from clinic.models import User
from clinic.problems import API_PREFIX
from clinic.services.access_log import record_look
from clinic.services.sign_in import MailNotSent
from clinic.views.access import Look

OPEN_TO_ALL = ("account_", "mfa_", "usersessions_", "demo-", "healthz", "readyz")


class ContentPolicy(CSPMiddleware):
    """Middleware: the content security policy of pages; data names its own (`ApiProblems`)."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Write the policy into the answer, unless it has one: writing it takes a while."""
        return response if HEADER in response else super().process_response(request, response)


class PrivatePages:
    """Middleware: what is made for one person is stored nowhere; Back after signing out is empty.

    Whoever sends a session gets every page with their name or their choices on it. A page
    that says itself how long it may be kept is left alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        if has_session and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response


class MethodsInWords:
    """Middleware: whoever opens an address that only takes forms gets a page and a way on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            response.content = render_to_string("405.html").encode()
        return response


class StaffSecondFactor:
    """Middleware: people of the clinic set up a second factor before they do anything else.

    Whoever has one was asked for it at sign-in, by allauth.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponseBase | None:
        """Send staff without a second factor to set one up; the API refuses them."""
        if not lacks_second_factor(request) or _is_open(request):
            return None
        if request.path_info.startswith(API_PREFIX):
            return HttpResponseForbidden()
        messages.info(request, _("Set up a passkey or an authenticator app before you work here."))
        return redirect("mfa_index")


class KeptLooks:
    """Middleware: writes down who saw which client's record, once the page is made.

    Before it is sent: nobody gets to see a record of which no trace can be kept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        looks: Sequence[Look] = getattr(request, "looks", ())
        if isinstance(request.user, User):
            for look in looks:
                record_look(client=look.client, kind=look.kind, by=request.user, now=look.at)
        return response


class AccountMailTrouble:
    """Middleware: an account page whose mail could not be sent says so, and may be tried again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, MailNotSent):
            return None
        return render(request, "account/mail_not_sent.html", status=error.status)


def lacks_second_factor(request: HttpRequest) -> bool:
    """Tell whether the person must set up a second factor first."""
    user = request.user
    if not settings.STAFF_SECOND_FACTOR_REQUIRED or not isinstance(user, User):
        return False
    return (user.is_clinic_staff or user.is_superuser) and not is_mfa_enabled(user)


def _is_open(request: HttpRequest) -> bool:
    # With its namespace: the admin has pages called "account_emailaddress_changelist" and so on.
    name = request.resolver_match.view_name if request.resolver_match else ""
    return name.startswith(OPEN_TO_ALL)
