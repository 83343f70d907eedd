"""Change weekly hours, or the hours of one date: pages of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.forms import Form
from django.http import Http404, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.models import Appointment
from bookings.services.rosters import (
    HoursInThePast,
    RosterPreview,
    WorksElsewhere,
    change_roster,
    preview_roster,
)
from clinic.domain.roster import Roster
from clinic.domain.roster_changes import turns_after, weekly_on
from clinic.formatting import day_and_year, time_span, weekday, zone_words
from clinic.models import Location, Practitioner, User
from clinic.permissions import EDIT_HOURS, SEE_DAY
from clinic.refusals import Refusal
from clinic.selectors.rosters import rosters_of
from clinic.views.access import SignedInRequest, needs
from treatments.forms.hours import DateForm, WeekForm
from treatments.views.hours import all_places, must, person_named, places_of
from treatments.views.hours_flow import answer
from treatments.views.hours_words import dates_of, stretch_words, week_lines

GET_OR_POST = ["GET", "HEAD", "POST"]


@never_cache
@require_http_methods(GET_OR_POST)
@needs(SEE_DAY)
def hours_week(request: SignedInRequest, public_id: UUID, slug: str) -> HttpResponse:
    """Change the weekly hours at a location, from a date on."""
    person = person_named(public_id)
    must(request.user, EDIT_HOURS, person)
    place = next((place for place in all_places() if place.slug == slug), None)
    if place is None:
        raise Http404
    roster = rosters_of(person.pk).get(place.pk, Roster())
    return answer(request, WeekChange(person, place, roster, timezone.now()))


@never_cache
@require_http_methods(GET_OR_POST)
@needs(SEE_DAY)
def hours_date(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Change the hours of one date."""
    person = person_named(public_id)
    must(request.user, EDIT_HOURS, person)
    places = places_of(rosters_of(person.pk), all_places())
    return answer(request, DateChange(person, places, timezone.now()))


@dataclass(frozen=True, slots=True)
class WeekChange:
    """Other weekly hours at a location, from a date on."""

    person: Practitioner
    place: Location
    roster: Roster
    now: datetime
    template: str = "treatments/hours_week.html"

    @property
    def title(self) -> str:
        """What the page is called."""
        return _("Weekly hours in %(place)s") % {"place": self.place.name}

    def form(self, answers: QueryDict | None) -> WeekForm:
        """Return the form with the week as it is today."""
        return WeekForm(answers, week=weekly_on(self.roster, self._today), today=self._today)

    def page(self, form: Form) -> dict[str, Any]:
        """Return the rows of the week, and from when on other hours are planned."""
        assert isinstance(form, WeekForm)
        planned = turns_after(self.roster, self._today)
        return {
            "zone": zone_words(self.place.name),
            "days": [
                {"name": weekday(number), "pairs": pairs_of(form, f"on{number}")}
                for number in range(1, 8)
            ],
            "planned": [day_and_year(day) for day in planned],
        }

    def look(self, form: Any, by: User, now: datetime) -> RosterPreview:
        """Say what the week would break."""
        return preview_roster(
            practitioner=self.person, location=self.place, change=form.change(), by=by, now=now
        )

    def save(self, form: Any, seen: str, by: User, now: datetime) -> RosterPreview:
        """Save the week that was looked at."""
        return change_roster(
            practitioner=self.person,
            location=self.place,
            change=form.change(),
            seen=seen,
            by=by,
            now=now,
        )

    def said(self, form: Any) -> Sequence[str]:
        """Say from when on, and the hours of each day."""
        change = form.change()
        week: dict[int, list[Any]] = {}
        for number, starts, ends in change.hours:
            week.setdefault(number, []).append((starts, ends))
        said = {"day": day_and_year(change.first_date), "zone": zone_words(self.place.name)}
        return [
            _("From %(day)s on, %(zone)s:") % said,
            *(f"{line.name}: {line.hours}" for line in week_lines(week.items())),
        ]

    def told(self, refusal: Refusal) -> tuple[str | None, str]:
        """Tell at the date, or at the weekday that is taken elsewhere."""
        if isinstance(refusal, WorksElsewhere):
            starts_at = refusal.during.starts_at.astimezone(ZoneInfo(self.place.zone))
            return f"on{starts_at.isoweekday()}_0_from", elsewhere_words(refusal)
        return "first" if isinstance(refusal, HoursInThePast) else None, str(refusal.message)

    def cover_query(self, form: Any, broken: Sequence[Appointment]) -> dict[str, str]:
        """Cover from the first visit that it breaks to the last."""
        return {"cause": "hours", **dates_of(broken)}

    @property
    def _today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.place.zone)).date()


