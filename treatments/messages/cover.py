"""What a client is told when visits can't take place as booked: all that changes, in one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.domain.lifecycle import State
from bookings.links import visit_links
from bookings.messages.writing import VisitNow, calendar_part
from bookings.models import Appointment
from clinic import formatting
from clinic.messaging.links import Act, link_url
from clinic.messaging.registry import (
    Answer,
    Attachment,
    Described,
    Dropped,
    Mail,
    Skipped,
    Text,
    Wanted,
)
from clinic.models import Client, Message, Practitioner, Purpose
from treatments.messages.courses import NOT_THEIRS
from treatments.messages.writing import short_words, when_words, words_to_client, written
from treatments.models import CoverOffer

CLIENT_COVER = "client_cover"
"""What these messages are about: a client, by the pk; the version is the pk of the plan."""


class CoverTelling(StrEnum):
    """The messages of cover; the values name their kinds."""

    MOVED = "cover_moved"
    OFFERED = "cover_offered"


@dataclass(frozen=True, slots=True)
class Kept:
    """A visit that keeps its time; `was` and `now` name who was to see the client, and who will."""

    visit: Appointment
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A visit that can't take place, and the time that is kept for its client instead.

    Without `offer_id` it is a proposal, and has no link yet.
    """

    visit: Appointment
    offer_id: int | None
    starts_at: datetime
    who: str
    until: datetime


