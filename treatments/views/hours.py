"""When a practitioner works and is away, and the ways to change it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookings.models import TimeOff
from bookings.selectors.cover_needed import cover_needed
from clinic.domain.intervals import Interval
from clinic.domain.roster import Roster
from clinic.domain.roster_changes import turns_after, weekly_on
from clinic.formatting import day_and_year, zone_words
from clinic.models import Location, Practitioner, User
from clinic.permissions import EDIT_HOURS, RUN_DESK, SEE_DAY, SEE_HOURS, TAKE_TIME_OFF, may
from clinic.selectors.catalogue import catalogue
from clinic.selectors.rosters import rosters_of
from clinic.views.access import SignedInRequest, needs
from treatments.views.hours_words import clock_of, dated_words, span_words, week_lines

SUNDAY = 7


@never_cache
@require_safe
@needs(SEE_DAY)
def hours(request: SignedInRequest) -> HttpResponse:
    """Show one's own hours; the desk chooses whose."""
    own = Practitioner.objects.filter(user=request.user).first()
    if own is not None and may(request.user, SEE_HOURS, own):
        return redirect("hours-of", own.public_id)
    if not may(request.user, RUN_DESK):
        raise Http404
    context = {"title": _("Hours"), "people": _people(None)}
    return render(request, "treatments/hours_people.html", context)


@never_cache
@require_safe
@needs(SEE_DAY)
def hours_of(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show a practitioner's week at each location, dates that differ, and time off."""
    person = person_named(public_id)
    must(request.user, SEE_HOURS, person)
    now = timezone.now()
    rosters = rosters_of(person.pk)
    known = all_places()
    places = places_of(rosters, known)
    is_desk = may(request.user, RUN_DESK)
    can_edit = may(request.user, EDIT_HOURS, person)
    context = {
        "title": _("Hours"),
        "person": person,
        "is_own": person.user_id == request.user.pk,
        "people": _people(person) if is_desk else [],
        "weeks": [
            _week(person, place, rosters[place.pk], now) for place in places if place.pk in rosters
        ],
        "others": _others(person, known, rosters) if can_edit else [],
        "dates": [line for place in places for line in _dates(person, place, rosters, now)],
        "quick": _quick(person, places[0], now),
        "away": _away(person, places, now),
        "cover": _cover_words(person, now),
        "is_desk": is_desk,
        "can_edit": can_edit,
        "can_take": may(request.user, TAKE_TIME_OFF, TimeOff(practitioner=person)),
        "off_url": reverse("hours-off", args=[person.public_id]),
        "date_url": reverse("hours-date", args=[person.public_id]),
    }
    return render(request, "treatments/hours.html", context)


def person_named(public_id: UUID) -> Practitioner:
    """Return the practitioner of that public id, or 404."""
    person = Practitioner.objects.filter(public_id=public_id).first()
    if person is None:
        raise Http404
    return person


def must(user: User, permission: str, thing: object) -> None:
    """Answer 404 to whom something is none of their business."""
    if not may(user, permission, thing):
        raise Http404


def all_places() -> list[Location]:
    """Return the locations that are open, by name."""
    return list(Location.objects.filter(is_active=True).order_by("name", "pk"))


def places_of(rosters: Mapping[int, Roster], known: Sequence[Location]) -> list[Location]:
    """Return where somebody works; all locations for somebody without hours yet."""
    places = [place for place in known if place.pk in rosters] or list(known)
    if not places:
        raise Http404
    return places


def _people(shown: Practitioner | None) -> list[dict[str, Any]]:
    return [
        {
            "name": person.name,
            "url": reverse("hours-of", args=[person.public_id]),
            "is_shown": shown is not None and person.id == shown.pk,
        }
        for person in catalogue().practitioners.values()
    ]


def _week(person: Practitioner, place: Location, roster: Roster, now: datetime) -> dict[str, Any]:
    today = now.astimezone(ZoneInfo(place.zone)).date()
    return {
        "place": place.name,
        "zone": zone_words(place.name),
        "days": week_lines(weekly_on(roster, today).items()),
        "turns": [
            {"from": day_and_year(day), "days": week_lines(weekly_on(roster, day).items())}
            for day in turns_after(roster, today)
        ],
        "url": reverse("hours-week", args=[person.public_id, place.slug]),
    }


def _others(
    person: Practitioner, known: Sequence[Location], rosters: Mapping[int, Roster]
) -> list[dict[str, str]]:
    return [
        {"place": place.name, "url": reverse("hours-week", args=[person.public_id, place.slug])}
        for place in known
        if place.pk not in rosters
    ]


def _dates(
    person: Practitioner, place: Location, rosters: Mapping[int, Roster], now: datetime
) -> list[dict[str, str]]:
    today = now.astimezone(ZoneInfo(place.zone)).date()
    dated = rosters.get(place.pk, Roster()).dated
    days = sorted({row.date for row in dated if row.date >= today})
    return [
        {
            "day": day_and_year(day),
            "hours": dated_words([row for row in dated if row.date == day]),
            "zone": zone_words(place.name),
            "usual_url": _date_url(person, place, day),
        }
        for day in days
    ]


def _date_url(person: Practitioner, place: Location, day: date) -> str:
    query = {"place": place.slug, "day": day.isoformat(), "what": "usual"}
    return f"{reverse('hours-date', args=[person.public_id])}?{urlencode(query)}"


def _quick(person: Practitioner, place: Location, now: datetime) -> list[dict[str, str]]:
    """Return time off that is two taps away: this one, and the one that saves it."""
    today = now.astimezone(ZoneInfo(place.zone)).date()
    tomorrow = today + timedelta(days=1)
    sunday = today + timedelta(days=SUNDAY - today.isoweekday())
    url = reverse("hours-off", args=[person.public_id])

    def link(label: str, first: date, last: date) -> dict[str, str]:
        query = {"kind": "away", "first": first, "last": last, "clock": place.slug}
        return {"label": label, "url": f"{url}?{urlencode(query)}"}

    return [
        link(_("Off today"), today, today),
        link(_("Off tomorrow"), tomorrow, tomorrow),
        link(_("Off for the rest of this week"), today, sunday),
    ]


def _away(person: Practitioner, places: Sequence[Location], now: datetime) -> list[dict[str, Any]]:
    rows = TimeOff.objects.filter(practitioner=person, ends_at__gt=now).order_by("starts_at", "pk")
    return [
        {
            "kind": row.get_kind_display(),
            "name": row.name,
            "when": span_words(Interval(row.starts_at, row.ends_at), clock_of(row, places)),
            "is_now": row.starts_at <= now,
            "url": reverse("hours-off-change", args=[person.public_id, row.pk]),
        }
        for row in rows
    ]


def _cover_words(person: Practitioner, now: datetime) -> str:
    count = len(cover_needed(catalogue(), now, practitioner_id=person.pk))
    if not count:
        return ""
    words = ngettext("%(count)s visit needs cover", "%(count)s visits need cover", count)
    return words % {"count": count}
