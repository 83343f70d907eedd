"""Where the papers of a type count without a break, and where a gap lies between them.

    old      |=========|
    renewal                 |==========|
    runs     |====1====|    |====2=====|

A renewal that begins too late is verified, and yet nobody is qualified in between.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from clinic.domain.credentials import ONE_DAY, Paper

Claims = Sequence[tuple[Paper, dt.date, dt.date]]
"""Which paper speaks from which local date to which, in order, as `credentials.claims` says."""


@dataclass(frozen=True, slots=True)
class Run:
    """Local dates `[first_date, last_date]` on which papers of a type count without a break.

    `last` is the paper with which it ends; `back_on` the date on which another one counts
    again after that, None for never.
    """

    first_date: dt.date
    last_date: dt.date
    last: Paper
    back_on: dt.date | None = None

    def holds(self, date: dt.date) -> bool:
        """Tell whether a local date lies in it."""
        return self.first_date <= date <= self.last_date


def runs(parts: Claims) -> list[Run]:
    """Join claims that follow each other day by day."""
    found: list[Run] = []
    for paper, first, last in reversed(parts):
        follower = found[-1] if found else None
        if follower is not None and last + ONE_DAY == follower.first_date:
            found[-1] = Run(first, follower.last_date, follower.last, follower.back_on)
        else:
            found.append(Run(first, last, paper, follower.first_date if follower else None))
    return found[::-1]


def run_of(paper: Paper, parts: Claims) -> Run | None:
    """Return the run of which a paper is part; None if it speaks on no date.

    What is valid of a paper without a break is claimed by it or by another, so that there
    is never a second run.
    """
    first = next((first for item, first, _last in parts if item is paper), None)
    return run_on(first, parts) if first is not None else None


def run_on(date: dt.date, parts: Claims) -> Run | None:
    """Return the run in which a local date lies."""
    return next((run for run in runs(parts) if run.holds(date)), None)
