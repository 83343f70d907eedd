"""The week: by practitioner and by room, drawn by a script; without one a list by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from bookings.domain.lifecycle import State
from bookings.models import STATE_LABELS, Appointment
from bookings.selectors.weeks import Week, week_of
from clinic.formatting import day, plain_date, time_span, zone_words
from clinic.models import User
from clinic.permissions import MOVE_VISIT, RUN_DESK, SEE_DAY, WAIVE_NOTICE, may
from clinic.selectors.catalogue import Catalogue, LocationFacts, catalogue
from clinic.views.access import SignedInRequest, needs
from treatments.forms.calendar import CalendarQuery, FilterForm
from treatments.views.calendar_data import WrongQuestion, place_asked, shown_asked
from treatments.views.day import remember_location
from treatments.views.rows import papers_mark, will_be_there

NO_ID = "00000000-0000-0000-0000-000000000000"
"""Stands for a visit's id in the addresses that the script fills in."""
ONE_WEEK = timedelta(days=7)
TONES = {
    State.HELD: "gold",
    State.BOOKED: "pine",
    State.ARRIVED: "clay",
    State.IN_SESSION: "clay",
    State.COMPLETED: "pine",
    State.CANCELLED: "line",
    State.NO_SHOW: "danger",
    State.NOT_TREATED: "gold",
    State.EXPIRED: "line",
}
"""The colours of the states, as in components/status.html; the word is always there."""


@dataclass(frozen=True, slots=True)
class ListedVisit:
    """A visit in the list by day."""

    id: str
    time: str
    name: str
    who: str
    room: str
    service: str
    says: str
    tone: str
    promised: bool
    papers: str
    url: str
    move_url: str


@dataclass(frozen=True, slots=True)
class ListedDay:
    """A date of the list; `notes` are time off and closures."""

    label: str
    is_today: bool
    day_url: str
    visits: Sequence[ListedVisit]
    notes: Sequence[str]


@gzip_page
@needs(SEE_DAY)
@require_safe
def calendar(request: SignedInRequest) -> HttpResponse:
    """Show a week of a location; a script draws it, the list stands without."""
    now = timezone.now()
    snapshot = catalogue()
    query = CalendarQuery(request.GET)
    if not query.is_valid():
        raise Http404
    try:
        location = place_asked(request, snapshot)
        shown = shown_asked(request, snapshot, location)
    except WrongQuestion as wrong:
        raise Http404 from wrong
    remember_location(request, location)
    today = now.astimezone(location.zone).date()
    on = query.cleaned_data["date"] or today
    monday = on - timedelta(days=on.isoweekday() - 1)
    week = week_of(
        snapshot=snapshot,
        location=location,
        first_date=monday,
        end_date=monday + ONE_WEEK,
        shown=shown,
        user=request.user,
        now=now,
    )
    by = query.cleaned_data["by"] or "practitioner"
    address = _Address(request, location, by)
    return render(
        request,
        "treatments/calendar.html",
        {
            "title": _("Week of %(day)s") % {"day": plain_date(monday)},
            "zone": zone_words(location.name),
            "location": location,
            "places": _places(snapshot, location, on),
            "date": on.isoformat(),
            "by": by,
            "is_desk": may(request.user, RUN_DESK),
            "filters": FilterForm(request.GET, snapshot=snapshot, location=location),
            "links": {
                "previous": address.of(monday - ONE_WEEK),
                "today": address.of(today),
                "next": address.of(monday + ONE_WEEK),
                "clear": f"{reverse('calendar')}?{urlencode({'date': on.isoformat()})}",
            },
            "is_filtered": address.is_filtered,
            "count": len(week.visits),
            "days": _days(week, snapshot, request.user, now),
            "config": _config(request.user, location, on, today, by, now),
        },
    )


@dataclass(frozen=True, slots=True)
class _Address:
    request: SignedInRequest
    location: LocationFacts
    by: str

    @property
    def _filters(self) -> dict[str, str]:
        names = ("practitioner", "room", "service", "state")
        return {name: value for name in names if (value := self.request.GET.get(name))}

    @property
    def is_filtered(self) -> bool:
        return bool(self._filters)

    def of(self, on: date) -> str:
        """Return the address of another week with the same choices."""
        asked = {"location": self.location.slug, "date": on.isoformat(), "by": self.by}
        return f"{reverse('calendar')}?{urlencode({**asked, **self._filters})}"


