"""The lock of a staff screen: by hand, kept open, the own PIN, what could not be sent."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.accounts.locking import is_own_path, locked_url
from clinic.accounts.screens import lock_now
from clinic.accounts.unsent import Unsent, take_unsent, words_of
from clinic.forms.locking import PinForm
from clinic.permissions import LOCK_SCREEN
from clinic.refusals import Refusal
from clinic.selectors.devices import has_pin
from clinic.services.pins import set_pin
from clinic.views.access import SignedInRequest, needs


@require_POST
@needs(LOCK_SCREEN)
def lock(request: SignedInRequest) -> HttpResponse:
    """Lock the screen; `next` is the page to come back to."""
    lock_now(request.session, timezone.now())
    back = request.POST.get("next", "")
    return redirect(locked_url(back if is_own_path(back) else reverse("day")))


@require_POST
@needs(LOCK_SCREEN)
def awake(request: SignedInRequest) -> HttpResponse:
    """Say that somebody is at the screen; the middleware has noted it."""
    return HttpResponse(status=204)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(LOCK_SCREEN)
@reauthentication_required
def pin(request: SignedInRequest) -> HttpResponse:
    """Set the own PIN, after a fresh confirmation that it is this person."""
    form = PinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            set_pin(user=request.user, pin=form.cleaned_data["pin"], now=timezone.now())
        except Refusal as refusal:
            form.add_error("pin", str(refusal.message))
        else:
            messages.success(request, _("Your PIN is set. It opens this clinic's own devices."))
            return redirect("day")
    context = {
        "title": _("Your PIN"),
        "form": form,
        "has_pin": has_pin(request.user),
        "back_url": reverse("day"),
    }
    return render(request, "clinic/pin.html", context, status=422 if form.errors else 200)


@require_safe
@needs(LOCK_SCREEN)
def unsent(request: SignedInRequest) -> HttpResponse:
    """Show, once, what was sent while the screen was locked, ready to be sent now."""
    kept = take_unsent(request.session)
    if kept is None:
        return redirect("day")
    return render(request, "clinic/unsent.html", {"title": _("Not sent yet"), **_words(kept)})


def _words(kept: Unsent) -> dict[str, Any]:
    return {
        "kept": kept,
        "typed": words_of(kept.fields),
    }