@dataclass(frozen=True, slots=True)
class DateChange:
    """Other hours on one date."""

    person: Practitioner
    places: Sequence[Location]
    now: datetime
    template: str = "treatments/hours_date.html"

    @property
    def title(self) -> str:
        """What the page is called."""
        return _("Hours of one day")

    def form(self, answers: QueryDict | None) -> DateForm:
        """Return the form with the date of today."""
        today = self.now.astimezone(ZoneInfo(self.places[0].zone)).date()
        return DateForm(answers, places=self.places, today=today)

    def page(self, form: Form) -> dict[str, Any]:
        """Return the pairs of times."""
        assert isinstance(form, DateForm)
        return {"pairs": pairs_of(form, "at")}

    def look(self, form: Any, by: User, now: datetime) -> RosterPreview:
        """Say what the hours of that date would break."""
        return preview_roster(
            practitioner=self.person,
            location=form.location(),
            change=form.change(),
            by=by,
            now=now,
        )

    def save(self, form: Any, seen: str, by: User, now: datetime) -> RosterPreview:
        """Save the hours that were looked at."""
        return change_roster(
            practitioner=self.person,
            location=form.location(),
            change=form.change(),
            seen=seen,
            by=by,
            now=now,
        )

    def said(self, form: Any) -> Sequence[str]:
        """Say the date, where, and its hours."""
        change, place = form.change(), form.location()
        hours = _("the usual hours of the week")
        if change.hours is not None:
            hours = stretch_words(change.hours) or _("not working there")
        said = {"day": day_and_year(change.date), "zone": zone_words(place.name), "hours": hours}
        return [_("%(day)s, %(zone)s: %(hours)s") % said]

    def told(self, refusal: Refusal) -> tuple[str | None, str]:
        """Tell at the date, or at the hours that are taken elsewhere."""
        if isinstance(refusal, WorksElsewhere):
            return "at_0_from", elsewhere_words(refusal)
        return "day" if isinstance(refusal, HoursInThePast) else None, str(refusal.message)

    def cover_query(self, form: Any, broken: Sequence[Appointment]) -> dict[str, str]:
        """Cover that date."""
        return {"cause": "hours", **dates_of(broken)}


def pairs_of(form: WeekForm | DateForm, key: str) -> list[dict[str, Any]]:
    """Return the pairs of fields of a day."""
    names = [name.removesuffix("_from") for name in form.fields if name.startswith(f"{key}_")]
    bases = [name for name in names if not name.endswith("_to")]
    return [{"starts": form[f"{base}_from"], "ends": form[f"{base}_to"]} for base in bases]


def elsewhere_words(refusal: WorksElsewhere) -> str:
    """Say where else somebody works then, on that location's clock."""
    zone = ZoneInfo(refusal.other.zone)
    during = refusal.during
    return _("That overlaps the hours in %(place)s: %(day)s, %(span)s, %(zone)s.") % {
        "place": refusal.other.name,
        "day": day_and_year(during.starts_at.astimezone(zone).date()),
        "span": time_span(during.starts_at, during.ends_at, zone),
        "zone": zone_words(refusal.other.name),
    }