def _places(snapshot: Catalogue, location: LocationFacts, on: date) -> list[dict[str, Any]]:
    if len(snapshot.locations) < 2:
        return []
    return [
        {
            "name": item.name,
            "url": f"{reverse('calendar')}?"
            + urlencode({"location": item.slug, "date": on.isoformat()}),
            "is_here": item.id == location.id,
        }
        for item in snapshot.locations.values()
    ]


def _days(week: Week, snapshot: Catalogue, user: User, now: datetime) -> list[ListedDay]:
    zone = week.location.zone
    visits: dict[date, list[Appointment]] = {}
    for visit in week.visits:
        visits.setdefault(visit.starts_at.astimezone(zone).date(), []).append(visit)
    dates = [week.first_date + timedelta(days=number) for number in range(7)]
    today = now.astimezone(zone).date()
    return [
        ListedDay(
            label=day(on),
            is_today=on == today,
            day_url=_day_url(week.location, on),
            visits=[_listed(visit, week, snapshot, user, now) for visit in visits.get(on, ())],
            notes=_notes(week, on),
        )
        for on in dates
    ]


def _listed(
    visit: Appointment, week: Week, snapshot: Catalogue, user: User, now: datetime
) -> ListedVisit:
    is_held = visit.client is None
    movable = visit.state_now is State.BOOKED and may(user, MOVE_VISIT, visit)
    move = reverse("visit-move", args=[visit.public_id])
    return ListedVisit(
        id=str(visit.public_id),
        time=time_span(visit.starts_at, visit.ends_at, week.location.zone),
        name=_("Being booked") if visit.client is None else visit.client.name,
        who=visit.practitioner.name,
        room=visit.room.name,
        service=visit.service.name,
        says=str(STATE_LABELS[visit.state_now]),
        tone=TONES[visit.state_now],
        promised=will_be_there(visit),
        papers=papers_mark(visit, snapshot, now),
        url="" if is_held else reverse("visit", args=[visit.public_id]),
        move_url=f"{move}?back=calendar" if movable else "",
    )


def _notes(week: Week, on: date) -> list[str]:
    """Name who is away and what is closed on a date, in the words of the day's notices."""
    zone = week.location.zone
    notes = []
    for item in week.time_off:
        first, last = item.starts_at.astimezone(zone), item.ends_at.astimezone(zone)
        if first.date() <= on and (last.date() > on or (last.date() == on and last.hour > 0)):
            whose = item.practitioner or item.room or item.location
            name = item.name or str(item.get_kind_display())
            notes.append(_("%(whose)s: %(name)s") % {"whose": whose, "name": name})
    return notes


def _day_url(location: LocationFacts, on: date) -> str:
    return f"{reverse('day')}?{urlencode({'location': location.slug, 'date': on.isoformat()})}"


def _config(
    user: User, location: LocationFacts, on: date, today: date, by: str, now: datetime
) -> dict[str, Any]:
    """Return what the script needs: addresses, the day, whose time, and its words."""
    offset = now.astimezone(location.zone).strftime("%z")
    return {
        "visits": reverse("calendar-visits"),
        "stamp": reverse("calendar-stamp"),
        "visit": reverse("visit", args=[NO_ID]),
        "form": f"{reverse('visit-move', args=[NO_ID])}?back=calendar",
        "move": reverse("calendar-move", args=[NO_ID]),
        "noId": NO_ID,
        "location": location.slug,
        "date": on.isoformat(),
        "today": today.isoformat(),
        "by": by,
        "offset": f"{offset[:3]}:{offset[3:]}",
        "mayWaive": may(user, WAIVE_NOTICE),
        "words": _words(),
    }


def _words() -> dict[str, str]:
    return {
        "week": _("Week of {day}"),
        "am": _("{time}am"),
        "pm": _("{time}pm"),
        "midday": _("midday"),
        "midnight": _("midnight"),
        "span": _("{start} to {end}"),
        "one": _("1 visit"),
        "many": _("{count} visits"),
        "none": _("no visits"),
        "promised": _("Will be there"),
        "session": _("session {place}"),
        "room": _("Room"),
        "practitioner": _("Practitioner"),
        "when": _("When"),
        "what": _("What"),
        "state": _("State"),
        "undone": _("Moved back."),
        "failed": _("That did not get through. Check the connection and try again."),
        "gone": _("This visit is not here any more."),
        "stays": _("Nothing was changed."),
        "changed": _("The calendar was brought up to date."),
        "turnover": _("Room ready again at {time}"),
        "reasonMissing": _("Say why. It is kept with the visit."),
    }
