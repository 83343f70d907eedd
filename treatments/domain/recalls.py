"""Which recall of a maintenance visit is due by now, and until when it makes sense.

due - 14       due          due + 28
---|============|=============|======-------->
   before       on the day    after     each for a week at most, and none beside the next
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from clinic.domain.quiet import when_not_quiet
from treatments.domain.timing import moment

SHELF = dt.timedelta(days=7)
"""So late a recall may still go out."""


class Recall(StrEnum):
    """The recalls of a due date; the values name their rules."""

    BEFORE = "recall-before"
    DUE = "recall-due"
    AFTER = "recall-after"


@dataclass(frozen=True, slots=True)
class DueRecall:
    """A recall to be sent at `due_at`, or late, but not after `until`."""

    recall: Recall
    due_at: dt.datetime
    until: dt.datetime


def due_recall(
    due_date: dt.date,
    rules: Mapping[Recall, dt.timedelta],
    zone: ZoneInfo,
    now: dt.datetime,
) -> DueRecall | None:
    """Return the latest recall whose moment has come, unless it is too late for it by now.

    `rules` say how long after the due date (below zero: before) each goes out.
    """
    moments = [(when_not_quiet(moment(due_date, rules[item], zone), zone), item) for item in rules]
    past = [(at, item) for at, item in moments if at <= now]
    if not past:
        return None
    due_at, recall = max(past)
    found = DueRecall(recall, due_at, due_at + SHELF)
    return found if now <= found.until else None
