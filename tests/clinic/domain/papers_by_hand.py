"""The rules of papers once more, the slow way: events one by one, then date by date.

Written from design.md 10 and domain.md 3, without a look at spans or claims.
"""

import datetime as dt
from collections.abc import Sequence

from clinic.domain.credentials import HeldType, Paper, Result, Standing, TypeRules

RENEWAL_DAYS = 30


def state_of(paper: Paper) -> Result | None:
    """Replay the checks of a paper: asking for more leaves everything as it was."""
    state = None
    for check in paper.checks:
        if check.result is not Result.MORE_ASKED:
            state = check.result
    return state


def counts_on(paper: Paper, date: dt.date) -> bool:
    """Tell whether a paper, looked at alone, counts on a date."""
    state = state_of(paper)
    if state not in (Result.VERIFIED, Result.RENEWAL_PENDING):
        return False
    if paper.issued_date is not None and date < paper.issued_date:
        return False
    if paper.expires_date is None:
        return True
    grace = RENEWAL_DAYS if state is Result.RENEWAL_PENDING else 0
    return (date - paper.expires_date).days <= grace


def standing_by_hand(paper: Paper, date: dt.date) -> Standing:
    """Return how a paper stands on a date."""
    state = state_of(paper)
    if state is None:
        return Standing.SUBMITTED
    if state in (Result.VERIFIED, Result.RENEWAL_PENDING) and paper.expires_date is not None:
        grace = RENEWAL_DAYS if state is Result.RENEWAL_PENDING else 0
        if (date - paper.expires_date).days > grace:
            return Standing.EXPIRED
    return Standing[state.name]


def is_barred(papers: Sequence[Paper]) -> bool:
    """Replay all checks of a type: a suspension or revocation bars, a verification lifts."""
    barred = False
    for check in sorted((c for p in papers for c in p.checks), key=lambda c: c.number):
        if check.result in (Result.SUSPENDED, Result.REVOKED):
            barred = True
        elif check.result is Result.VERIFIED:
            barred = False
    return barred


def speaker_on(papers: Sequence[Paper], date: dt.date) -> Paper | None:
    """Return the paper that speaks for its type on a date: of those that count, the latest."""
    if is_barred(papers):
        return None
    counting = [paper for paper in papers if counts_on(paper, date)]
    return max(counting, key=lambda p: (p.issued_date or dt.date.min, p.number), default=None)


def allows(paper: Paper, rules: TypeRules, service_id: int) -> bool:
    """Tell whether the newest decision about a paper lets a service be done."""
    said = [check for check in paper.checks if check.result is not Result.MORE_ASKED][-1]
    return service_id not in said.barred and (said.covers_cosmetic or not rules.must_cover_cosmetic)


def answer_on(held: HeldType, service_id: int, date: dt.date) -> dt.date | bool:
    """Say what one type says to a date: no, yes, or up to when it can be booked."""
    speaker = speaker_on(held.papers, date)
    if speaker is not None:
        return allows(speaker, held.rules, service_id)
    last = last_speaker_before(held.papers, date)
    if last is None or last.expires_date is None or not allows(last, held.rules, service_id):
        return False
    grace = RENEWAL_DAYS if state_of(last) is Result.RENEWAL_PENDING else 0
    if any_speaks_after(held.papers, date):
        return False
    if (date - last.expires_date).days > held.rules.book_past_expiry_days:
        return False
    return last.expires_date + dt.timedelta(days=grace)


def last_speaker_before(papers: Sequence[Paper], date: dt.date) -> Paper | None:
    """Return who spoke on the last date before that on which anybody did."""
    ends = [p.expires_date for p in papers if p.expires_date is not None]
    first = min(ends, default=date)
    while date > first - dt.timedelta(days=1):
        date -= dt.timedelta(days=1)
        speaker = speaker_on(papers, date)
        if speaker is not None:
            return speaker
    return None


def any_speaks_after(papers: Sequence[Paper], date: dt.date) -> bool:
    """Tell whether a later date is spoken for: then this one lies in a gap between papers."""
    starts = [p.issued_date for p in papers if p.issued_date is not None]
    last = max(starts, default=date)
    while date < last:
        date += dt.timedelta(days=1)
        if speaker_on(papers, date) is not None:
            return True
    return False
