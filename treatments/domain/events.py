"""A course and the event it is made ready for."""

from datetime import date, timedelta

WORTH_SAYING = timedelta(days=28)
SLACK = timedelta(days=7)


def nearer_start(first: date, last: date, ready_by: date) -> date | None:
    """Return from when on to begin so that a plan ends shortly before `ready_by`.

    None where the plan ends within four weeks of it anyway. The plan keeps its length in
    days, and a week of slack is left for dates that fall otherwise.
    """
    spare = ready_by - last - SLACK
    return first + spare if spare >= WORTH_SAYING else None