@dataclass(frozen=True, slots=True)
class CoverForClient:
    """All that cover changes for one client when a message about it is written."""

    kept: tuple[Kept, ...]
    offered: tuple[Offered, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class CoverLine:
    """One visit of such a message in words; without `url` it needs no answer.

    `known_as` is the time that the client knows, and `was` the same where it differs.
    """

    when: str
    who: str
    place: str
    known_as: str
    was: str = ""
    until: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ClientCoverKind:
    """Somebody else sees the client at the time that stays, or another time is offered."""

    name: str
    label: str | Promise
    purpose: Purpose = Purpose.SERVICE
    keeps_quiet: bool = False

    def wanted(self, messages: Sequence[Message], now: datetime) -> Mapping[int, Answer]:
        """Say what of each is still true; three queries."""
        told = [row.details for row in messages]
        visit_ids = {int(pk) for item in told for pk in item["told"]}
        offer_ids = {pk for item in told for pk in item["offers"].values()}
        names = {was["practitioner"] for item in told for was in item["told"].values()}
        visits = Appointment.objects.with_people().in_bulk(visit_ids)
        offers = CoverOffer.objects.select_related("hold__practitioner").in_bulk(offer_ids)
        people = dict(Practitioner.objects.filter(pk__in=names).values_list("pk", "name"))
        return {row.pk: _answer(row, visits, offers, people, now) for row in messages}

    def render(self, message: Message, about: object) -> Mail | Text:
        """Write it for its channel; no queries."""
        assert isinstance(about, CoverForClient)
        return write_cover(message, about)


class ClientCoverTopic:
    """Says for staff of whom a message of cover speaks."""

    def describe(self, ids: Collection[int]) -> Mapping[int, Described]:
        """Describe clients by their pk; one query."""
        clients = Client.objects.in_bulk(list(ids))
        return {
            pk: Described(_("Cover"), reverse("client", args=[client.public_id]))
            for pk, client in clients.items()
        }


COVERS = (
    ClientCoverKind(CoverTelling.MOVED, gettext_lazy("Somebody else at the same time")),
    ClientCoverKind(CoverTelling.OFFERED, gettext_lazy("Another time offered")),
)


def write_cover(message: Message, about: CoverForClient) -> Mail | Text:
    """Write all that changes for a client from the templates of the row's kind; no queries."""
    assert message.client is not None
    return written(message, words_of_cover(message, about), _calendar(about, message.client.email))


def words_of_cover(message: Message, about: CoverForClient) -> dict[str, Any]:
    """Return all that the templates of cover may say."""
    place = message.location
    assert place is not None
    zone, now = ZoneInfo(place.zone), about.now
    kept = [_kept_line(item, message, now) for item in about.kept]
    offered = [_offered_line(item, message, now) for item in about.offered]
    starts = [item.starts_at for item in about.offered] or [
        item.visit.starts_at for item in about.kept
    ]
    return words_to_client(message, place, now) | {
        "kept": kept,
        "offered": offered,
        "is_one": len(kept) + len(offered) == 1,
        "one": (kept or offered)[0],
        "old_name": about.kept[0].was if about.kept else "",
        "short_when": short_words(min(starts), zone),
        "answer_url": offered[0].url if offered else "",
        "move_url": _move_url(about),
    }


def _kept_line(item: Kept, message: Message, now: datetime) -> CoverLine:
    when = _when(item.visit, item.visit.starts_at, now)
    return CoverLine(when, item.now, _place(item, message), known_as=when)


def _offered_line(item: Offered, message: Message, now: datetime) -> CoverLine:
    known_as = _when(item.visit, item.visit.starts_at, now)
    return CoverLine(
        when=_when(item.visit, item.starts_at, now),
        who=item.who,
        place=_place(item, message),
        known_as=known_as,
        was=known_as if item.starts_at != item.visit.starts_at else "",
        until=_when(item.visit, item.until, now),
        url=_url(item),
    )


def _move_url(about: CoverForClient) -> str:
    """Return where a client without a login moves the one visit that the message is about."""
    if about.offered or len(about.kept) != 1:
        return ""
    return visit_links(about.kept[0].visit).move


def _url(item: Offered) -> str:
    if item.offer_id is None:
        return _("(a link of their own)")
    return link_url(Act.OFFER, item.offer_id, item.visit.version, item.until)


def _when(visit: Appointment, at: datetime, now: datetime) -> str:
    return when_words(at, visit.location_zone, now)


def _place(item: Kept | Offered, message: Message) -> str:
    """Name the place of a visit that is elsewhere than what the message is headed with."""
    place = item.visit.location
    if place.pk == message.location_id:
        return ""
    return f"{formatting.zone_words(place.name)}, {place.address}"


def _calendar(about: CoverForClient, attendee: str) -> tuple[Attachment, ...]:
    parts = [calendar_part(VisitNow(item.visit, about.now), attendee) for item in about.kept]
    if len(parts) < 2:
        return tuple(parts)
    # An invitation holds one event, so each visit has its own.
    return tuple(
        replace(part, name=f"appointment-{number}.ics") for number, part in enumerate(parts, 1)
    )


def _answer(
    row: Message,
    visits: Mapping[int, Appointment],
    offers: Mapping[int, CoverOffer],
    people: Mapping[int, str],
    now: datetime,
) -> Answer:
    told = row.details["told"]
    theirs = [
        visits[int(pk)]
        for pk in told
        if int(pk) in visits and visits[int(pk)].client_id == row.client_id
    ]
    if not theirs:
        return Dropped(NOT_THEIRS)
    same = [
        visit
        for visit in theirs
        if visit.state == State.BOOKED and visit.version == told[str(visit.pk)]["version"]
    ]
    ahead = [visit for visit in same if visit.starts_at > now]
    if same and not ahead:
        return Skipped(gettext_lazy("The visits’ time has come."))
    asked = row.details["offers"]
    kept = tuple(
        Kept(visit, people.get(told[str(visit.pk)]["practitioner"], ""), visit.practitioner.name)
        for visit in ahead
        if str(visit.pk) not in asked
    )
    offered = tuple(
        Offered(visit, offer.pk, offer.hold.starts_at, offer.hold.practitioner.name, until)
        for visit in ahead
        if (offer := offers.get(asked.get(str(visit.pk))))
        and offer.state == CoverOffer.State.OPEN
        and (until := offer.expires_at) > now
    )
    if not kept and not offered:
        return Dropped(gettext_lazy("The visits have changed since."))
    return Wanted(CoverForClient(kept, offered, now))
