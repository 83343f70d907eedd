"""What papers say: the standing of one, and the dates on which somebody is qualified.

A paper's holder may hand in another of the same type at any time (a renewal). On each
date one paper speaks for the type: of those that count that day the one issued last.

    old      |=================|
    renewal            |====================|
    speaks   |---old---|------renewal-------|

So a renewal leaves no gap, and no date is claimed twice. A suspension or revocation
bars all papers of the type until one of them is verified anew; neither the rejection of
another one nor a renewal that is pending lifts it.
Source of the rules: design.md 10, domain.md 3.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce

RENEWAL_PENDING_DAYS = 30
"""How long past its expiry a paper counts while the issuer works on the renewal."""
ONE_DAY = dt.timedelta(days=1)


class Result(StrEnum):
    """What a verifier decided."""

    VERIFIED = "verified"
    MORE_ASKED = "more_asked"
    REJECTED = "rejected"
    RENEWAL_PENDING = "renewal_pending"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class Standing(StrEnum):
    """How a paper stands on a date; derived, never stored."""

    SUBMITTED = "submitted"
    VERIFIED = "verified"
    REJECTED = "rejected"
    RENEWAL_PENDING = "renewal_pending"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"


COUNTING = frozenset({Result.VERIFIED, Result.RENEWAL_PENDING})
BARRING = frozenset({Result.SUSPENDED, Result.REVOKED})
DECIDING = COUNTING | BARRING | {Result.REJECTED}
"""Asking for more decides nothing: a paper under re-check keeps its standing."""
TELLING = BARRING | {Result.VERIFIED}
"""What begins or lifts a bar of a whole type (domain.md 3: only a new verified row reinstates)."""


OPEN_TO = {
    Standing.SUBMITTED: frozenset({Result.VERIFIED, Result.MORE_ASKED, Result.REJECTED}),
    Standing.VERIFIED: frozenset(Result) - {Result.REJECTED},
    Standing.RENEWAL_PENDING: frozenset(Result) - {Result.REJECTED, Result.RENEWAL_PENDING},
    Standing.SUSPENDED: frozenset({Result.VERIFIED, Result.MORE_ASKED, Result.REVOKED}),
    Standing.REVOKED: frozenset({Result.VERIFIED, Result.MORE_ASKED}),
    Standing.REJECTED: frozenset({Result.VERIFIED, Result.MORE_ASKED}),
    Standing.EXPIRED: frozenset({Result.RENEWAL_PENDING, *BARRING}),
}
"""What can be decided about a paper that stands so; expired ones need a new paper."""


@dataclass(frozen=True, slots=True)
class Check:
    """One verification; numbers rise with time over all papers.

    `covers_cosmetic` is the verifier's answer where the type asks for it; a condition
    of the paper bars the services in `barred`.
    """

    number: int
    result: Result
    covers_cosmetic: bool = False
    barred: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper with its checks, oldest first.

    `issued_date` None counts from ever; `expires_date` is the last valid local date,
    None for never. `number` rises with the order in which papers were handed in.
    """

    number: int
    issued_date: dt.date | None
    expires_date: dt.date | None
    checks: tuple[Check, ...] = ()

    @property
    def decision(self) -> Check | None:
        """The newest check that decides anything."""
        return next((c for c in reversed(self.checks) if c.result in DECIDING), None)

    @property
    def last_date(self) -> dt.date:
        """The last local date on which the paper counts, if it counts."""
        if self.expires_date is None:
            return dt.date.max
        decision = self.decision
        if decision is not None and decision.result is Result.RENEWAL_PENDING:
            return _days_after(self.expires_date, RENEWAL_PENDING_DAYS)
        return self.expires_date


@dataclass(frozen=True, slots=True)
class TypeRules:
    """What a type of paper asks for.

    `must_cover_cosmetic`: counts only where "covers cosmetic facial work" is yes.
    `book_past_expiry_days`: how far past its expiry visits are booked, subject to renewal.
    """

    must_cover_cosmetic: bool = False
    book_past_expiry_days: int = 0


@dataclass(frozen=True, slots=True)
class QualifiedSpan:
    """Local dates `[first_date, last_date]`, both included.

    With `book_by` the span lies past an expiry: its dates can be booked up to that
    date, subject to renewal, and no visit can be started on them.
    """

    first_date: dt.date
    last_date: dt.date
    book_by: dt.date | None = None


Spans = tuple[QualifiedSpan, ...]
ALWAYS: Spans = (QualifiedSpan(dt.date.min, dt.date.max),)


@dataclass(frozen=True, slots=True)
class HeldType:
    """A type that is required, with all papers of it that the holder has."""

    rules: TypeRules
    papers: tuple[Paper, ...] = field(default=())


def standing_on(paper: Paper, date: dt.date) -> Standing:
    """Return how a paper stands on a local date."""
    decision = paper.decision
    if decision is None:
        return Standing.SUBMITTED
    if decision.result in COUNTING and date > paper.last_date:
        return Standing.EXPIRED
    return Standing(decision.result.value)


