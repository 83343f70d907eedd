"""Take time off or block time, change it, end it: pages of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bookings.models import Appointment, TimeOff
from bookings.services.away import (
    AwayPreview,
    TimeOffOver,
    preview_time_off,
    stop_time_off,
    take_time_off_as_seen,
)
from clinic.domain.intervals import Interval
from clinic.domain.roster import MIDNIGHT
from clinic.models import Location, Practitioner, User
from clinic.permissions import SEE_DAY, TAKE_TIME_OFF
from clinic.refusals import Refusal
from clinic.selectors.rosters import rosters_of
from clinic.views.access import SignedInRequest, needs
from treatments.forms.hours import OffForm
from treatments.views.hours import all_places, must, person_named, places_of
from treatments.views.hours_flow import answer
from treatments.views.hours_words import clock_of, dates_of, last_date, span_words

GET_OR_POST = ["GET", "HEAD", "POST"]


@never_cache
@require_http_methods(GET_OR_POST)
@needs(SEE_DAY)
def hours_off(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Take time off, or block time."""
    return _change(request, TimeOff(practitioner=person_named(public_id)))


@never_cache
@require_http_methods(GET_OR_POST)
@needs(SEE_DAY)
def hours_off_change(request: SignedInRequest, public_id: UUID, number: int) -> HttpResponse:
    """Change time off."""
    return _change(request, _time_off(public_id, number))


@never_cache
@needs(SEE_DAY)
@require_POST
def hours_off_end(request: SignedInRequest, public_id: UUID, number: int) -> HttpResponse:
    """End time off now; what lies ahead is taken back."""
    time_off = _time_off(public_id, number)
    must(request.user, TAKE_TIME_OFF, time_off)
    try:
        stop_time_off(time_off=time_off, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Ended. The time can be booked again."))
    return redirect("hours-of", public_id)


def _change(request: SignedInRequest, time_off: TimeOff) -> HttpResponse:
    must(request.user, TAKE_TIME_OFF, time_off)
    person = time_off.practitioner
    assert person is not None
    places = places_of(rosters_of(person.pk), all_places())
    return answer(request, OffChange(person, places, time_off))


def _time_off(public_id: UUID, number: int) -> TimeOff:
    rows = TimeOff.objects.select_related("practitioner__user")
    found = rows.filter(pk=number, practitioner__public_id=public_id).first()
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True, slots=True)
class OffChange:
    """Time off: a new one, or one that is changed."""

    person: Practitioner
    places: Sequence[Location]
    time_off: TimeOff
    template: str = "treatments/hours_off.html"

    @property
    def title(self) -> str:
        """What the page is called."""
        return _("Change time off") if self.time_off.pk else _("Time off or blocked time")

    def form(self, answers: QueryDict | None) -> OffForm:
        """Return the form, with the time off as it stands."""
        return OffForm(answers, places=self.places, initial=self._initial())

    def page(self, form: Form) -> dict[str, Any]:
        """Return how to end it, where there is one."""
        if self.time_off.pk is None:
            return {}
        end_url = reverse("hours-off-end", args=[self.person.public_id, self.time_off.pk])
        place = clock_of(self.time_off, self.places)
        return {"end_url": end_url, "now_words": span_words(self._stored(), place)}

    def look(self, form: Any, by: User, now: datetime) -> AwayPreview:
        """Say which visits lie inside."""
        return preview_time_off(time_off=self._wanted(form), by=by, now=now)

    def save(self, form: Any, seen: str, by: User, now: datetime) -> AwayPreview:
        """Take what was looked at."""
        return take_time_off_as_seen(time_off=self._wanted(form), seen=seen, by=by, now=now)

    def said(self, form: Any) -> Sequence[str]:
        """Say what it is, and from when to when."""
        kind = TimeOff.Kind(form.cleaned_data["kind"])
        label = _("Time off") if kind == TimeOff.Kind.AWAY else _("Blocked time")
        return [f"{label}: {span_words(form.cleaned_data['span'], self._place(form))}"]

    def told(self, refusal: Refusal) -> tuple[str | None, str]:
        """Tell at the end that it is over."""
        return "last" if isinstance(refusal, TimeOffOver) else None, str(refusal.message)

    def cover_query(self, form: Any, broken: Sequence[Appointment]) -> dict[str, str]:
        """Cover all of the days; hours within a day only where visits are in the way."""
        if not form.is_whole_days:
            return {"cause": "hours", **dates_of(broken)}
        span, zone = form.cleaned_data["span"], form.zone
        return {
            "cause": "away",
            "from": span.starts_at.astimezone(zone).date().isoformat(),
            "to": last_date(span, zone).isoformat(),
        }

    def _place(self, form: Any) -> Location:
        place: Location = form.places[form.cleaned_data["clock"]]
        return place

    def _wanted(self, form: Any) -> TimeOff:
        span: Interval = form.cleaned_data["span"]
        self.time_off.kind = form.cleaned_data["kind"]
        self.time_off.starts_at, self.time_off.ends_at = span.starts_at, span.ends_at
        return self.time_off

    def _stored(self) -> Interval:
        return Interval(self.time_off.starts_at, self.time_off.ends_at)

    def _initial(self) -> dict[str, Any]:
        if self.time_off.pk is None:
            return {"kind": TimeOff.Kind.AWAY.value}
        place = clock_of(self.time_off, self.places)
        zone = ZoneInfo(place.zone)
        starts, ends = (
            at.astimezone(zone) for at in (self.time_off.starts_at, self.time_off.ends_at)
        )
        return {
            "kind": self.time_off.kind,
            "clock": place.slug,
            "first": starts.date(),
            "starts": None if starts.time() == MIDNIGHT else starts.time(),
            "last": last_date(self._stored(), zone),
            "ends": None if ends.time() == MIDNIGHT else ends.time(),
        }
