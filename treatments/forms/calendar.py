"""What the calendar is asked for, and where a visit is dropped."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import RESERVING, State
from bookings.models import STATE_LABELS
from clinic.forms.base import HouseForm
from clinic.selectors.catalogue import Catalogue, LocationFacts
from treatments.forms.desk import DayField

MAX_DAYS = 31
STATES: dict[str, frozenset[State]] = {
    "": RESERVING,
    **{
        state.value: frozenset({state})
        for state in State
        if state not in (State.HELD, State.EXPIRED)
    },
    "all": frozenset(State) - {State.EXPIRED},
}


class PlaceQuery(forms.Form):
    """Of which location; empty means the usual one."""

    location = forms.SlugField(required=False)


class FilterForm(HouseForm):
    """Which visits the calendar shows. Choices are those of one location."""

    practitioner = forms.ChoiceField(label=_("Practitioner"), required=False)
    room = forms.TypedChoiceField(label=_("Room"), required=False, coerce=int, empty_value=None)
    service = forms.TypedChoiceField(
        label=_("Service"), required=False, coerce=int, empty_value=None
    )
    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(
        self, *args: Any, snapshot: Catalogue, location: LocationFacts, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        people = [
            (str(person.public_id), person.name)
            for person in snapshot.practitioners.values()
            if location.id in person.rosters
        ]
        rooms = [(r.id, r.name) for r in snapshot.rooms.values() if r.location_id == location.id]
        services = [(item.id, item.name) for item in snapshot.services.values()]
        labels = [(name, STATE_LABELS[State(name)]) for name in STATES if name not in ("", "all")]
        for name, choices in (
            ("practitioner", [("", _("All practitioners")), *people]),
            ("room", [("", _("All rooms")), *rooms]),
            ("service", [("", _("All services")), *services]),
            ("state", [("", _("To come, here and done")), *labels, ("all", _("All states"))]),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean_state(self) -> frozenset[State]:
        return STATES[self.cleaned_data["state"]]


class CalendarQuery(forms.Form):
    """Which week, and by what; empty means this one, by practitioner."""

    date = DayField(required=False)
    by = forms.ChoiceField(
        choices=[("practitioner", "practitioner"), ("room", "room")], required=False
    )


class SpanQuery(forms.Form):
    """Local dates from `from` up to before `to`, at most 31 of them."""

    first_date = DayField()
    end_date = DayField()

    def __init__(self, data: Any) -> None:
        super().__init__({"first_date": data.get("from"), "end_date": data.get("to")})

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        first: date | None = found.get("first_date")
        end: date | None = found.get("end_date")
        if first is None or end is None:
            return found
        if end <= first:
            self.add_error("end_date", _("“to” must be later than “from”; it is exclusive."))
        elif end - first > timedelta(days=MAX_DAYS):
            words = _("Ask for at most %(days)s days at once.") % {"days": MAX_DAYS}
            self.add_error("end_date", words)
        return found


class WallClockField(forms.CharField):
    """A local date and time on the grid of five minutes, such as 2027-06-07T15:05."""

    def to_python(self, value: Any) -> datetime | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        wrong = forms.ValidationError(_("Choose a date and a time of five minutes."))
        try:
            at = datetime.strptime(text, "%Y-%m-%dT%H:%M")  # noqa: DTZ007
        except ValueError as error:
            raise wrong from error
        if not 2000 <= at.year <= 2100 or at.minute % 5:
            raise wrong
        return at


class DropForm(forms.Form):
    """Where a visit is to go: a local start, whom, which room; empty means as it is, or any.

    `seen` tells how the visit stood on the page: its version and room.
    """

    starts_at = WallClockField()
    practitioner = forms.UUIDField(required=False)
    room = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    version = forms.RegexField(r"^\d{1,9}-\d{1,18}$")
    reason = forms.CharField(
        max_length=300,
        required=False,
        error_messages={"max_length": _("Please keep it to %(limit_value)d characters.")},
    )
