"""The front page: what the clinic offers, and the next free times."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bookings.selectors.nearest import next_free_start
from bookings.selectors.questions import SlotQuestion
from bookings.views.choosing import service_note
from bookings.views.picker import value_of
from clinic import formatting
from clinic.models import Service
from clinic.selectors.catalogue import Catalogue, LocationFacts, ServiceFacts, catalogue

SERVICES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class NextTime:
    """The earliest start of a service, as a link straight to that time."""

    when: str
    service: str
    minutes: str
    url: str


@dataclass(frozen=True, slots=True)
class NextTimes:
    """The earliest starts at a location."""

    place: str
    zone: str
    times: list[NextTime]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Welcome, and show the way to the earliest visit in one tap."""
    facts = catalogue()
    now = timezone.now()
    anyone = [
        item for item in facts.services.values() if item.bookable_by == Service.BookableBy.ANYONE
    ]
    return render(
        request,
        "bookings/home.html",
        {
            "next_times": [
                _next_times(facts, place, anyone[:SERVICES_SHOWN], now)
                for place in facts.locations.values()
            ],
            "services": [
                {
                    "name": item.name,
                    "slug": item.slug,
                    "summary": item.summary,
                    "note": service_note(item),
                }
                for item in facts.services.values()
                if facts.locations_of(item.id, now)
            ],
        },
    )


def _next_times(
    facts: Catalogue, place: LocationFacts, services: list[ServiceFacts], now: datetime
) -> NextTimes:
    found = []
    for service in services:
        if place not in facts.locations_of(service.id, now):
            continue
        start = next_free_start(_question(facts, service, place, now), now)
        if start is not None:
            found.append((start, _next_time(service, place, start, now)))
    found.sort(key=lambda pair: pair[0])
    return NextTimes(place.name, formatting.zone_words(place.name), [item for _at, item in found])


def _question(
    facts: Catalogue, service: ServiceFacts, place: LocationFacts, now: datetime
) -> SlotQuestion:
    today = now.astimezone(place.zone).date()
    return SlotQuestion(
        catalogue=facts,
        service=service,
        location=place,
        first_date=today,
        end_date=today + timedelta(days=1),
    )


def _next_time(
    service: ServiceFacts, place: LocationFacts, start: datetime, now: datetime
) -> NextTime:
    local = start.astimezone(place.zone)
    day = formatting.near_day(local.date(), now.astimezone(place.zone).date())
    query = {
        "service": service.slug,
        "location": place.slug,
        "practitioner": "any",
        "date": local.date().isoformat(),
        "time": value_of(start),
    }
    return NextTime(
        when=_("%(day)s, %(time)s") % {"day": day, "time": formatting.clock(local.time())},
        service=service.name,
        minutes=formatting.minutes_words(service.client_minutes),
        url=f"{reverse('book-times')}?{urlencode(query)}",
    )
