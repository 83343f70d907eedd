"""The page for what went wrong on our side."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

RETRY_AFTER_SECONDS = "60"


def back_in_a_moment(request: HttpRequest) -> HttpResponse:
    """Answer 503 with the page that needs neither database nor session."""
    response = HttpResponse(render_to_string("maintenance.html"), status=503)
    response["Retry-After"] = RETRY_AFTER_SECONDS
    response["Cache-Control"] = "no-store"
    return response


# Django's own pages for these errors read the form once more, which fails where it can't be read.
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what can't be read."""
    return HttpResponse(render_to_string("400.html"), status=400)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what somebody may not do."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address at which there is nothing, or nothing for this person."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a crash: 503 while the database is away, else 500. Django has logged it."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return back_in_a_moment(request)
    return HttpResponse(render_to_string("500.html"), status=500)
