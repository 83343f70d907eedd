"""The day: who comes when, to whom, where; and what is happening."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRedirect

from bookings.selectors.stamps import day_stamp
from clinic.formatting import day as day_words
from clinic.formatting import near_day, zone_words
from clinic.permissions import RUN_DESK, SEE_DAY, SEE_OWN_PAPERS, may
from clinic.selectors.catalogue import Catalogue, LocationFacts, catalogue
from clinic.views.access import SignedInRequest, needs
from treatments.forms.desk import DayQuery
from treatments.views.board import board
from treatments.views.steps import Failure

LAST_LOCATION = "desk_location"


CLOCK_HEADER = "X-Now"
"""The server's time with each answer: every device counts by it."""


@gzip_page
@needs(SEE_DAY)
def day(request: SignedInRequest) -> HttpResponse:
    """Show a day of a location: the practitioner's moment, the grid, the list."""
    now = timezone.now()
    snapshot = catalogue()
    location, on = _asked(request, snapshot, now)
    return day_page(request, snapshot, location, on, now)


@gzip_page
@needs(SEE_DAY)
@require_GET
def day_board(request: SignedInRequest) -> HttpResponse:
    """Answer a poll: the board, or nothing (204) while it looks as the sender's stamp says.

    Only a page of today polls: one that stands since before midnight is led to the new day.
    """
    now = timezone.now()
    snapshot = catalogue()
    location, on = _asked(request, snapshot, now)
    today = now.astimezone(location.zone).date()
    if on < today and "stamp" in request.GET:
        return _with_clock(HttpResponseClientRedirect(day_url(location.slug, today)))
    stamp = day_stamp(snapshot=snapshot, location=location, on=on, user=request.user, now=now)
    if request.GET.get("stamp") == stamp:
        answer = HttpResponse(status=204)
    else:
        shown = board(user=request.user, snapshot=snapshot, location=location, on=on, now=now)
        answer = render(request, "treatments/day_board.html", shown)
    return _with_clock(answer)


def _with_clock(answer: HttpResponse) -> HttpResponse:
    answer[CLOCK_HEADER] = timezone.now().isoformat()
    return answer


def day_page(
    request: SignedInRequest,
    snapshot: Catalogue,
    location: LocationFacts,
    on: date,
    now: datetime,
    failure: Failure | None = None,
) -> HttpResponse:
    """Return the page of a day; 422 and what was typed where a step was refused."""
    today = now.astimezone(location.zone).date()
    shown = board(
        user=request.user, snapshot=snapshot, location=location, on=on, now=now, failure=failure
    )
    page: dict[str, Any] = {
        "title": day_words(on),
        "near": near_day(on, today) if abs((on - today).days) <= 1 else "",
        "location": location,
        "zone": zone_words(location.name),
        "zone_name": location.zone.key,
        "date": on.isoformat(),
        "links": _links(location, on, today),
        "places": _places(snapshot, location, on),
        "feed_url": reverse("day-feed") if may(request.user, SEE_OWN_PAPERS) else "",
        "may_book": may(request.user, RUN_DESK),
        "alarms_but": location.slug if on == today else "",
    }
    status = 422 if failure is not None else 200
    return _with_clock(render(request, "treatments/day.html", {**shown, **page}, status=status))


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
        "board": f"{reverse('day-board')}?{day_url(location.slug, on).partition('?')[2]}",
        "book": f"{reverse('day-book')}?{day_url(location.slug, on).partition('?')[2]}",
    }


def _places(snapshot: Catalogue, location: LocationFacts, on: date) -> list[dict[str, str | bool]]:
    if len(snapshot.locations) < 2:
        return []
    return [
        {"name": item.name, "url": day_url(item.slug, on), "is_here": item.id == location.id}
        for item in snapshot.locations.values()
    ]
