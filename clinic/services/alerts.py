"""Say in time that a paper runs out: one row per paper and step."""

from datetime import datetime

from clinic.domain.credentials import Standing
from clinic.models import ExpiryAlert
from clinic.selectors.credentials import PaperStanding, standings, with_everything
from clinic.selectors.verification_queue import is_in_use

ALERT_DAYS = (160, 90, 60, 30, 14, 7, 1)
"""Days before the last valid one; 160 is about the span of the longest course (design.md 10)."""


def raise_expiry_alerts(*, now: datetime) -> list[ExpiryAlert]:
    """Write the alerts that are due by now and return those that this run wrote.

    Safe to run twice and at the same time: the constraint decides. A paper that was found
    late gets the nearest step only; one that was renewed, or whose type is suspended or
    revoked, or whose holder has left, gets none.
    """
    found = standings(with_everything().order_by("pk"), now)
    known = set(ExpiryAlert.objects.values_list("credential_id", "days_before"))
    wanted = [
        ExpiryAlert(credential=item.row, days_before=step, raised_at=now)
        for item in found
        if (step := _step(item)) is not None and (item.row.pk, step) not in known
    ]
    ExpiryAlert.objects.bulk_create(wanted, ignore_conflicts=True)
    written = ExpiryAlert.objects.filter(credential__in=[row.credential_id for row in wanted])
    return list(written.filter(raised_at=now).order_by("pk"))


def _step(item: PaperStanding) -> int | None:
    days = item.days_left
    if days is None or item.standing is not Standing.VERIFIED:
        return None
    if not (item.leaves_gap and is_in_use(item.row)):
        return None
    return min((step for step in ALERT_DAYS if step >= days), default=None)
