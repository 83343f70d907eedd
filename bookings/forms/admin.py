"""Validation of time off, of lanes, and of the merging of two records, for managers."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.admin.widgets import AdminDateWidget, AdminTimeWidget
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookings.models import TimeOff
from bookings.selectors.agreed import time_off_ahead_at, visits_ahead_at
from clinic.domain.roster import local_instant
from clinic.forms.admin import FIRST_YEAR, LAST_YEAR, LocationForm, PractitionerForm
from clinic.models import Client, Location

MOST_LANES = 6
MIDNIGHT = time(0)


class TimeOffForm(forms.ModelForm):
    """Time off in local dates and hours: without hours, whole days."""

    first_date = forms.DateField(label=_("First day"), widget=AdminDateWidget)
    first_time = forms.TimeField(
        label=_("From"),
        required=False,
        widget=AdminTimeWidget(format="%H:%M"),
        help_text=_("Empty: from the start of the day."),
    )
    last_date = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=AdminDateWidget,
        help_text=_("Empty: the same day."),
    )
    last_time = forms.TimeField(
        label=_("To"),
        required=False,
        widget=AdminTimeWidget(format="%H:%M"),
        help_text=_("Empty: to the end of the day."),
    )
    clock_of = forms.ModelChoiceField(
        label=_("Times are those of"),
        queryset=Location.objects.order_by("name", "pk"),
        required=False,
        help_text=_("Needed for a practitioner who works in two time zones."),
    )

    class Meta:
        model = TimeOff
        fields = ("kind", "practitioner", "room", "location", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.is_bound:
            self.initial.update(local_span(self.instance))

    def clean_first_date(self) -> date:
        """Take dates of this century only."""
        return _sensible(self.cleaned_data["first_date"])

    def clean_last_date(self) -> date | None:
        """Take dates of this century only."""
        day: date | None = self.cleaned_data["last_date"]
        return None if day is None else _sensible(day)

    def clean(self) -> dict[str, Any]:
        """Find out whose time it is, and turn local times into instants."""
        cleaned = super().clean() or self.cleaned_data
        self._check_whose(cleaned)
        if not self.errors:
            self._set_span(cleaned)
        return cleaned

    def _check_whose(self, cleaned: dict[str, Any]) -> None:
        kind = cleaned.get("kind")
        allowed = {
            TimeOff.Kind.AWAY: ("practitioner",),
            TimeOff.Kind.BLOCKED: ("practitioner", "room"),
            TimeOff.Kind.CLOSURE: ("location",),
        }.get(TimeOff.Kind(kind) if kind else TimeOff.Kind.AWAY, ())
        chosen = [name for name in ("practitioner", "room", "location") if cleaned.get(name)]
        for name in chosen:
            if name not in allowed:
                self.add_error(name, _("Leave this empty for this kind."))
        if kind and not chosen and not any(name in self.errors for name in allowed):
            self.add_error(allowed[0], WHOSE_WORDS[TimeOff.Kind(kind)])
        if kind == TimeOff.Kind.BLOCKED and len(chosen) > 1:
            self.add_error("room", _("Block the practitioner or the room, one at a time."))

    def _set_span(self, cleaned: dict[str, Any]) -> None:
        zone = self._zone(cleaned)
        if zone is None:
            return
        first, last = cleaned["first_date"], cleaned["last_date"] or cleaned["first_date"]
        starts_at = local_instant(zone, first, cleaned["first_time"] or MIDNIGHT)
        ends_at = _end_of(zone, last, cleaned["last_time"])
        if ends_at <= starts_at:
            name = "last_date" if last < first else "last_time"
            self.add_error(name, _("It ends after it begins."))
            return
        if self._is_closed_already(cleaned, starts_at, ends_at):
            self.add_error(None, _("This location is closed then already."))
            return
        self.instance.starts_at, self.instance.ends_at = starts_at, ends_at

    def _is_closed_already(
        self, cleaned: dict[str, Any], starts_at: datetime, ends_at: datetime
    ) -> bool:
        same = TimeOff.objects.filter(
            kind=TimeOff.Kind.CLOSURE,
            location=cleaned.get("location"),
            starts_at=starts_at,
            ends_at=ends_at,
        )
        return cleaned.get("location") is not None and same.exclude(pk=self.instance.pk).exists()

    def _zone(self, cleaned: dict[str, Any]) -> ZoneInfo | None:
        place = cleaned.get("location") or getattr(cleaned.get("room"), "location", None)
        place = place or cleaned.get("clock_of")
        if place is not None:
            return ZoneInfo(place.zone)
        zones = Location.objects.filter(roster_hours__practitioner=cleaned["practitioner"])
        names = set(zones.values_list("zone", flat=True))
        if len(names) == 1:
            return ZoneInfo(names.pop())
        self.add_error("clock_of", _("Choose the location whose clock these times mean."))
        return None


WHOSE_WORDS = {
    TimeOff.Kind.AWAY: _("Choose who is away."),
    TimeOff.Kind.BLOCKED: _("Choose the practitioner or the room that is blocked."),
    TimeOff.Kind.CLOSURE: _("Choose the location that is closed."),
}


class LocationWithVisitsForm(LocationForm):
    """A location whose zone stays as long as something ahead was agreed on its clock.

    The admin sets `now`.
    """

    now: datetime

    def clean_zone(self) -> str:
        """Refuse another zone while visits or closures lie ahead: they would be at other hours."""
        zone: str = self.cleaned_data["zone"]
        if self.instance.pk is None or "zone" not in self.changed_data:
            return zone
        visits = visits_ahead_at(self.instance, self.now)
        if visits:
            raise forms.ValidationError(
                ngettext(
                    "%(count)s visit is booked here by the clock of now. Move or cancel it first, "
                    "or enter a new location.",
                    "%(count)s visits are booked here by the clock of now. Move or cancel them "
                    "first, or enter a new location.",
                    visits,
                )
                % {"count": visits}
            )
        if time_off_ahead_at(self.instance, self.now):
            raise forms.ValidationError(
                _("Closures or blocked rooms ahead go by the clock of now. Take them back first.")
            )
        return zone


class PractitionerLanesForm(PractitionerForm):
    """A practitioner with the number of lanes."""

    lanes_wanted = forms.IntegerField(
        label=_("Clients in treatment at once"),
        min_value=1,
        max_value=MOST_LANES,
        initial=1,
        help_text=_("While one rests, the next can begin. Visits that are booked are kept."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "lanes_wanted" in self.fields:
            self.initial["lanes_wanted"] = self.instance.lanes.count()


class MergeForm(forms.Form):
    """Which of two records goes on."""

    keep = forms.ModelChoiceField(
        label=_("Which record goes on?"),
        queryset=Client.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": _("Choose the record that goes on."),
            "invalid_choice": _("Choose one of the two records."),
        },
    )

    def __init__(self, *args: Any, pair: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["keep"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = pair
        field.label_from_instance = described  # type: ignore[assignment, method-assign]


def described(client: Any) -> str:
    """Return a client in one line, to tell two records apart."""
    parts = [
        client.name,
        client.email or str(_("no e-mail")),
        str(client.phone) or str(_("no phone")),
        str(_("has a login")) if client.user_id else str(_("no login")),
        ngettext("%(count)s visit", "%(count)s visits", client.visit_count)
        % {"count": client.visit_count},
    ]
    return ", ".join(parts)


def zone_of(time_off: TimeOff) -> ZoneInfo:
    """Return the zone in which people read a time off; UTC for somebody without a roster."""
    place = time_off.location or getattr(time_off.room, "location", None)
    if place is None and time_off.practitioner is not None:
        hours = time_off.practitioner.roster_hours.select_related("location").order_by("pk").first()
        place = hours.location if hours else None
    return ZoneInfo(place.zone if place is not None else "UTC")


def local_span(time_off: TimeOff) -> dict[str, Any]:
    """Return a time off as its form shows it: whole days without hours."""
    zone = zone_of(time_off)
    starts, ends = time_off.starts_at.astimezone(zone), time_off.ends_at.astimezone(zone)
    runs_to_midnight = ends.time() == MIDNIGHT
    last = ends.date() - timedelta(days=1) if runs_to_midnight else ends.date()
    return {
        "first_date": starts.date(),
        "first_time": None if starts.time() == MIDNIGHT else starts.time(),
        "last_date": last,
        "last_time": None if runs_to_midnight else ends.time(),
        "clock_of": Location.objects.filter(zone=zone.key).order_by("pk").first(),
    }


def _end_of(zone: ZoneInfo, day: date, at: time | None) -> datetime:
    if at is None or at == MIDNIGHT:
        return local_instant(zone, day + timedelta(days=1), MIDNIGHT)
    return local_instant(zone, day, at)


def _sensible(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise forms.ValidationError(_("Enter a date between 2000 and 2100."))
    return day
