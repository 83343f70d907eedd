"""Planned work on the clinic's system: every page says that we are back in a moment."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from clinic.views.errors import back_in_a_moment

OPEN_PATHS = ("/healthz", "/readyz", settings.STATIC_URL)


class Maintenance:
    """Middleware: while the setting MAINTENANCE is on, only health and static files answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.MAINTENANCE and not request.path_info.startswith(OPEN_PATHS):
            return back_in_a_moment(request)
        return self.get_response(request)
