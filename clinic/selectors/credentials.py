"""Papers as people look at them: how each stands, who has to act, what it lets somebody do."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, Q, QuerySet

from clinic.domain.coverage import Claims, Run, run_of, run_on
from clinic.domain.credentials import ONE_DAY, Paper, Result, Standing, claims, standing_on
from clinic.models import (
    Credential,
    CredentialDocument,
    User,
    Verification,
)
from clinic.selectors.papers import checks_of, paper_of, zones_of_papers


class Waits(StrEnum):
    """Who has to act next."""

    VERIFIER = "verifier"
    RECHECK = "recheck"
    HOLDER = "holder"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class PaperStanding:
    """A paper as it stands on `today`, the local date in the zone where its holder works.

    `checks` are rows, oldest first; `speaks` tells whether it is the one that counts today.
    `run` are the dates without a break of which it is part, `run_today` those of its type
    in which today lies.
    """

    row: Credential
    paper: Paper
    standing: Standing
    waits: Waits
    checks: tuple[Verification, ...]
    zone: ZoneInfo
    today: date
    speaks: bool
    run: Run | None
    run_today: Run | None

    @property
    def last_check(self) -> Verification | None:
        return self.checks[-1] if self.checks else None

    @property
    def is_renewed(self) -> bool:
        """Whether another paper of the type counts from the day after this one has ended."""
        return self.run is not None and self.run.last is not self.paper

    @property
    def leaves_gap(self) -> bool:
        """Whether its type counts no more when it has ended; a gap that is over is none."""
        if self.run is None or self.is_renewed:
            return False
        return self.run.back_on is None or self.today < self.run.back_on

    @property
    def days_left(self) -> int | None:
        """The days until its last valid one; None if it never expires."""
        expires = self.row.expires_date
        return (expires - self.today).days if expires else None


def with_everything() -> QuerySet[Credential]:
    """Return papers that were not withdrawn, with type, holder, checks, bars and documents."""
    checks = Verification.objects.select_related("by").prefetch_related("bars__service")
    return (
        Credential.objects.filter(withdrawn_at=None)
        .select_related("type", "practitioner", "location", "submitted_by")
        .prefetch_related(
            Prefetch("checks", checks.order_by("pk")),
            Prefetch("documents", CredentialDocument.objects.order_by("pk")),
        )
    )


def papers_seen_by(user: User) -> QuerySet[Credential]:
    """Return the papers that somebody may look at: the own ones, or all for a verifier."""
    rows = with_everything()
    if user.is_active and user.is_verifier:
        return rows
    return rows.filter(practitioner__user=user)


def paper_seen_by(user: User, public_id: UUID, now: datetime) -> PaperStanding | None:
    """Return a paper that somebody may look at, as it stands beside the others of its line."""
    row = papers_seen_by(user).filter(public_id=public_id).first()
    if row is None:
        return None
    line = with_everything().filter(
        type=row.type, practitioner=row.practitioner, location=row.location
    )
    return next(item for item in standings(line.order_by("pk"), now) if item.row == row)


def standings(rows: Iterable[Credential], now: datetime) -> list[PaperStanding]:
    """Return how papers stand, in the order given.

    Rows come from `with_everything` and include all papers of each holder and type, or
    else renewals are not seen.
    """
    found = list(rows)
    checks = checks_of([row.pk for row in found])
    papers = {row.pk: paper_of(row, checks.get(row.pk, ())) for row in found}
    groups: dict[tuple[int | None, int | None, int], list[Paper]] = defaultdict(list)
    for row in found:
        groups[_group(row)].append(papers[row.pk])
    claimed = {key: claims(group) for key, group in groups.items()}
    return [
        _standing(row, papers[row.pk], claimed[_group(row)], zone, now)
        for row, zone in zip(found, zones_of_papers(found, now), strict=True)
    ]


def verifiers() -> QuerySet[User]:
    """Return everybody who may verify papers; the clinic needs two."""
    has_role = Q(is_reception=True) | Q(is_practitioner=True)
    named = Q(may_verify=True) & has_role
    return User.objects.filter(Q(is_manager=True) | named, is_active=True)


def badges(practitioner_ids: Iterable[int], now: datetime) -> dict[int, list[PaperStanding]]:
    """Return by practitioner the papers that speak for them today, for the public pages.

    Insurance without cosmetic work would say more than it holds, so it is left out.
    """
    rows = with_everything().filter(practitioner__in=practitioner_ids, type__is_active=True)
    found: dict[int, list[PaperStanding]] = defaultdict(list)
    for item in standings(rows.order_by("type__position", "type_id", "pk"), now):
        if item.speaks and item.row.practitioner_id is not None and _says_what_it_seems(item):
            found[item.row.practitioner_id].append(item)
    return found


def checked_on(item: PaperStanding) -> date | None:
    """Return the local date of the newest check that verified a paper."""
    for check in reversed(item.checks):
        if check.result == Result.VERIFIED:
            return check.at.astimezone(item.zone).date()
    return None


def _says_what_it_seems(item: PaperStanding) -> bool:
    decision = item.paper.decision
    return not item.row.type.must_cover_cosmetic or bool(decision and decision.covers_cosmetic)


def _group(row: Credential) -> tuple[int | None, int | None, int]:
    return row.practitioner_id, row.location_id, row.type_id


def _standing(
    row: Credential,
    paper: Paper,
    claimed: Claims,
    zone: ZoneInfo,
    now: datetime,
) -> PaperStanding:
    today = now.astimezone(zone).date()
    checks = tuple(row.checks.all())
    standing = standing_on(paper, today)
    return PaperStanding(
        row=row,
        paper=paper,
        standing=standing,
        waits=_waits(row, checks, standing, today),
        checks=checks,
        zone=zone,
        today=today,
        speaks=any(item is paper and first <= today <= last for item, first, last in claimed),
        run=run_of(paper, claimed),
        run_today=run_on(today, claimed),
    )


def _waits(
    row: Credential, checks: Sequence[Verification], standing: Standing, today: date
) -> Waits:
    if not checks:
        return Waits.VERIFIER
    last = checks[-1]
    if last.result == Result.MORE_ASKED:
        return Waits.VERIFIER if _was_answered(row, last) else Waits.HOLDER
    is_due = last.next_check_date is not None and last.next_check_date < today + ONE_DAY
    counts = standing in (Standing.VERIFIED, Standing.RENEWAL_PENDING)
    return Waits.RECHECK if is_due and counts else Waits.NOBODY


def _was_answered(row: Credential, asked: Verification) -> bool:
    if row.revision != asked.revision:
        return True
    handed_in = [item for item in row.documents.all() if not item.is_evidence]
    return any(item.uploaded_at > asked.at for item in handed_in)
