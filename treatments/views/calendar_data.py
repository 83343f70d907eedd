"""The calendar as data: visits, people and rooms of some dates, and a stamp of it all."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from bookings.domain.lifecycle import RESERVING, State
from bookings.hooks import CoursePlace, course_places
from bookings.models import STATE_LABELS, Appointment
from bookings.selectors.days import PersonsDay
from bookings.selectors.weeks import Shown, Week, bounds_of, stamp_of, week_of
from clinic.domain.intervals import Interval, subtract
from clinic.domain.roster import ONE_DAY, local_instant
from clinic.domain.segments import SegmentPlan, total_minutes
from clinic.models import User
from clinic.permissions import MOVE_VISIT, SEE_DAY, may
from clinic.problems import problem
from clinic.selectors.catalogue import Catalogue, LocationFacts, catalogue
from clinic.views.access import SignedInRequest, needs
from treatments.forms.calendar import FilterForm, PlaceQuery, SpanQuery
from treatments.views.day import usual_location
from treatments.views.rows import papers_mark, will_be_there

EARLIEST, LATEST = time(9), time(17)
"""The hours that an empty calendar shows."""


class WrongQuestion(Exception):
    """The address asks for something that makes no sense; `words` say what."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@gzip_page
@needs(SEE_DAY)
@require_safe
def calendar_visits(request: SignedInRequest) -> HttpResponse:
    """Answer with everything that the calendar draws between two local dates."""
    now = timezone.now()
    snapshot = catalogue()
    try:
        location = place_asked(request, snapshot)
        first_date, end_date = _span(request)
        shown = shown_asked(request, snapshot, location)
    except WrongQuestion as wrong:
        return problem(422, "invalid", wrong.words)
    bounds = bounds_of(location, first_date, end_date)
    # First the stamp: what changes while we read is drawn again with the next look.
    stamp = stamp_of(
        snapshot=snapshot, location=location, bounds=bounds, user=request.user, now=now
    )
    week = week_of(
        snapshot=snapshot,
        location=location,
        first_date=first_date,
        end_date=end_date,
        shown=shown,
        user=request.user,
        now=now,
    )
    found = {"stamp": stamp, **as_json(week, snapshot, request.user, now)}
    return JsonResponse(found, json_dumps_params={"separators": (",", ":")})


@needs(SEE_DAY)
@require_safe
def calendar_stamp(request: SignedInRequest) -> HttpResponse:
    """Answer with a text that changes with anything that the calendar would show."""
    snapshot = catalogue()
    try:
        location = place_asked(request, snapshot)
        bounds = bounds_of(location, *_span(request))
    except WrongQuestion as wrong:
        return problem(422, "invalid", wrong.words)
    stamp = stamp_of(
        snapshot=snapshot,
        location=location,
        bounds=bounds,
        user=request.user,
        now=timezone.now(),
    )
    return JsonResponse({"stamp": stamp})


def place_asked(request: HttpRequest, snapshot: Catalogue) -> LocationFacts:
    """Return the location that the address names, else the usual one; raises `WrongQuestion`."""
    query = PlaceQuery(request.GET)
    if not query.is_valid():
        raise WrongQuestion(_("There is no such location."))
    slug = query.cleaned_data["location"]
    location = snapshot.location(slug) if slug else usual_location(request, snapshot)
    if location is None:
        raise WrongQuestion(_("There is no such location."))
    return location


def shown_asked(request: HttpRequest, snapshot: Catalogue, location: LocationFacts) -> Shown:
    """Return which visits the address asks for; raises `WrongQuestion`."""
    form = FilterForm(request.GET, snapshot=snapshot, location=location)
    if not form.is_valid():
        raise WrongQuestion(_first_error(form))
    wanted = form.cleaned_data["practitioner"]
    people = {str(person.public_id): person.id for person in snapshot.practitioners.values()}
    return Shown(
        practitioner_id=people.get(wanted),
        room_id=form.cleaned_data["room"],
        service_id=form.cleaned_data["service"],
        states=form.cleaned_data["state"],
    )


def as_json(week: Week, snapshot: Catalogue, user: User, now: datetime) -> dict[str, Any]:
    """Return a week as plain values; times are those of the location's wall clock."""
    places = course_places.of(week.visits)
    people = {str(item.practitioner.public_id): item.practitioner.name for item in week.people}
    rooms = {item.room.id: item.room.name for item in week.rooms}
    for visit in week.visits:
        people.setdefault(str(visit.practitioner.public_id), visit.practitioner.name)
        rooms.setdefault(visit.room_id, visit.room.name)
    opens, closes = _hours(week)
    says = {state: str(label) for state, label in STATE_LABELS.items()}
    return {
        "busy": _busy(week),
        "opens": f"{opens:02}:00",
        "closes": f"{closes:02}:00",
        "people": [{"id": key, "name": name} for key, name in people.items()],
        "rooms": [{"id": str(key), "name": name} for key, name in rooms.items()],
        "visits": [_visit(visit, snapshot, places, says, user, now) for visit in week.visits],
        "off": [*_off_duty(week, opens, closes), *_closed(week)],
    }


