"""For whom or what visits can be covered, as keys of a form, and back as a scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from bookings.services.time_off import local_day
from clinic.domain.intervals import Interval
from clinic.formatting import short_day
from clinic.models import User
from clinic.selectors.catalogue import Catalogue, PractitionerFacts
from treatments.forms.cover import DATES, LIST, CoverForm, Group
from treatments.models import CoverPlan
from treatments.selectors.cover_scope import CoverScope, shut_places

Scope, Cause = CoverPlan.Scope, CoverPlan.Cause

AHEAD = timedelta(days=400)
"""Longer than visits are booked ahead."""
GRID = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Thing:
    """A practitioner, a room or a location that can be covered for; `id` is its pk."""

    scope: CoverPlan.Scope
    id: int
    name: str
    zones: tuple[ZoneInfo, ...]


def things_for(user: User, facts: Catalogue, now: datetime) -> dict[str, Thing]:
    """Return by key what somebody may cover for: the desk all, practitioners themselves.

    Locations out of use too, as long as they have visits ahead. One query for the desk.
    """
    own = {
        f"practitioner:{person.public_id}": Thing(
            Scope.PRACTITIONER, person.id, person.name, _zones_of(person, facts)
        )
        for person in facts.practitioners.values()
        if user.is_desk or person.id == _own_id(user)
    }
    if not user.is_desk:
        return own
    rooms = {
        f"room:{room.id}": Thing(
            Scope.ROOM,
            room.id,
            f"{room.name}, {facts.locations[room.location_id].name}",
            (facts.locations[room.location_id].zone,),
        )
        for room in facts.rooms.values()
        if room.location_id in facts.locations
    }
    places = {
        f"location:{place.slug}": Thing(Scope.LOCATION, place.id, place.name, (place.zone,))
        for place in facts.locations.values()
    }
    shut = {
        f"location:{item.location.slug}": Thing(
            Scope.LOCATION, item.location.pk, item.location.name, (ZoneInfo(item.location.zone),)
        )
        for item in shut_places(now)
    }
    return {**own, **rooms, **places, **shut}


def shut_urls(now: datetime) -> dict[int, str]:
    """Return by location out of use where cover for all its visits is asked for. One query."""
    urls = {}
    for item in shut_places(now):
        zone = ZoneInfo(item.location.zone)
        query = {
            "location": item.location.slug,
            "cause": Cause.CLOSED.value,
            "from": item.first_at.astimezone(zone).date().isoformat(),
            "to": item.last_at.astimezone(zone).date().isoformat(),
        }
        urls[item.location.pk] = f"{reverse('cover-new')}?{urlencode(query)}"
    return urls


def groups_of(things: Mapping[str, Thing], *, with_list: bool) -> list[Group]:
    """Return the answers to "for whom or what", under their headings."""
    headings = {
        Scope.PRACTITIONER: _("Practitioners"),
        Scope.ROOM: _("Rooms"),
        Scope.LOCATION: _("Locations"),
    }
    groups: list[Group] = [
        (heading, [(key, thing.name) for key, thing in things.items() if thing.scope == scope])
        for scope, heading in headings.items()
    ]
    found = [group for group in groups if group[1]]
    return [*found, (_("All"), [(LIST, _("Everything on the cover list"))])] if with_list else found


def answers_in(query: QueryDict) -> QueryDict:
    """Return the form's answers in an address: its own, or the names that other pages use."""
    answers = query.copy()
    for name in ("practitioner", "room", "location"):
        if query.get(name) and not query.get("whom"):
            answers["whom"] = f"{name}:{query.get(name)}"
    if query.get("cause") == Cause.CLOSED:
        # A room or a location can be nothing else, so the form does not ask.
        del answers["cause"]
    if query.get("from") and not query.get("span"):
        answers["span"] = DATES
        answers["to"] = query.get("to") or query.get("from", "")
    return answers


def today_of(thing: Thing | None, facts: Catalogue, now: datetime) -> date:
    """Return the local date where a thing is; of the first location without one."""
    zones = thing.zones if thing else ()
    places = [place.zone for place in facts.locations.values()]
    zone = next(iter((*zones, *places)), ZoneInfo("UTC"))
    return now.astimezone(zone).date()


def scope_of(form: CoverForm, things: Mapping[str, Thing], now: datetime) -> CoverScope:
    """Return what a valid form asks for; what is over today is left out."""
    answers: Mapping[str, Any] = form.cleaned_data
    if answers["whom"] == LIST:
        return CoverScope(Scope.LIST, Cause.PAPERS, Interval(now, now + AHEAD))
    thing = things[answers["whom"]]
    is_person = thing.scope == Scope.PRACTITIONER
    return CoverScope(
        scope=thing.scope,
        cause=Cause(answers["cause"]) if is_person else Cause.CLOSED,
        span=_span(thing.zones, answers["from"], answers["to"], now),
        practitioner_id=thing.id if is_person else None,
        room_id=thing.id if thing.scope == Scope.ROOM else None,
        location_id=thing.id if thing.scope == Scope.LOCATION else None,
    )


def plan_title(plan: CoverPlan, facts: Catalogue) -> str:
    """Name a plan by whom or what it is for, and its days."""
    thing = plan.practitioner or plan.room or plan.location
    if thing is None:
        return _("Cover for all on the list")
    first, last = dates_of_plan(plan, facts)
    said = {"name": thing.name, "from": short_day(first), "to": short_day(last)}
    if first == last:
        return _("Cover for %(name)s, %(from)s") % said
    return _("Cover for %(name)s, %(from)s to %(to)s") % said


def dates_of_plan(plan: CoverPlan, facts: Catalogue) -> tuple[date, date]:
    """Return the first and the last local date that were asked for.

    Whoever works in several zones is away from the first midnight of them to the last one
    (`_span`), so a date that begins or ends in only some of them was not asked for.
    """
    zones = _zones_of_plan(plan, facts)
    last = min((plan.ends_at - GRID).astimezone(zone).date() for zone in zones)
    return min(max(plan.starts_at.astimezone(zone).date() for zone in zones), last), last


def _zones_of_plan(plan: CoverPlan, facts: Catalogue) -> tuple[ZoneInfo, ...]:
    place = plan.location or (plan.room.location if plan.room else None)
    if place is not None:
        return (ZoneInfo(place.zone),)
    person = facts.practitioners.get(plan.practitioner_id or 0)
    zones = _zones_of(person, facts) if person else ()
    places = [facts.locations[pk].zone for pk in facts.locations]
    return zones or tuple(places[:1]) or (ZoneInfo("UTC"),)


def key_of_person(public_id: UUID) -> str:
    """Return the key of a practitioner."""
    return f"practitioner:{public_id}"


def _span(zones: tuple[ZoneInfo, ...], first: date, last: date, now: datetime) -> Interval:
    """Return all of these local days in all the zones where somebody works."""
    opens = min(local_day(zone, first)[0] for zone in zones)
    closes = max(local_day(zone, last)[1] for zone in zones)
    begun = now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % GRID
    return Interval(max(opens, begun), closes)


def _zones_of(person: PractitionerFacts, facts: Catalogue) -> tuple[ZoneInfo, ...]:
    places = [facts.locations[pk] for pk in person.rosters if pk in facts.locations]
    zones = {place.zone for place in places or facts.locations.values()}
    return tuple(sorted(zones, key=str))


def _own_id(user: User) -> int | None:
    own = getattr(user, "practitioner", None)
    return own.pk if own is not None else None
