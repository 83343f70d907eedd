"""Who may open a page: nobody, unless a rule says so."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase

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
    look: Look


def keep_look(
    request: SignedInRequest, client: Client, kind: AccessLog.Kind, now: datetime
) -> None:
    """Have `clinic.middleware.KeptLooks` write down that this page shows a client's record."""
    request.look = Look(client, kind, now)


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
            return redirect_to_login(request.get_full_path())
        if permission is not None and not may(user, permission):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
