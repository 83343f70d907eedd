"""What somebody needs to be booked: papers wanted, how each stands, what they allow."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Q, QuerySet

from clinic.domain.credentials import HeldType, Standing, is_firm, spans_of_type
from clinic.domain.outlook import Outlook, outlook
from clinic.models import Credential, CredentialType, Practitioner
from clinic.selectors.catalogue import Catalogue, LocationFacts, PractitionerFacts, ServiceFacts
from clinic.selectors.credentials import PaperStanding, Waits, standings, with_everything

RENEW_DAYS = 60
"""From so many days before its end, a paper asks to be renewed."""


class Need(StrEnum):
    """How a type of paper stands today, for whoever needs it."""

    COUNTS = "counts"
    RUNS_OUT = "runs_out"
    RENEWAL_PENDING = "renewal_pending"
    AHEAD = "ahead"
    WAITING = "waiting"
    ASKED = "asked"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    MISSING = "missing"


COUNTING = frozenset({Need.COUNTS, Need.RUNS_OUT, Need.RENEWAL_PENDING})
CALM = frozenset({Need.COUNTS, Need.RENEWAL_PENDING, Need.AHEAD, Need.WAITING})


@dataclass(frozen=True, slots=True)
class NeededType:
    """A type that is required, with all papers of it that its holder has, oldest first.

    `location` is the holder of a premises paper, None for the practitioner's own; `tells` is
    the paper that `need` comes from, `speaks` the one that counts today, `waiting` one that
    nobody has decided on, `wanted_for` the services that require the type.
    """

    type: CredentialType
    location: LocationFacts | None
    need: Need
    tells: PaperStanding | None
    speaks: PaperStanding | None
    waiting: PaperStanding | None
    wanted_for: tuple[ServiceFacts, ...]

    @property
    def asked(self) -> PaperStanding | None:
        """The paper about which a verifier asked for more, and waits."""
        papers = [item for item in (self.waiting, self.tells) if item is not None]
        return next((item for item in papers if item.waits is Waits.HOLDER), None)

    @property
    def asks_holder(self) -> bool:
        """Whether the holder has something to do about it."""
        if self.asked is not None:
            return True
        if self.waiting is not None:
            return False
        return self.need not in CALM


@dataclass(frozen=True, slots=True)
class Lack:
    """A type that does not allow a service today; `is_barred` if a paper of it counts, but
    not for this service: a condition, or insurance without cosmetic work.
    """

    needed: NeededType
    is_barred: bool


@dataclass(frozen=True, slots=True)
class Prospect:
    """A service at a location, how far ahead it can be booked, and what is in the way today."""

    service: ServiceFacts
    location: LocationFacts
    outlook: Outlook
    lacks: tuple[Lack, ...]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a practitioner needs for the services that they offer at their locations."""

    types: tuple[NeededType, ...]
    prospects: tuple[Prospect, ...]
    papers: tuple[PaperStanding, ...]


def needs_of(person: Practitioner, facts: Catalogue, now: datetime) -> Needs:
    """Return what a practitioner needs, holds and may do. A fixed number of queries.

    `papers` are all of their own, newest first.
    """
    known = facts.practitioners.get(person.pk)
    pairs = list(_pairs(known, facts)) if known else []
    types = _types_required(pairs, facts)
    papers = _papers(person, types, known)
    found = standings(papers, now)
    held: dict[tuple[int, int | None], list[PaperStanding]] = defaultdict(list)
    for item in found:
        held[item.row.type_id, item.row.location_id].append(item)
    needed = {}
    for type, place in _holders(types, pairs, facts):
        key = (type.pk, place.id if place else None)
        wanted_for = _wanted_for(type, place, pairs, facts)
        needed[key] = _needed(type, place, held[key], wanted_for)
    return Needs(
        types=tuple(needed.values()),
        prospects=tuple(_prospect(known, pair, facts, needed, now) for pair in pairs if known),
        papers=tuple(item for item in reversed(found) if item.row.location_id is None),
    )


def _pairs(
    person: PractitionerFacts, facts: Catalogue
) -> Iterator[tuple[ServiceFacts, LocationFacts]]:
    for place in facts.locations.values():
        if place.id in person.rosters:
            for service in facts.services.values():
                if service.id in person.service_ids:
                    yield service, place


