"""Papers and what requires them, as values of the domain."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from clinic.domain.credentials import Check, HeldType, Paper, Result, TypeRules
from clinic.models import (
    Credential,
    CredentialRequirement,
    CredentialType,
    RosterHours,
    Verification,
    VerificationBar,
)

UTC = ZoneInfo("UTC")

Holder = tuple[str, int]
"""("practitioner" or "location", its id)."""


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """A type of paper: its rules, and whether practitioners or locations hold it."""

    id: int
    holder: str
    rules: TypeRules


@dataclass(frozen=True, slots=True)
class Requirements:
    """Which types are required for what, and who holds which papers of them.

    `required` is by service and location (None: everywhere), `papers` by holder and type.
    """

    types: Mapping[int, TypeFacts]
    required: Mapping[tuple[int, int | None], frozenset[int]]
    papers: Mapping[tuple[Holder, int], tuple[Paper, ...]]

    def of(self, service_id: int, location_id: int) -> list[int]:
        """Return the types that a service requires at a location, by id."""
        nothing: frozenset[int] = frozenset()
        everywhere = self.required.get((service_id, None), nothing)
        return sorted(everywhere | self.required.get((service_id, location_id), nothing))

    def held_by(self, practitioner_id: int, service_id: int, location_id: int) -> list[HeldType]:
        """Return the required types with the papers that the practitioner or location has."""
        held = []
        for type_id in self.of(service_id, location_id):
            facts = self.types[type_id]
            is_place = facts.holder == CredentialType.Holder.LOCATION
            holder = (facts.holder, location_id if is_place else practitioner_id)
            held.append(HeldType(facts.rules, self.papers.get((holder, type_id), ())))
        return held


def requirements() -> Requirements:
    """Read everything that decides who is qualified. Five queries.

    A type that is no longer in use is required no more.
    """
    types = {
        row.pk: TypeFacts(row.pk, row.holder, rules_of(row))
        for row in CredentialType.objects.filter(is_active=True)
    }
    required: dict[tuple[int, int | None], set[int]] = defaultdict(set)
    for row in CredentialRequirement.objects.filter(type__is_active=True):
        required[row.service_id, row.location_id].add(row.type_id)
    return Requirements(
        types=types,
        required={key: frozenset(ids) for key, ids in required.items()},
        papers=_papers_by_holder(),
    )


def rules_of(row: CredentialType) -> TypeRules:
    """Return the rules of a type."""
    return TypeRules(
        must_cover_cosmetic=row.must_cover_cosmetic,
        book_past_expiry_days=row.book_past_expiry_days,
    )


def paper_of(row: Credential, checks: tuple[Check, ...]) -> Paper:
    """Return a paper as a value, with its checks (oldest first)."""
    return Paper(
        number=row.pk,
        issued_date=row.issued_date,
        expires_date=row.expires_date,
        checks=checks,
    )


def today_of(row: Credential, now: datetime) -> date:
    """Return today's local date for a paper, in the zone that `zones_of_papers` says."""
    return now.astimezone(zones_of_papers([row], now)[0]).date()


def zones_of_papers(rows: Sequence[Credential], now: datetime) -> list[ZoneInfo]:
    """Return in which zone each paper's dates are read: its location's, or its holder's.

    A practitioner may work in several zones; the one that is ahead decides, so that nobody
    is thought to be qualified who is not everywhere. One query; needs locations loaded.
    """
    zones = _zones_of({row.practitioner_id for row in rows if row.practitioner_id is not None})
    return [
        _zone_ahead({row.location.zone} if row.location else zones[row.practitioner_id], now)
        for row in rows
    ]


def _zone_ahead(names: Iterable[str], now: datetime) -> ZoneInfo:
    zones = (ZoneInfo(name) for name in sorted(names))
    return max(zones, key=lambda zone: now.astimezone(zone).replace(tzinfo=None), default=UTC)


def _zones_of(practitioner_ids: Iterable[int]) -> Mapping[int | None, set[str]]:
    hours = RosterHours.objects.filter(practitioner__in=practitioner_ids).order_by()
    zones: dict[int | None, set[str]] = defaultdict(set)
    for person_id, zone in hours.values_list("practitioner_id", "location__zone").distinct():
        zones[person_id].add(zone)
    return zones


def checks_of(credential_ids: list[int] | None = None) -> dict[int, tuple[Check, ...]]:
    """Return the checks by paper, oldest first; of all papers, or of some. Two queries."""
    rows = Verification.objects.all()
    bars = VerificationBar.objects.all()
    if credential_ids is not None:
        rows = rows.filter(credential_id__in=credential_ids)
        bars = bars.filter(verification__credential_id__in=credential_ids)
    barred: dict[int, set[int]] = defaultdict(set)
    for verification_id, service_id in bars.values_list("verification_id", "service_id"):
        barred[verification_id].add(service_id)
    checks: dict[int, list[Check]] = defaultdict(list)
    for row in rows.order_by("pk").only("credential_id", "result", "covers_cosmetic"):
        checks[row.credential_id].append(
            Check(
                number=row.pk,
                result=Result(row.result),
                covers_cosmetic=row.covers_cosmetic,
                barred=frozenset(barred[row.pk]),
            )
        )
    return {credential_id: tuple(found) for credential_id, found in checks.items()}


def _papers_by_holder() -> dict[tuple[Holder, int], tuple[Paper, ...]]:
    checks = checks_of()
    papers: dict[tuple[Holder, int], list[Paper]] = defaultdict(list)
    # A paper that nobody has decided on says nothing, so it need not be read.
    for row in Credential.objects.filter(pk__in=checks).order_by("pk"):
        holder: Holder = ("location", row.location_id or 0)
        if row.practitioner_id is not None:
            holder = ("practitioner", row.practitioner_id)
        papers[holder, row.type_id].append(paper_of(row, checks[row.pk]))
    return {key: tuple(found) for key, found in papers.items()}
