"""The day: who comes when, to whom, where; and what is happening."""

from collections import Counter
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.domain.lifecycle import State
from bookings.models import TimeOff
from bookings.selectors.days import Day, day_of, left_open
from clinic.formatting import day as day_words
from clinic.formatting import near_day, time_span, zone_words
from clinic.permissions import RUN_DESK, SEE_DAY, SEE_OWN_PAPERS, may
from clinic.selectors.catalogue import Catalogue, LocationFacts, catalogue
from clinic.views.access import SignedInRequest, needs
from treatments.forms.desk import DayQuery
from treatments.views.diary import gaps, timeline
from treatments.views.rows import visit_row

LAST_LOCATION = "desk_location"


@needs(SEE_DAY)
def day(request: SignedInRequest) -> HttpResponse:
    """Show a day of a location: as a grid where there is room, and as a list."""
    now = timezone.now()
    snapshot = catalogue()
    location, on = _asked(request, snapshot, now)
    seen = day_of(snapshot=snapshot, location=location, on=on, user=request.user, now=now)
    is_desk = may(request.user, RUN_DESK)
    today = now.astimezone(location.zone).date()
    return render(
        request,
        "treatments/day.html",
        {
            "title": day_words(on),
            "near": near_day(on, today) if abs((on - today).days) <= 1 else "",
            "location": location,
            "zone": zone_words(location.name),
            "date": on.isoformat(),
            "is_today": on == today,
            "is_desk": is_desk,
            "links": _links(location, on, today),
            "places": _places(snapshot, location, on),
            "tally": _tally(seen),
            "notices": [_notice(item, location) for item in seen.time_off],
            "left_open": left_open(request.user, now).count() if on == today else 0,
            "feed_url": reverse("day-feed") if may(request.user, SEE_OWN_PAPERS) else "",
            "timeline": timeline(seen, now, may_book=is_desk),
            "gaps": gaps(seen, now) if is_desk else [],
            "rows": [
                visit_row(
                    visit,
                    now,
                    can_undo=visit.pk in seen.undoable,
                    by=request.user,
                    facts=snapshot,
                )
                for visit in seen.visits
            ],
        },
    )


def usual_location(request: HttpRequest, snapshot: Catalogue) -> LocationFacts:
    """Return the location that this person looked at last, or the first."""
    found = snapshot.location(request.session.get(LAST_LOCATION, ""))
    location = found or next(iter(snapshot.locations.values()), None)
    if location is None:
        raise Http404(_("There is no location yet. A manager adds one in the admin."))
    return location


def remember_location(request: HttpRequest, location: LocationFacts) -> None:
    """Keep which location this person looks at."""
    if request.session.get(LAST_LOCATION) != location.slug:
        request.session[LAST_LOCATION] = location.slug


def day_url(location_slug: str, on: date) -> str:
    """Return the address of a day."""
    query = urlencode({"location": location_slug, "date": on.isoformat()})
    return f"{reverse('day')}?{query}"


def _asked(request: HttpRequest, snapshot: Catalogue, now: datetime) -> tuple[LocationFacts, date]:
    query = DayQuery(request.GET)
    if not query.is_valid():
        raise Http404
    slug = query.cleaned_data["location"]
    location = snapshot.location(slug) if slug else usual_location(request, snapshot)
    if location is None:
        raise Http404
    remember_location(request, location)
    return location, query.cleaned_data["date"] or now.astimezone(location.zone).date()


def _links(location: LocationFacts, on: date, today: date) -> dict[str, str]:
    return {
        "previous": day_url(location.slug, on - timedelta(days=1)),
        "next": day_url(location.slug, on + timedelta(days=1)),
        "today": day_url(location.slug, today),
        "here": day_url(location.slug, on),
        "book": f"{reverse('day-book')}?{day_url(location.slug, on).partition('?')[2]}",
    }


def _places(snapshot: Catalogue, location: LocationFacts, on: date) -> list[dict[str, str | bool]]:
    if len(snapshot.locations) < 2:
        return []
    return [
        {"name": item.name, "url": day_url(item.slug, on), "is_here": item.id == location.id}
        for item in snapshot.locations.values()
    ]


def _tally(seen: Day) -> list[tuple[int, str]]:
    count = Counter(visit.state_now for visit in seen.visits)
    here = count[State.ARRIVED] + count[State.IN_SESSION]
    expected = sum(count[state] for state in (State.BOOKED, State.COMPLETED)) + here
    missed = count[State.NO_SHOW] + count[State.NOT_TREATED] + count[State.CANCELLED]
    return [
        (expected, ngettext("visit", "visits", expected)),
        (count[State.BOOKED], _("to come")),
        (here, _("here now")),
        (count[State.COMPLETED], _("done")),
        (missed, _("cancelled, missed or not treated")),
    ]


def _notice(item: TimeOff, location: LocationFacts) -> str:
    name = item.name or str(item.get_kind_display())
    whose = item.practitioner or item.room or item.location
    is_whole_days = item.ends_at - item.starts_at >= timedelta(hours=23)
    if is_whole_days:
        return _("%(whose)s: %(name)s") % {"whose": whose, "name": name}
    span = time_span(item.starts_at, item.ends_at, location.zone)
    return _("%(whose)s: %(name)s, %(span)s") % {"whose": whose, "name": name, "span": span}
