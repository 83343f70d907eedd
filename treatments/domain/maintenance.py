"""Maintenance after a course: when the next visit is due, and how far the recall has come.

                due - 14          due             due + 28
    ---resting-----|-----soon------|-------due--------|---lapsed---
                recall 1        recall 2           recall 3

A visit in the diary stops the recall at once; a completed one is the new last visit,
from which everything is counted anew.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

MIN_INTERVAL_WEEKS = 4
MAX_INTERVAL_WEEKS = 26


class MaintenanceState(StrEnum):
    """Where a client in maintenance stands."""

    RESTING = "resting"
    SOON = "soon"
    DUE = "due"
    BOOKED = "booked"
    PAUSED = "paused"
    LAPSED = "lapsed"


class RecallStep(StrEnum):
    """The three messages of a recall, by their distance from the due date."""

    AHEAD = "ahead"
    ON_THE_DAY = "on_the_day"
    LAST = "last"


DAYS_FROM_DUE: dict[RecallStep, int] = {
    RecallStep.AHEAD: -14,
    RecallStep.ON_THE_DAY: 0,
    RecallStep.LAST: 28,
}


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Hold a client's maintenance on one local day.

    `step` is the latest recall message whose day has come, None when none should go out
    (resting, booked, paused, lapsed). Whether it went out already is the sender's to know.
    """

    state: MaintenanceState
    due_date: dt.date
    step: RecallStep | None = None


def next_due(last_date: dt.date, interval_weeks: int) -> dt.date:
    """Return when maintenance is due: so many weeks after the last visit, in local dates.

    Raises ValueError for an interval that is not 4 to 26 weeks.
    """
    if not MIN_INTERVAL_WEEKS <= interval_weeks <= MAX_INTERVAL_WEEKS:
        raise ValueError(f"an interval is 4 to 26 weeks, not {interval_weeks}")
    return last_date + dt.timedelta(weeks=interval_weeks)


def recall_dates(due_date: dt.date) -> dict[RecallStep, dt.date]:
    """Return the local date of each recall message."""
    return {step: due_date + dt.timedelta(days=days) for step, days in DAYS_FROM_DUE.items()}


def maintenance_state(
    *,
    last_date: dt.date,
    interval_weeks: int,
    today: dt.date,
    next_visit_date: dt.date | None = None,
    paused_until: dt.date | None = None,
) -> Maintenance:
    """Say where maintenance stands on the local date `today`.

    `last_date` is the last completed visit, `next_visit_date` the next one in the diary
    of any kind (one of today or later counts). `paused_until` is exclusive; a pause that
    reaches past the due date puts the due date to its end. Lapsed from the day after the
    last recall message.
    """
    due_date = next_due(last_date, interval_weeks)
    if paused_until is not None:
        due_date = max(due_date, paused_until)
    if next_visit_date is not None and next_visit_date >= today:
        return Maintenance(MaintenanceState.BOOKED, due_date)
    if paused_until is not None and today < paused_until:
        return Maintenance(MaintenanceState.PAUSED, due_date)
    return _unbooked(due_date, today)


def _unbooked(due_date: dt.date, today: dt.date) -> Maintenance:
    dates = recall_dates(due_date)
    if today < dates[RecallStep.AHEAD]:
        return Maintenance(MaintenanceState.RESTING, due_date)
    if today > dates[RecallStep.LAST]:
        return Maintenance(MaintenanceState.LAPSED, due_date)
    step = next(step for step in reversed(RecallStep) if dates[step] <= today)
    state = MaintenanceState.SOON if step is RecallStep.AHEAD else MaintenanceState.DUE
    return Maintenance(state, due_date, step)
