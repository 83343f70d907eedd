"""The two steps of signing in by code as bare pages, for tests of the service alone."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from clinic.refusals import Refusal
from clinic.services.sign_in import (
    awaited_address,
    finish_code_sign_in,
    resend_code,
    start_code_sign_in,
)


def begin(request: HttpRequest) -> HttpResponse:
    request.session["kept"] = "a hold"
    try:
        start_code_sign_in(request, request.POST["email"])
    except Refusal as refusal:
        return _refused(refusal)
    return JsonResponse({"awaited": awaited_address(request)})


def again(request: HttpRequest) -> HttpResponse:
    try:
        resend_code(request)
    except Refusal as refusal:
        return _refused(refusal)
    return JsonResponse({"awaited": awaited_address(request)})


def enter(request: HttpRequest) -> HttpResponse:
    try:
        user = finish_code_sign_in(request, request.POST["code"], next_url="/whoami")
    except Refusal as refusal:
        return _refused(refusal)
    return JsonResponse({"user": user.email, "kept": request.session.get("kept")})


def whoami(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"user": getattr(request.user, "email", None)})


def _refused(refusal: Refusal) -> HttpResponse:
    facts = {"refused": refusal.code, "url": getattr(refusal, "url", None)}
    return JsonResponse(facts, status=refusal.status)


urlpatterns = [
    path("begin", begin),
    path("again", again),
    path("enter", enter),
    path("whoami", whoami),
    path("", include("clinic.urls")),
]
