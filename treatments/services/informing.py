"""Write the clinic's own mail: the day's list in the morning, and visits that need cover.

Safe to run twice, and at the same time: the unique key of the outbox decides.
"""

import zlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from bookings.models import Appointment
from clinic.messaging.outbox import About, enqueue, tell_user
from clinic.messaging.rules import rules
from clinic.models import Location, Message, Practitioner, User
from clinic.selectors.catalogue import catalogue
from clinic.services.transactions import in_one_transaction
from treatments.domain.timing import moment
from treatments.messages.staff import COVER, COVER_NEEDED, DAY, DAY_LIST, cover_key
from treatments.selectors.day_lists import visits_at_places
from treatments.selectors.offered import cover_to_find

DAY_RULE = "day-list"
DAY_LIST_UNTIL = timedelta(hours=5)
"""So late a day list may still go out."""

REMEMBERED = timedelta(days=400)
"""Longer than visits are booked ahead: cover that was told of so long ago is over."""


@in_one_transaction
def write_day_lists(*, now: datetime) -> int:
    """Write to each practitioner with visits today, from 7:00 at their place on.

    That is the place of the first visit. Returns how many. A fixed number of queries.
    """
    timings = rules(DAY_RULE)
    if DAY_RULE not in timings:
        return 0
    places = [_day_at(place, timings[DAY_RULE], now) for place in Location.objects.order_by("pk")]
    due = {day.place.pk: day for day in places if day.due_at <= now <= day.until}
    if not due:
        return 0
    known = set(
        Message.objects.filter(
            about=DAY, kind=DAY_LIST, created_at__gt=now - timedelta(days=2)
        ).values_list("about_id", "about_version")
    )
    visits = visits_at_places({day.on for day in due.values()}, list(due))
    wanted = {
        (pk, on): due[first.location_id]
        for (pk, on), [first, *_rest] in visits.items()
        if due[first.location_id].on == on and (pk, on.toordinal()) not in known
    }
    people = Practitioner.objects.select_related("user").in_bulk({pk for pk, _on in wanted})
    enqueue(_day_list(people[pk], day, now) for (pk, _on), day in wanted.items())
    return len(wanted)


@in_one_transaction
def write_cover_needed(*, now: datetime) -> int:
    """Write to the desk which visits need cover newly; return how many visits.

    Those with an offered time wait for their clients and are left out until that ends. One
    mail a place and person, whatever the number of visits. A fixed number of queries.
    """
    known = _told_of_cover(now)
    new: dict[int, list[Appointment]] = defaultdict(list)
    for item in cover_to_find(catalogue(), now):
        if cover_key(item.visit.pk, item.visit.version) not in known:
            new[item.visit.location_id].append(item.visit)
    if not new:
        return 0
    desk = User.objects.filter(Q(is_reception=True) | Q(is_manager=True), is_active=True)
    users = list(desk.exclude(email="").order_by("pk"))
    enqueue(_cover_needed(user, visits, now) for visits in new.values() for user in users)
    return sum(len(visits) for visits in new.values())


@dataclass(frozen=True, slots=True)
class _Day:
    place: Location
    on: date
    due_at: datetime

    @property
    def until(self) -> datetime:
        return self.due_at + DAY_LIST_UNTIL


def _day_at(place: Location, after: timedelta, now: datetime) -> _Day:
    zone = ZoneInfo(place.zone)
    today = now.astimezone(zone).date()
    return _Day(place, today, moment(today, after, zone))


def _day_list(person: Practitioner, day: _Day, now: datetime) -> Message:
    row = tell_user(
        kind=DAY_LIST,
        user=person.user,
        about=About(DAY, person.pk, day.on.toordinal()),
        due_at=day.due_at,
        now=now,
        location=day.place,
    )
    row.details = {"until": day.until.isoformat()}
    return row


def _cover_needed(user: User, visits: Sequence[Appointment], now: datetime) -> Message:
    keys = sorted(cover_key(visit.pk, visit.version) for visit in visits)
    row = tell_user(
        kind=COVER_NEEDED,
        user=user,
        about=About(COVER, visits[0].location_id, _mark(keys)),
        due_at=now,
        now=now,
        location=visits[0].location,
    )
    row.details = {"visits": keys}
    return row


def _mark(keys: Collection[str]) -> int:
    """Return a number that stands for these visits, so that two runs write one mail."""
    return zlib.crc32(" ".join(keys).encode()) & 0x7FFFFFFF


def _told_of_cover(now: datetime) -> set[str]:
    rows = Message.objects.filter(
        about=COVER, kind=COVER_NEEDED, created_at__gt=now - REMEMBERED
    ).values_list("details", flat=True)
    return {key for details in rows for key in details.get("visits", ())}