def _types_required(
    pairs: Sequence[tuple[ServiceFacts, LocationFacts]], facts: Catalogue
) -> list[CredentialType]:
    ids = {
        type_id for service, place in pairs for type_id in facts.required.of(service.id, place.id)
    }
    return list(CredentialType.objects.filter(pk__in=ids).order_by("position", "pk"))


def _papers(
    person: Practitioner, types: Iterable[CredentialType], known: PractitionerFacts | None
) -> QuerySet[Credential]:
    of_places = Q(location__in=list(known.rosters) if known else [], type__in=types)
    return with_everything().filter(Q(practitioner=person) | of_places).order_by("pk")


def _holders(
    types: Iterable[CredentialType],
    pairs: Sequence[tuple[ServiceFacts, LocationFacts]],
    facts: Catalogue,
) -> Iterator[tuple[CredentialType, LocationFacts | None]]:
    """Yield each type once for the practitioner, or once a location that needs it."""
    for type in types:
        if type.holder == CredentialType.Holder.PRACTITIONER:
            yield type, None
            continue
        places = {
            place.id: place
            for service, place in pairs
            if type.pk in facts.required.of(service.id, place.id)
        }
        for place in places.values():
            yield type, place


def _wanted_for(
    type: CredentialType,
    place: LocationFacts | None,
    pairs: Sequence[tuple[ServiceFacts, LocationFacts]],
    facts: Catalogue,
) -> tuple[ServiceFacts, ...]:
    wanted = {
        service.id: service
        for service, where in pairs
        if (place is None or where == place) and type.pk in facts.required.of(service.id, where.id)
    }
    return tuple(wanted.values())


def _needed(
    type: CredentialType,
    place: LocationFacts | None,
    items: Sequence[PaperStanding],
    wanted_for: tuple[ServiceFacts, ...],
) -> NeededType:
    speaks = next((item for item in items if item.speaks), None)
    waiting = _newest(items, {Standing.SUBMITTED})
    need, tells = _need(items, speaks, waiting)
    return NeededType(type, place, need, tells, speaks, waiting, wanted_for)


def _need(
    items: Sequence[PaperStanding],
    speaks: PaperStanding | None,
    waiting: PaperStanding | None,
) -> tuple[Need, PaperStanding | None]:
    if speaks is not None:
        return _need_of_speaking(speaks), speaks
    barring = _newest(items, {Standing.SUSPENDED, Standing.REVOKED})
    if barring is not None:
        return Need(barring.standing.value), barring
    if waiting is not None:
        asked = waiting.waits is Waits.HOLDER
        return (Need.ASKED if asked else Need.WAITING), waiting
    if not items:
        return Need.MISSING, None
    last = items[-1]
    counted = last.standing in (Standing.VERIFIED, Standing.RENEWAL_PENDING)
    return (Need.AHEAD if counted else Need(last.standing.value)), last


def _need_of_speaking(speaks: PaperStanding) -> Need:
    if speaks.standing is Standing.RENEWAL_PENDING:
        return Need.RENEWAL_PENDING
    days = speaks.days_left
    runs_out = days is not None and days <= RENEW_DAYS and not speaks.is_renewed
    return Need.RUNS_OUT if runs_out else Need.COUNTS


def _newest(items: Sequence[PaperStanding], wanted: set[Standing]) -> PaperStanding | None:
    return next((item for item in reversed(items) if item.standing in wanted), None)


def _prospect(
    person: PractitionerFacts,
    pair: tuple[ServiceFacts, LocationFacts],
    facts: Catalogue,
    needed: dict[tuple[int, int | None], NeededType],
    now: datetime,
) -> Prospect:
    service, place = pair
    today = now.astimezone(place.zone).date()
    ids = facts.required.of(service.id, place.id)
    held = facts.required.held_by(person.id, service.id, place.id)
    lacks = [
        Lack(item, is_barred=item.need in COUNTING)
        for type_id, papers in zip(ids, held, strict=True)
        if not _allows(papers, service.id, today)
        and (item := needed.get((type_id, None)) or needed.get((type_id, place.id)))
    ]
    spans = facts.spans(person.id, service.id, place.id)
    return Prospect(service, place, outlook(spans, today), tuple(lacks))


def _allows(held: HeldType, service_id: int, today: date) -> bool:
    return is_firm(spans_of_type(held, service_id), today)
