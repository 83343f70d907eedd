"""Times for the desk to choose from: the same search that clients use, notice waived."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from bookings.selectors.questions import SlotQuestion
from bookings.selectors.slots import Slot, free_time
from clinic.domain.roster import local_instant
from clinic.formatting import day as day_words
from clinic.formatting import short_day, time_of_day, when, zone_words
from clinic.selectors.readiness import Lack, lack_for
from clinic.views.components import Choice, ChoiceGroup

LACK_WORDS = {
    Lack.OFFER: _lazy("%(name)s does not offer this treatment. Choose another practitioner."),
    Lack.HOURS: _lazy("%(name)s does not work in %(place)s. Choose another practitioner."),
    Lack.ROOM: _lazy("No room in %(place)s serves this treatment. A manager can change that."),
    Lack.PAPERS: _lazy(
        "%(name)s can't be booked for this in %(place)s: a required paper is missing or does "
        "not count. Choose another practitioner."
    ),
}
DATES_AHEAD = timedelta(days=28)
DATES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class DateLink:
    """A date that has room, with the address that shows its times."""

    label: str
    note: str
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Times:
    """The times of a date in groups, and other dates with room."""

    day: str
    zone: str
    groups: Sequence[ChoiceGroup]
    dates: Sequence[DateLink]
    asks_reason: bool
    nothing: str = ""


@dataclass(frozen=True, slots=True)
class Picking:
    """What the desk chooses from; `near` is the time that it came with; `but` a start left out."""

    question: SlotQuestion
    now: datetime
    date_url: Callable[[date], str]
    near: time | None = None
    chosen: datetime | None = None
    instead: Sequence[Slot] = ()
    but: datetime | None = None

    def times(self) -> Times:
        """Return what the page shows, in two searches."""
        slots = self._slots()
        groups = [*self._nearest(), *self._groups(slots)]
        dates = self._dates()
        return Times(
            day=day_words(self.question.first_date),
            zone=zone_words(self.question.location.name),
            groups=groups,
            dates=dates,
            asks_reason=any(self.needs_reason(at) for at in slots)
            or any(self.needs_reason(slot.starts_at) for slot in self.instead),
            nothing="" if groups else self._nothing(bool(dates)),
        )

    def needs_reason(self, starts_at: datetime) -> bool:
        """Tell whether a start lies inside the notice or beyond the horizon."""
        place = self.question.location
        if starts_at < self.now + timedelta(minutes=place.minimum_notice_minutes):
            return True
        last = self.now.astimezone(place.zone).date() + timedelta(days=place.horizon_days)
        return starts_at >= local_instant(place.zone, last + timedelta(days=1), time(0))

    def _nothing(self, has_dates: bool) -> str:
        if has_dates:
            return _(
                "No free time on this day. The dates above have room, or choose another "
                "practitioner."
            )
        asked = self.question
        if asked.service.uses_needles and asked.client and asked.client.no_needling_until_cleared:
            return _(
                "Visits with needles can't be booked for this client until the mark is taken off."
            )
        facts, place = asked.catalogue, asked.location
        person = facts.practitioners.get(asked.practitioner_id or 0)
        if person is not None:
            lack = lack_for(facts, person, asked.service.id, place.id, self.now)
            if lack is not None:
                return LACK_WORDS[lack] % {"name": person.name, "place": place.name}
        return _(
            "Nothing is free in the four weeks from this day. Choose a later date, another "
            "practitioner or another location."
        )

    def _slots(self) -> dict[datetime, list[Slot]]:
        by_start: dict[datetime, list[Slot]] = {}
        for slot in free_time(self.question, self.now).slots():
            by_start.setdefault(slot.starts_at, []).append(slot)
        if self.but is not None:
            by_start.pop(self.but, None)
        return by_start

    def _groups(self, slots: dict[datetime, list[Slot]]) -> list[ChoiceGroup]:
        chosen = self._chosen(slots)
        usual = [at for at in slots if not self.needs_reason(at)]
        touching = [at for at in usual if any(slot.touches for slot in slots[at])]
        other = sorted(at for at in usual if at not in touching)
        odd = sorted(at for at in slots if self.needs_reason(at))
        named = (
            (_("Next to another visit"), sorted(touching)),
            (_("Other times") if touching else _("Free times"), other),
            (_("Needs a reason: outside the usual notice"), odd),
        )
        return [
            ChoiceGroup(label, [self._choice(slots[at], at == chosen) for at in starts])
            for label, starts in named
            if starts
        ]

    def _choice(self, slots: Sequence[Slot], is_chosen: bool) -> Choice:
        first = slots[0]
        names = [slot.practitioner_name.split(" ")[0] for slot in slots]
        notes = [", ".join(names)] if self.question.practitioner_id is None else []
        if all(slot.awaits_renewal for slot in slots):
            notes.append(_("subject to renewal"))
        return Choice(
            value=first.starts_at.isoformat(),
            label=time_of_day(first.starts_at, self.question.location.zone),
            note="; ".join(notes),
            is_chosen=is_chosen,
        )

    def _nearest(self) -> list[ChoiceGroup]:
        if not self.instead:
            return []
        choices = [
            Choice(
                value=slot.starts_at.isoformat(),
                label=when(slot.starts_at, self.question.location.zone),
                note=slot.practitioner_name,
            )
            for slot in self.instead
        ]
        return [ChoiceGroup(_("Nearest free times"), choices)]

    def _chosen(self, slots: dict[datetime, list[Slot]]) -> datetime | None:
        if self.instead or not slots:
            return None
        if self.chosen is not None:
            return self.chosen
        if self.near is None:
            return None
        place = self.question.location
        wanted = local_instant(place.zone, self.question.first_date, self.near)
        return min((at for at in slots if at >= wanted), default=None)

    def _dates(self) -> list[DateLink]:
        today = self.now.astimezone(self.question.location.zone).date()
        first = max(today, self.question.first_date - timedelta(days=2))
        window = replace(self.question, first_date=first, end_date=first + DATES_AHEAD)
        counts = free_time(window, self.now).times_on_dates()
        return [
            DateLink(
                label=short_day(on),
                note=ngettext("%(count)s time", "%(count)s times", count) % {"count": count},
                url=self.date_url(on),
                is_chosen=on == self.question.first_date,
            )
            for on, count in list(counts.items())[:DATES_SHOWN]
        ]
