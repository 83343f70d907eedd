"""Say in time that a paper runs out: one row per paper and step."""

from datetime import date, datetime

from clinic.domain.credentials import Standing
from clinic.models import ExpiryAlert
from clinic.selectors.credentials import PaperStanding, standings, with_everything

ALERT_DAYS = (160, 90, 60, 30, 14, 7, 1)
"""Days before the last valid one; 160 is about the span of the longest course (design.md 10)."""


def raise_expiry_alerts(*, now: datetime) -> list[ExpiryAlert]:
    """Write the alerts that are due by now. Safe to run twice and at the same time.

    A paper that was found late gets the nearest step only, a renewed one none.
    """
    today = now.date()
    found = standings(with_everything().exclude(expires_date=None).order_by("pk"), now)
    wanted = [
        ExpiryAlert(credential=item.row, days_before=step, raised_at=now)
        for item in found
        if (step := _step(item, today)) is not None
    ]
    known = set(
        ExpiryAlert.objects.filter(credential__in=[item.row.pk for item in found]).values_list(
            "credential_id", "days_before"
        )
    )
    fresh = [row for row in wanted if (row.credential_id, row.days_before) not in known]
    return ExpiryAlert.objects.bulk_create(fresh, ignore_conflicts=True)


def _step(item: PaperStanding, today: date) -> int | None:
    days = item.days_left(today)
    if item.standing is not Standing.VERIFIED or item.is_renewed or days is None:
        return None
    return min((step for step in ALERT_DAYS if step >= days), default=None)
