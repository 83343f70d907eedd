"""Errors of the API as problem documents (RFC 9457) with a stable code."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.refusals import Refusal

PROBLEM_TYPE = "application/problem+json"
API_PREFIX = "/api/"
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")

CODES = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    429: "too_many",
    503: "busy",
}
"""The code of a status that came without one; of other 4xx `invalid`, of 5xx `error`."""

DETAILS: dict[str, str | Promise] = {
    "invalid": gettext_lazy("The request could not be understood."),
    "unauthenticated": gettext_lazy("Sign in, or send a bearer token."),
    "token_expired": gettext_lazy("This token has expired."),
    "forbidden": gettext_lazy("You may not do this."),
    "not_found": gettext_lazy("There is nothing here."),
    "method_not_allowed": gettext_lazy("This address does not take that method."),
    "too_many": gettext_lazy("That was a lot at once. Please wait a minute and try again."),
    "busy": gettext_lazy("The clinic's system is busy. Please try again in a moment."),
    "error": gettext_lazy("Something went wrong on our side. We have been told."),
}


class ApiRefusal(Exception):
    """A "no" of the API itself; `members` go into the problem document."""

    def __init__(
        self, status: int, code: str, detail: str | Promise | None = None, **members: Any
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.members = members


def invalid(field: str, message: str | Promise) -> ApiRefusal:
    """Return the refusal of one wrong field."""
    errors = [{"field": field, "message": str(message)}]
    return ApiRefusal(400, "invalid", _("Please check the request."), errors=errors)


def unknown(detail: str | Promise) -> ApiRefusal:
    """Return the refusal of a slug or an id that names nothing the caller may see."""
    return ApiRefusal(404, "not_found", detail)


def problem(
    status: int, code: str, detail: str | Promise | None = None, **members: Any
) -> HttpResponse:
    """Return a problem document; "busy" says when to try again."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": str(detail or DETAILS.get(code, DETAILS["invalid"])),
        **members,
    }
    response = HttpResponse(json.dumps(document), status=status, content_type=PROBLEM_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = "1"
    return response


def problem_of_refusal(refusal: Refusal, **members: Any) -> HttpResponse:
    """Return a service's refusal as a problem document."""
    response = problem(refusal.status, refusal.code, refusal.message, **members)
    retry_after = getattr(refusal, "retry_after", None)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


class ApiProblems:
    """Middleware: whatever goes wrong under /api/, the answer is a problem document.

    So it is for unknown paths, wrong methods, bodies that are too large, and crashes,
    which no view of the API sees. Answers of the API are never stored on the way.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.path_info.startswith(API_PREFIX):
            return response
        if response.status_code >= 400 and response.get("Content-Type") != PROBLEM_TYPE:
            response = _as_problem(response)
        response.setdefault("Cache-Control", "no-store")
        if "json" in response.get("Content-Type", ""):
            # Data runs nothing, wherever a browser is made to show it.
            response["Content-Security-Policy"] = DATA_POLICY
        return response


def _as_problem(response: HttpResponseBase) -> HttpResponse:
    status = response.status_code
    code = CODES.get(status, "error" if status >= 500 else "invalid")
    document = problem(status, code)
    for header in KEPT_HEADERS:
        if header in response:
            document[header] = response[header]
    return document