def may_decide(paper: Paper, result: Result, today: dt.date) -> bool:
    """Tell whether a verifier can decide so today.

    A renewal can be pending only for a paper that expires, at most 30 days past that.
    """
    if result not in OPEN_TO[standing_on(paper, today)]:
        return False
    if result is not Result.RENEWAL_PENDING:
        return True
    if paper.expires_date is None:
        return False
    return today <= _days_after(paper.expires_date, RENEWAL_PENDING_DAYS)


def claims(papers: Iterable[Paper]) -> list[tuple[Paper, dt.date, dt.date]]:
    """Return which paper speaks from which local date to which (included), in order.

    Nothing speaks from a suspension or revocation of any of them until one is verified.
    """
    known = list(papers)
    if _is_barred(known):
        return []
    counting = [paper for paper in known if paper.decision and paper.decision.result in COUNTING]
    counting.sort(key=lambda paper: (_first(paper), paper.number), reverse=True)
    found: list[tuple[Paper, dt.date, dt.date]] = []
    for paper in counting:
        found += [(paper, *part) for part in _unclaimed(paper, found)]
    return sorted(found, key=lambda claim: claim[1])


def spans_of_type(held: HeldType, service_id: int) -> Spans:
    """Return when the papers of one type allow a service."""
    parts = claims(held.papers)
    spans = [
        QualifiedSpan(first, last)
        for paper, first, last in parts
        if _allows(paper, held.rules, service_id)
    ]
    if spans and parts:
        spans += _past_expiry(parts[-1][0], held.rules, service_id)
    return tuple(spans)


def qualified_spans(required: Iterable[HeldType], service_id: int) -> Spans:
    """Return when everything that a service requires is there; always, if nothing is.

    In order of date; spans do not overlap.
    """
    return reduce(_both, (spans_of_type(held, service_id) for held in required), ALWAYS)


def is_qualified(spans: Spans, date: dt.date, today: dt.date) -> bool:
    """Tell whether a visit on a local date can be booked today."""
    span = span_on(spans, date)
    return span is not None and (span.book_by is None or today <= span.book_by)


def is_firm(spans: Spans, date: dt.date) -> bool:
    """Tell whether a visit on a local date stands on papers that are valid that day."""
    span = span_on(spans, date)
    return span is not None and span.book_by is None


def span_on(spans: Spans, date: dt.date) -> QualifiedSpan | None:
    """Return the span in which a local date lies."""
    return next((span for span in spans if span.first_date <= date <= span.last_date), None)


def is_bookable_from(spans: Spans, today: dt.date) -> bool:
    """Tell whether any date from today on can be booked today."""
    return any(
        span.last_date >= today and (span.book_by is None or today <= span.book_by)
        for span in spans
    )


def _allows(paper: Paper, rules: TypeRules, service_id: int) -> bool:
    decision = paper.decision
    assert decision is not None
    covered = decision.covers_cosmetic or not rules.must_cover_cosmetic
    return covered and service_id not in decision.barred


def _past_expiry(paper: Paper, rules: TypeRules, service_id: int) -> list[QualifiedSpan]:
    if paper.expires_date is None or not _allows(paper, rules, service_id):
        return []
    if paper.last_date == dt.date.max:
        return []
    first = paper.last_date + ONE_DAY
    last = _days_after(paper.expires_date, rules.book_past_expiry_days)
    return [QualifiedSpan(first, last, book_by=paper.last_date)] if first <= last else []


def _both(left: Spans, right: Spans) -> Spans:
    parts = []
    for one in left:
        for other in right:
            first = max(one.first_date, other.first_date)
            last = min(one.last_date, other.last_date)
            if first <= last:
                parts.append(QualifiedSpan(first, last, _earlier(one.book_by, other.book_by)))
    return tuple(parts)


def _earlier(one: dt.date | None, other: dt.date | None) -> dt.date | None:
    return min(one, other) if one and other else one or other


def _unclaimed(
    paper: Paper, found: Sequence[tuple[Paper, dt.date, dt.date]]
) -> list[tuple[dt.date, dt.date]]:
    """Return what of a paper's dates no other paper claims."""
    parts = []
    first = _first(paper)
    for _, taken_first, taken_last in sorted(found, key=lambda claim: claim[1]):
        if taken_first > first:
            parts.append((first, min(paper.last_date, taken_first - ONE_DAY)))
        if taken_last >= paper.last_date:
            first = dt.date.max
            break
        first = max(first, taken_last + ONE_DAY)
    else:
        parts.append((first, paper.last_date))
    return [part for part in parts if part[0] <= part[1]]


def _first(paper: Paper) -> dt.date:
    return paper.issued_date or dt.date.min


def _is_barred(papers: Iterable[Paper]) -> bool:
    checks = [check for paper in papers for check in paper.checks if check.result in TELLING]
    newest = max(checks, key=lambda check: check.number, default=None)
    return newest is not None and newest.result in BARRING


def _days_after(date: dt.date, days: int) -> dt.date:
    """Return the date so many days later; the last date there is where that lies beyond it."""
    return dt.date.max if (dt.date.max - date).days <= days else date + dt.timedelta(days=days)
