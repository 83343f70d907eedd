"""The verifiers' lists: papers that wait, and papers that run out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from clinic.domain.credentials import Standing
from clinic.models import Credential, ExpiryAlert
from clinic.selectors.credentials import PaperStanding, Waits, standings, with_everything

RUNNING_OUT_DAYS = 160
"""How long before its end a paper is listed: the span of the longest course (design.md 10)."""


class Show(StrEnum):
    """Which papers the queue shows."""

    TO_DO = "to-do"
    NEW = "new"
    RECHECK = "re-check"
    ASKED = "asked"
    ALL = "all"


SHOWN_AS = {
    Show.TO_DO: frozenset({Waits.VERIFIER, Waits.RECHECK}),
    Show.NEW: frozenset({Waits.VERIFIER}),
    Show.RECHECK: frozenset({Waits.RECHECK}),
    Show.ASKED: frozenset({Waits.HOLDER}),
    Show.ALL: frozenset(Waits),
}


@dataclass(frozen=True, slots=True)
class Queue:
    """Papers of a filter, the longest waiting first, with what else there is to choose.

    `counts` are those of the other filters with the same type and holder; `types` and
    `holders` are what papers there are of, as (value, label).
    """

    items: Sequence[PaperStanding]
    counts: dict[Show, int]
    types: Sequence[tuple[str, str]]
    holders: Sequence[tuple[str, str]]


def all_standings(now: datetime) -> list[PaperStanding]:
    """Return how every paper stands, in the order in which they were handed in."""
    return standings(with_everything().order_by("submitted_at", "pk"), now)


def queue(found: Sequence[PaperStanding], show: Show, *, type: str, holder: str) -> Queue:
    """Sort papers into the queue; `type` is a slug and `holder` a `holder_key`, empty for any."""
    chosen = [item for item in found if _is_of(item, type, holder)]
    waiting = Counter(item.waits for item in chosen)
    items = [item for item in chosen if item.waits in SHOWN_AS[show]]
    return Queue(
        items=sorted(items, key=lambda item: (waits_since(item), item.row.pk)),
        counts={each: sum(waiting[waits] for waits in SHOWN_AS[each]) for each in Show},
        types=_sorted({(item.row.type.slug, str(item.row.type)) for item in found}),
        holders=_sorted({(holder_key(item.row), item.row.holder_name) for item in found}),
    )


def waits_since(item: PaperStanding) -> date:
    """Return the local date from which a paper waits for whoever has to act."""
    check = item.last_check
    if check is not None and item.waits is Waits.RECHECK and check.next_check_date is not None:
        return check.next_check_date
    if check is not None and item.waits is Waits.HOLDER:
        return check.at.astimezone(item.zone).date()
    return item.row.submitted_at.astimezone(item.zone).date()


def holder_key(row: Credential) -> str:
    """Name a paper's holder in an address. Needs the holder loaded."""
    if row.practitioner is not None:
        return f"practitioner.{row.practitioner.slug}"
    assert row.location is not None
    return f"location.{row.location.slug}"


def family_of(row: Credential, now: datetime) -> list[PaperStanding]:
    """Return all papers of the same type and holder as they stand, in the order handed in."""
    same = with_everything().filter(
        type=row.type_id, practitioner=row.practitioner_id, location=row.location_id
    )
    return standings(same.order_by("submitted_at", "pk"), now)


def running_out(found: Iterable[PaperStanding]) -> list[PaperStanding]:
    """Return the papers in use that are past due or run out soon, the soonest first.

    Only those after which none of their type counts, or none at first: nothing that was
    renewed in time, and nothing of a type that is suspended or revoked.
    """
    soon = [
        item
        for item in found
        if item.leaves_gap and is_in_use(item.row) and _days_to_end(item) <= RUNNING_OUT_DAYS
    ]
    return sorted(soon, key=lambda item: (item.paper.last_date, item.row.pk))


def _days_to_end(item: PaperStanding) -> int:
    return (item.paper.last_date - item.today).days


def is_past_due(item: PaperStanding) -> bool:
    """Tell whether a paper has run out."""
    return item.standing is Standing.EXPIRED


def alerts_of(items: Iterable[PaperStanding]) -> list[ExpiryAlert]:
    """Return the newest expiry alert of each paper, in the order of the papers. One query."""
    papers = [item.row.pk for item in items]
    newest: dict[int, ExpiryAlert] = {}
    for alert in ExpiryAlert.objects.filter(credential__in=papers).order_by("-days_before", "pk"):
        newest[alert.credential_id] = alert
    return [newest[pk] for pk in papers if pk in newest]


def _is_of(item: PaperStanding, type: str, holder: str) -> bool:
    return (not type or item.row.type.slug == type) and (
        not holder or holder_key(item.row) == holder
    )


def is_in_use(row: Credential) -> bool:
    """Tell whether a paper's type and holder are in use. Needs both loaded."""
    holder = row.practitioner or row.location
    return row.type.is_active and holder is not None and holder.is_active


def runs_out(item: PaperStanding) -> bool:
    """Tell whether a paper that counts has a last day ahead, and nothing takes its place."""
    days = item.days_left
    is_verified = item.standing is Standing.VERIFIED and days is not None and days >= 0
    return is_verified and item.leaves_gap and is_in_use(item.row)


def _sorted(pairs: set[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: (pair[1], pair[0]))
