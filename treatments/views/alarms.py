"""The strip that calls staff, on whatever page they are: needles that should be out."""

from datetime import datetime, timedelta
from hashlib import blake2s

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bookings.selectors.running import OpenTimer, open_timers
from clinic.domain.roster import day_bounds
from clinic.models import Practitioner, User
from clinic.permissions import RUN_DESK, SEE_DAY, may
from clinic.selectors.catalogue import catalogue
from clinic.views.access import SignedInRequest, needs
from treatments.views.retention import DESK_CALLED_AFTER, overdue_words


@needs(SEE_DAY)
@require_GET
def day_alarms(request: SignedInRequest) -> HttpResponse:
    """Return the overdue needles that call this person; 204 while the page shows just these.

    The desk is called for all rooms after three minutes, practitioners for their own at once.
    `but` names the location whose timers of today the page counts itself.
    """
    now = timezone.now()
    timers = _elsewhere(open_timers(now=now), request.GET.get("but", ""), now)
    lines = [_line(timer) for timer in _called(request.user, timers)]
    shown = blake2s(repr(lines).encode(), digest_size=8).hexdigest() if lines else ""
    if request.GET.get("shown", "") == shown:
        return HttpResponse(status=204)
    return render(request, "treatments/day_alarms.html", {"lines": lines, "shown": shown})


def _elsewhere(timers: list[OpenTimer], but: str, now: datetime) -> list[OpenTimer]:
    here = catalogue().location(but) if but else None
    if here is None:
        return timers
    today = day_bounds(here.zone, now.astimezone(here.zone).date())
    return [
        timer
        for timer in timers
        if timer.location_id != here.id or not today.starts_at <= timer.starts_at < today.ends_at
    ]


def _called(user: User, timers: list[OpenTimer]) -> list[OpenTimer]:
    over = [timer for timer in timers if timer.over >= timedelta()]
    own = _own_id(user) if over else None
    is_desk = may(user, RUN_DESK)
    return [
        timer
        for timer in over
        if timer.practitioner_id == own or (is_desk and timer.over >= DESK_CALLED_AFTER)
    ]


def _own_id(user: User) -> int | None:
    if not user.is_practitioner:
        return None
    return Practitioner.objects.filter(user=user).values_list("pk", flat=True).first()


def _line(timer: OpenTimer) -> str:
    words = overdue_words(timer.room, timer.due_at, timer.due_at + timer.over)
    return _("%(words)s, %(name)s") % {"words": words, "name": timer.practitioner}
