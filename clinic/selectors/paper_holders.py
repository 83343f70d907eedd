"""Who holds papers, what each needs and has, and who lacks a type: for entering many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from clinic.domain.credentials import Standing
from clinic.models import Credential, CredentialType, Location, Practitioner
from clinic.selectors.catalogue import Catalogue
from clinic.selectors.credentials import PaperStanding, standings, with_everything

Holder = Practitioner | Location


@dataclass(frozen=True, slots=True)
class HeldOf:
    """A type that a holder needs or has, with the paper that tells most; None: missing.

    `tells` is the one that counts today, else the newest.
    """

    type: CredentialType
    is_required: bool
    tells: PaperStanding | None


def key_of(holder: Holder) -> str:
    """Name a holder in an address and a form."""
    kind = "location" if isinstance(holder, Location) else "practitioner"
    return f"{kind}.{holder.slug}"


def holders() -> list[Holder]:
    """Return who can hold papers: practitioners, then locations, by name. Two queries."""
    people = Practitioner.objects.filter(is_active=True).select_related("user")
    places = Location.objects.filter(is_active=True)
    return [*people.order_by("name", "pk"), *places.order_by("name", "pk")]


def types_in_use() -> list[CredentialType]:
    """Return the types that papers are entered of, in the order of lists."""
    return list(CredentialType.objects.filter(is_active=True).order_by("position", "pk"))


def fits(type: CredentialType, holder: Holder) -> bool:
    """Tell whether a holder can have papers of a type."""
    return (type.holder == CredentialType.Holder.LOCATION) == isinstance(holder, Location)


def held_of(
    holder: Holder, types: Sequence[CredentialType], facts: Catalogue, now: datetime
) -> list[HeldOf]:
    """Return what a holder needs and has of some types, what is missing first.

    A fixed number of queries. Papers that were rejected, and nothing after them, are shown
    as they stand.
    """
    is_place = isinstance(holder, Location)
    mine = Q(location=holder) if is_place else Q(practitioner=holder)
    found = standings(with_everything().filter(mine).order_by("pk"), now)
    required = set(_required_of(holder, facts))
    rows = [
        HeldOf(type, type.pk in required, _telling(found, type))
        for type in types
        if fits(type, holder)
    ]
    wanted = [row for row in rows if row.is_required or row.tells is not None]
    return sorted(wanted, key=lambda row: row.tells is not None)


def lacking(type: CredentialType, among: Sequence[Holder], facts: Catalogue) -> list[Holder]:
    """Return who needs a type and has handed in no paper of it. One query."""
    rows = Credential.objects.filter(type=type, withdrawn_at=None)
    have = {
        (item.practitioner_id, item.location_id)
        for item in rows.only("practitioner_id", "location_id")
    }
    return [
        holder
        for holder in among
        if fits(type, holder)
        and type.pk in _required_of(holder, facts)
        and _ids(holder) not in have
    ]


def _required_of(holder: Holder, facts: Catalogue) -> Iterator[int]:
    for service_id, location_id in _offered(holder, facts):
        yield from facts.required.of(service_id, location_id)


def _offered(holder: Holder, facts: Catalogue) -> Iterator[tuple[int, int]]:
    if isinstance(holder, Location):
        yield from ((service_id, holder.pk) for service_id in facts.services)
        return
    person = facts.practitioners.get(holder.pk)
    if person is not None:
        yield from ((one, place) for one in person.service_ids for place in person.rosters)


def _telling(found: Sequence[PaperStanding], type: CredentialType) -> PaperStanding | None:
    mine = [item for item in found if item.row.type_id == type.pk]
    speaking = [item for item in mine if item.speaks]
    live = [item for item in mine if item.standing is not Standing.EXPIRED]
    return next(reversed(speaking or live or mine), None)


def _ids(holder: Holder) -> tuple[int | None, int | None]:
    return (None, holder.pk) if isinstance(holder, Location) else (holder.pk, None)
