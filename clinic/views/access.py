"""Who may open a page: nobody, unless a rule says so."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from clinic.accounts.locking import SAFE_METHODS, lead_to, page_of
from clinic.models import AccessLog, Client, User
from clinic.permissions import may

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Look:
    """A page that showed the record of a client."""

    client: Client
    kind: AccessLog.Kind
    at: datetime


class SignedInRequest(HttpRequest):
    """A request that passed `needs` or `signed_in`: there is a login."""

    user: User
    looks: list[Look]


def keep_look(
    request: SignedInRequest, client: Client, kind: AccessLog.Kind, now: datetime
) -> None:
    """Have `clinic.middleware.KeptLooks` write down that this page shows a client's record."""
    request.looks = [*getattr(request, "looks", ()), Look(client, kind, now)]


def signed_in(view: Callable[Concatenate[Any, P], HttpResponseBase]) -> View[P]:
    """Let signed-in people in; send others to the sign-in page and back."""
    return _guarded(view, permission=None)


def needs(
    permission: str,
) -> Callable[[Callable[Concatenate[Any, P], HttpResponseBase]], View[P]]:
    """Let signed-in people with a permission in; for everybody else there is no such page.

    Visitors go to the sign-in page and back, people without the permission get a 404.
    """

    def guard(view: Callable[Concatenate[Any, P], HttpResponseBase]) -> View[P]:
        return _guarded(view, permission=permission)

    return guard


def _guarded(
    view: Callable[Concatenate[Any, P], HttpResponseBase], *, permission: str | None
) -> View[P]:
    @functools.wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        user = request.user
        if not user.is_authenticated or not user.is_active:
            return _to_sign_in(request)
        if permission is not None and not may(user, permission):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in page and, after it, back to the page that somebody was looking at.

    A form that was sent is not done, and says so. What a page fetches by itself takes the whole
    page there: a part of it can't hold the sign-in page.
    """
    if request.method not in SAFE_METHODS:
        messages.warning(request, _("You were signed out: what you did last was not done."))
    back = page_of(request)
    sign_in = redirect_to_login(back).url if back else resolve_url(settings.LOGIN_URL)
    return lead_to(request, sign_in)
