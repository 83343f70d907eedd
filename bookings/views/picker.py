"""The dates and times to choose from, ready for the page; for booking and for moving."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from operator import attrgetter
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.forms.booking import TimesQuery
from bookings.selectors.dates import free_dates, slots_on
from bookings.selectors.nearest import nearest_slots
from bookings.selectors.questions import SlotQuestion
from bookings.selectors.slots import Slot
from clinic import formatting
from clinic.views.components import Choice, ChoiceGroup

HEADINGS_FROM = 8
"""How many times make a list long."""

NOON, EVENING = 12, 17


@dataclass(frozen=True, slots=True)
class DateCard:
    """A date with room, as a link."""

    label: str
    spoken: str
    note: str
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Picker:
    """All that the page of times shows; no `dates` means that nothing is free."""

    dates: Sequence[DateCard]
    day: str
    groups: Sequence[ChoiceGroup]
    count_words: str
    zone: str
    gone_words: str
    later_url: str
    first_url: str
    post_url: str
    nearest: Sequence[Choice]
    renewal_words: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Where the reader stands: the page's own address and what its query asks for."""

    path: str
    kept: dict[str, str]
    day: date | None
    first: date | None
    near: datetime | None
    time: datetime | None

    @classmethod
    def of(
        cls,
        path: str,
        query: QueryDict,
        kept: dict[str, str],
        question: SlotQuestion,
        now: datetime,
    ) -> "Reader":
        """Read the query; what makes no sense counts as not asked. `kept` stays in links."""
        form = TimesQuery(query)
        place = question.location
        today = now.astimezone(place.zone).date()
        return cls(
            path=path,
            kept=kept,
            day=form.read_date("date", today, place.horizon_days),
            first=form.read_date("first", today, place.horizon_days),
            near=form.read_instant("near", now),
            time=form.read_instant("time", now),
        )

    def url(self, **more: str) -> str:
        """Return the page's address with other dates."""
        return f"{self.path}?{urlencode({**self.kept, **more})}"


def build_picker(
    question: SlotQuestion,
    reader: Reader,
    now: datetime,
    *,
    lost: Sequence[Slot] | None = None,
) -> Picker:
    """Search and lay out. The earliest date is chosen unless another was asked for.

    `lost` are the slots nearest to one that has just gone; without them they are looked
    for when the query says near what.
    """
    today = now.astimezone(question.location.zone).date()
    asked = reader.day
    slots = slots_on(question, asked, now) if asked else []
    first = reader.first or today
    found = free_dates(question, first, now)
    if slots and asked and asked not in found.times_on:
        first = asked
        found = free_dates(question, first, now)
    chosen = asked if slots else next(iter(found.times_on), None)
    if not slots and chosen is not None:
        slots = slots_on(question, chosen, now)
    if lost is None:
        lost = nearest_slots(question, reader.near, now) if reader.near else []
    day = _day(chosen, today) if chosen else ""
    kept = {"first": first.isoformat()} if first > today else {}
    here = {**kept, "date": chosen.isoformat()} if chosen else kept
    return Picker(
        dates=_cards(found.times_on, chosen, kept, reader),
        day=day,
        groups=_groups(slots, question, reader.time),
        count_words=_count_words(len(slots), day) if chosen else "",
        zone=formatting.zone_words(question.location.name),
        gone_words=_gone_words(asked, today) if asked and asked != chosen else "",
        later_url=reader.url(first=found.later.isoformat()) if found.later else "",
        first_url=reader.url() if first > today else "",
        post_url=reader.url(**here),
        nearest=[_near(slot, question, today) for slot in lost],
        renewal_words=_renewal_words([*slots, *lost]),
    )


def next_day_with_room(question: SlotQuestion, now: datetime) -> date | None:
    """Return the first date that has room, for a hint beside an empty search."""
    today = now.astimezone(question.location.zone).date()
    return next(iter(free_dates(question, today, now).times_on), None)


def with_anybody(question: SlotQuestion) -> SlotQuestion:
    """Return the same search with any practitioner."""
    return replace(question, practitioner_id=None)


def value_of(at: datetime) -> str:
    """Write an instant the way the forms read it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(day: date, today: date) -> str:
    return formatting.day(day) if day.year == today.year else formatting.day_and_year(day)


def _cards(
    times_on: dict[date, int], chosen: date | None, kept: dict[str, str], reader: Reader
) -> list[DateCard]:
    return [
        DateCard(
            label=formatting.short_day(day),
            spoken=formatting.day_and_year(day),
            note=_times_words(count),
            url=reader.url(date=day.isoformat(), **kept),
            is_chosen=day == chosen,
        )
        for day, count in times_on.items()
    ]


def _groups(
    slots: Sequence[Slot], question: SlotQuestion, wanted: datetime | None
) -> list[ChoiceGroup]:
    in_order = sorted(slots, key=attrgetter("starts_at"))
    suggested = [_choice(slot, question, wanted) for slot in in_order if slot.touches]
    others = [slot for slot in in_order if not slot.touches]
    if not suggested:
        return _by_part_of_day(others, question, wanted)
    groups = [ChoiceGroup(_("Suggested times, which fit our day best"), suggested)]
    if others:
        listed = [_choice(slot, question, wanted) for slot in others]
        groups.append(ChoiceGroup(_("Other times"), listed))
    return groups


def _by_part_of_day(
    in_order: Sequence[Slot], question: SlotQuestion, wanted: datetime | None
) -> list[ChoiceGroup]:
    """Head a long list with morning, afternoon and evening; a short one needs no headings."""
    parts: dict[str, list[Choice]] = {}
    for slot in in_order:
        local = slot.starts_at.astimezone(question.location.zone)
        part = _part_of_day(local.hour) if len(in_order) >= HEADINGS_FROM else ""
        parts.setdefault(part, []).append(_choice(slot, question, wanted))
    return [ChoiceGroup(part, listed) for part, listed in parts.items()]


def _part_of_day(hour: int) -> str:
    if hour < NOON:
        return _("Morning")
    return _("Afternoon") if hour < EVENING else _("Evening")


def _choice(slot: Slot, question: SlotQuestion, wanted: datetime | None) -> Choice:
    label = formatting.time_of_day(slot.starts_at, question.location.zone)
    note = _("subject to renewal") if slot.awaits_renewal else ""
    return Choice(value_of(slot.starts_at), label, note, is_chosen=slot.starts_at == wanted)


def _near(slot: Slot, question: SlotQuestion, today: date) -> Choice:
    zone = question.location.zone
    local = slot.starts_at.astimezone(zone)
    label = f"{formatting.near_day(local.date(), today)}, {formatting.clock(local.time())}"
    notes = [_("with %(name)s") % {"name": slot.practitioner_name}]
    notes = notes if question.practitioner_id else []
    notes += [_("subject to renewal")] if slot.awaits_renewal else []
    return Choice(value_of(slot.starts_at), label, note=", ".join(notes))


def _renewal_words(slots: Sequence[Slot]) -> str:
    if not any(slot.awaits_renewal for slot in slots):
        return ""
    return _(
        "Times marked “subject to renewal” lie after the day on which your practitioner’s"
        " yearly papers end. We book you now, and get in touch before your visit"
        " if they have not been renewed."
    )


def _times_words(count: int) -> str:
    return ngettext("%(count)s time", "%(count)s times", count) % {"count": count}


def _count_words(count: int, day: str) -> str:
    return _("%(times)s on %(day)s") % {"times": _times_words(count), "day": day}


def _gone_words(asked: date, today: date) -> str:
    return _("There is no time left on %(day)s. Here is the next date with room.") % {
        "day": _day(asked, today)
    }