def version_of(visit: Appointment) -> str:
    """Return how a visit stands, for a page that will ask to move it: version and room."""
    return f"{visit.version}-{visit.room_id}"


def _visit(
    visit: Appointment,
    snapshot: Catalogue,
    places: Mapping[int, CoursePlace],
    says: Mapping[State, str],
    user: User,
    now: datetime,
) -> dict[str, Any]:
    zone = snapshot.locations[visit.location_id].zone
    plan = visit.plan
    minutes = timedelta(minutes=total_minutes(plan))
    place = places.get(visit.pk)
    is_held = visit.client is None
    movable = visit.state_now is State.BOOKED and may(user, MOVE_VISIT, visit)
    return {
        "id": str(visit.public_id),
        "start": wall_clock(visit.starts_at, zone),
        "end": wall_clock(visit.starts_at + minutes, zone),
        "leaves": wall_clock(visit.ends_at, zone),
        "parts": [[_kind(segment), segment.minutes] for segment in plan],
        "name": _("Being booked") if visit.client is None else visit.client.name,
        "person": str(visit.practitioner.public_id),
        "who": visit.practitioner.name,
        "room": str(visit.room_id),
        "where": visit.room.name,
        "service": visit.service.name,
        "session": f"{place.number}/{place.of}" if place else "",
        "state": visit.state,
        "says": says[visit.state_now],
        "off": visit.state_now not in RESERVING,
        "promised": will_be_there(visit),
        "papers": papers_mark(visit, snapshot, now),
        "held": is_held,
        "movable": movable,
        "version": version_of(visit),
    }


def wall_clock(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant as the location's clocks show it: 2027-06-08T10:05."""
    return at.astimezone(zone).isoformat()[:16]


def _kind(segment: SegmentPlan) -> str:
    if segment.holds_practitioner:
        return "hands"
    return "rest" if segment.holds_client else "turn"


def _busy(week: Week) -> list[str]:
    """Return the dates on which somebody works or comes."""
    zone = week.location.zone
    starts = [span.starts_at for person in week.people for span in person.on_duty]
    starts += [visit.starts_at for visit in week.visits]
    return sorted({at.astimezone(zone).date().isoformat() for at in starts})


def _hours(week: Week) -> tuple[int, int]:
    """Return the local hours between which anything happens on any of the dates."""
    zone = week.location.zone
    spans = [span for person in week.people for span in person.on_duty]
    spans += [
        Interval(visit.starts_at, visit.starts_at + timedelta(minutes=total_minutes(visit.plan)))
        for visit in week.visits
    ]
    opens, closes = EARLIEST.hour, LATEST.hour
    for span in spans:
        first, last = span.starts_at.astimezone(zone), span.ends_at.astimezone(zone)
        opens = min(opens, first.hour)
        is_next_day = last.date() > first.date()
        closes = 24 if is_next_day else max(closes, last.hour + (last.minute > 0))
    return opens, closes


def _off_duty(week: Week, opens: int, closes: int) -> Iterable[dict[str, str]]:
    """Yield when each practitioner is not there, within the hours shown of each date."""
    zone, days = week.location.zone, (week.end_date - week.first_date).days
    dates = [week.first_date + timedelta(days=number) for number in range(days)]
    for person in week.people:
        whose = {"person": str(person.practitioner.public_id)}
        for on in dates:
            for span in subtract(_shown_of(zone, on, opens, closes), person.on_duty):
                yield {**whose, **_spanned(span, zone), "label": ""}
        for span in person.away:
            label = _name_of(week, person, span)
            yield {**whose, **_spanned(span, zone), "label": label}


def _closed(week: Week) -> Iterable[dict[str, str]]:
    for room in week.rooms:
        for span in room.closed:
            yield {
                "room": str(room.room.id),
                **_spanned(span, week.location.zone),
                "label": _("Closed"),
            }


def _name_of(week: Week, person: PersonsDay, span: Interval) -> str:
    names = [
        item.name
        for item in week.time_off
        if item.practitioner_id == person.practitioner.id
        and item.starts_at < span.ends_at
        and item.ends_at > span.starts_at
    ]
    return next((name for name in names if name), _("Away"))


def _shown_of(zone: ZoneInfo, on: date, opens: int, closes: int) -> Interval:
    last = (on + ONE_DAY, time(0)) if closes == 24 else (on, time(closes))
    return Interval(local_instant(zone, on, time(opens)), local_instant(zone, *last))


def _spanned(span: Interval, zone: ZoneInfo) -> dict[str, str]:
    return {"start": wall_clock(span.starts_at, zone), "end": wall_clock(span.ends_at, zone)}


def _span(request: HttpRequest) -> tuple[date, date]:
    form = SpanQuery(request.GET)
    if not form.is_valid():
        raise WrongQuestion(_first_error(form))
    return form.cleaned_data["first_date"], form.cleaned_data["end_date"]


def _first_error(form: Form) -> str:
    return str(next(iter(form.errors.values()))[0])
