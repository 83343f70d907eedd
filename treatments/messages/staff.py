"""The clinic's own mail: the day's list, and visits that need cover. No names in any of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic import formatting
from clinic.messaging.registry import Answer, Described, Dropped, Mail, Skipped, Text, Wanted
from clinic.messaging.writing import staff_words, write_mail
from clinic.models import Location, Message, Practitioner
from clinic.selectors.catalogue import catalogue
from treatments.selectors.day_lists import DayVisits, visits_of_people
from treatments.selectors.offered import cover_to_find

DAY = "day"
"""What a day list is about, by the practitioner's pk; the version is the day."""

COVER = "cover"
"""What cover needed is about, by the location's pk; `details` names the visits."""

DAY_LIST = "day_list"
COVER_NEEDED = "cover_needed"


@dataclass(frozen=True, slots=True)
class DayNow:
    """How many visits a practitioner has on a day, and when the first begins."""

    on: date
    count: int
    first_at: datetime
    zone: ZoneInfo


class DayListKind:
    """What a practitioner's day holds: a number and a link."""

    name = DAY_LIST
    label = gettext_lazy("Day list")
    purpose = None
    keeps_quiet = False

    def wanted(self, messages: Sequence[Message], now: datetime) -> Mapping[int, Answer]:
        """Say how many visits each day still holds; one query."""
        days = {date.fromordinal(message.about_version) for message in messages}
        people = {message.about_id for message in messages}
        visits = visits_of_people(days, people)
        return {row.pk: _day_answer(row, visits, now) for row in messages}

    def render(self, message: Message, about: object) -> Mail | Text:
        """Write it; no queries."""
        assert isinstance(about, DayNow)
        assert message.user is not None
        count = ngettext("%(count)s visit", "%(count)s visits", about.count) % {
            "count": about.count
        }
        words = staff_words(message.user) | {
            "count": count,
            "day": formatting.day(about.on),
            "first": formatting.time_of_day(about.first_at, about.zone),
            "url": f"{settings.SITE_URL}{reverse('day')}?date={about.on.isoformat()}",
        }
        return write_mail(message.kind, words)


@dataclass(frozen=True, slots=True)
class CoverNow:
    """How many visits still need cover, and when the soonest begins."""

    count: int
    first_at: datetime
    zone: ZoneInfo


class CoverKind:
    """Visits need somebody else, newly."""

    name = COVER_NEEDED
    label = gettext_lazy("Cover needed")
    purpose = None
    keeps_quiet = False

    def wanted(self, messages: Sequence[Message], now: datetime) -> Mapping[int, Answer]:
        """Say how many of the visits need cover still; five queries."""
        waiting = {
            cover_key(item.visit.pk, item.visit.version): item.visit.starts_at
            for item in cover_to_find(catalogue(), now)
        }
        return {row.pk: _cover_answer(row, waiting) for row in messages}

    def render(self, message: Message, about: object) -> Mail | Text:
        """Write it; no queries."""
        assert isinstance(about, CoverNow)
        assert message.user is not None
        count = ngettext("%(count)s visit needs", "%(count)s visits need", about.count) % {
            "count": about.count
        }
        words = staff_words(message.user) | {
            "count": count,
            "is_one": about.count == 1,
            "first": formatting.when(about.first_at, about.zone),
            "url": settings.SITE_URL + reverse("cover"),
        }
        return write_mail(message.kind, words)


def cover_key(visit_id: int, version: int) -> str:
    """Name a visit as it stands, for the details of a row."""
    return f"{visit_id}:{version}"


class DayTopic:
    """Says for staff whose day a list is about."""

    def describe(self, ids: Collection[int]) -> Mapping[int, Described]:
        """Describe practitioners by their pk; one query."""
        people = Practitioner.objects.in_bulk(list(ids))
        url = reverse("day")
        return {
            pk: Described(_("The day of %(name)s") % {"name": person.name}, url)
            for pk, person in people.items()
        }


class CoverTopic:
    """Says for staff where cover was needed."""

    def describe(self, ids: Collection[int]) -> Mapping[int, Described]:
        """Describe locations by their pk; one query."""
        url = reverse("cover")
        return {
            pk: Described(_("Cover in %(place)s") % {"place": place.name}, url)
            for pk, place in Location.objects.in_bulk(list(ids)).items()
        }


def _day_answer(message: Message, visits: DayVisits, now: datetime) -> Answer:
    on = date.fromordinal(message.about_version)
    if now > datetime.fromisoformat(message.details["until"]):
        return Skipped(gettext_lazy("Too late to be of use."))
    found = visits.get((message.about_id, on))
    if not found:
        return Dropped(gettext_lazy("There are no visits on that day any more."))
    return Wanted(DayNow(on, len(found), found[0].starts_at, found[0].location_zone))


def _cover_answer(message: Message, waiting: Mapping[str, datetime]) -> Answer:
    starts = [waiting[key] for key in message.details.get("visits", ()) if key in waiting]
    assert message.location is not None
    if not starts:
        return Dropped(gettext_lazy("The visits need no cover any more."))
    return Wanted(CoverNow(len(starts), min(starts), ZoneInfo(message.location.zone)))
