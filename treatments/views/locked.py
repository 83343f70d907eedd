"""The locked screen: rooms and timers on the clinic's own devices, and how to open it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from allauth.account.adapter import get_adapter
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from clinic.accounts.devices import device_of
from clinic.accounts.locking import is_own_path
from clinic.accounts.screens import begin_activity
from clinic.accounts.unsent import has_unsent
from clinic.context_processors import House
from clinic.formatting import time_of_day
from clinic.forms.locking import OpeningForm
from clinic.models import ClinicDevice, User
from clinic.refusals import Refusal
from clinic.selectors.devices import has_pin
from clinic.services.pins import use_pin
from clinic.views.components import Text
from treatments.selectors.locked_rooms import RoomNow, RoomState, rooms_now
from treatments.views.retention import DESK_CALLED_AFTER, MINUTE, Timer

WORDS = {
    RoomState.FREE: gettext_lazy("Free"),
    RoomState.HANDS: gettext_lazy("Hands at work"),
    RoomState.RESTING: gettext_lazy("Resting"),
    RoomState.OVERDUE: gettext_lazy("Take out now"),
}


ICONS = {
    RoomState.FREE: "door",
    RoomState.HANDS: "person",
    RoomState.RESTING: "rest",
    RoomState.OVERDUE: "alert",
}


@dataclass(frozen=True, slots=True)
class RoomCard:
    """A room on the locked screen, with a timer while needles are in."""

    room: str
    state: str
    words: Text
    icon: str
    who: str
    timer: Timer | None


@dataclass(frozen=True, slots=True)
class Way:
    """A way to show who one is."""

    label: str
    url: str


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def locked(request: HttpRequest) -> HttpResponse:
    """Show the locked screen; POST opens it with a PIN, on the clinic's own devices."""
    device = device_of(request)
    if not House(request).is_locked and (request.user.is_authenticated or device is None):
        return _open_already(request)
    form = OpeningForm(request.POST or None)
    if request.method == "POST" and device is not None and form.is_valid():
        try:
            return _open(request, form.cleaned_data["pin"])
        except Refusal as refusal:
            form.add_error("pin", str(refusal.message))
    context = {
        **_opening(request, form, device),
        **(_board(device, request.user, timezone.now()) if device else {}),
    }
    return render(request, "treatments/locked.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
def locked_rooms(request: HttpRequest) -> HttpResponse:
    """Show the rooms alone, for a locked screen that asks again and again."""
    device = device_of(request)
    is_open = request.user.is_authenticated and not House(request).is_locked
    if device is None or is_open:
        response = HttpResponse()
        response["HX-Redirect"] = request.headers.get("HX-Current-URL", reverse("locked"))
        return response
    context = _board(device, request.user, timezone.now())
    return render(request, "treatments/locked_rooms.html", context)


def _open_already(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(_back_to(request))
    return redirect_to_login(_back_to(request))


def _open(request: HttpRequest, pin: str) -> HttpResponse:
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(_back_to(request))
    use_pin(user=user, pin=pin)
    begin_activity(request.session, timezone.now())
    return redirect(_back_to(request))


def _back_to(request: HttpRequest) -> str:
    """Return where an opened screen goes: what could not be sent, or where it came from."""
    if has_unsent(request.session):
        return reverse("unsent")
    wanted = request.GET.get("next", "")
    return wanted if is_own_path(wanted) else get_adapter().get_login_redirect_url(request)


def _opening(
    request: HttpRequest, form: OpeningForm, device: ClinicDevice | None
) -> dict[str, Any]:
    """Return who may open the screen, and how."""
    user = request.user if isinstance(request.user, User) else None
    back = _back_to(request)
    return {
        "device": device,
        "who": user.get_short_name() if user else "",
        "form": form if user and device and has_pin(user) else None,
        "ways": _ways(user, back) if user else [],
        "has_unsent": has_unsent(request.session),
        "sign_in_url": f"{resolve_url('account_login')}?{urlencode({'next': back})}",
    }


def _ways(user: User, back: str) -> list[Way]:
    words = {
        "reauthenticate": _("Open with your password"),
        "mfa_reauthenticate": _("Open with your authenticator app"),
        "mfa_reauthenticate:webauthn": _("Open with your passkey"),
    }
    methods = sorted(
        get_adapter().get_reauthentication_methods(user),
        key=lambda method: method["id"] != "mfa_reauthenticate:webauthn",
    )
    return [
        Way(words[method["id"]], f"{method['url']}?{urlencode({'next': back})}")
        for method in methods
    ]


def _board(device: ClinicDevice, user: Any, now: datetime) -> dict[str, Any]:
    zone = ZoneInfo(device.location.zone)
    is_of_desk = isinstance(user, User) and user.is_desk and not user.is_practitioner
    later = DESK_CALLED_AFTER if is_of_desk else timedelta()
    rooms = rooms_now(device.location, now)
    return {
        "cards": [_card(room, zone, now, later) for room in rooms],
        "location": device.location,
        "now_iso": now.isoformat(),
        "now_words": time_of_day(now, zone),
    }


def _card(found: RoomNow, zone: ZoneInfo, now: datetime, later: timedelta) -> RoomCard:
    return RoomCard(
        room=found.room.name,
        state=found.state,
        words=WORDS[found.state],
        icon=ICONS[found.state],
        who=found.practitioner_first_name,
        timer=_timer(found, found.due_at, zone, now, later) if found.due_at else None,
    )


def _timer(
    found: RoomNow, due_at: datetime, zone: ZoneInfo, now: datetime, later: timedelta
) -> Timer:
    """Make the timer of a room; screens of the desk call somewhat later than others."""
    return Timer(
        key=f"room-{found.room.pk}",
        room=found.room.name,
        room_id=found.room.pk,
        who=found.practitioner_first_name,
        calls_for=found.practitioner_first_name if later else "",
        due_iso=due_at.isoformat(),
        alarm_iso=(due_at + later).isoformat(),
        due=time_of_day(due_at, zone),
        minutes=abs(now - due_at) // MINUTE,
        is_over=due_at <= now,
    )
