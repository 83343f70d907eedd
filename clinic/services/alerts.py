"""Say in time that a paper runs out: one row per paper and step."""

from collections.abc import Collection, Iterator
from datetime import datetime

from clinic.messages import CREDENTIAL_EXPIRING, PAPER
from clinic.messaging.outbox import About, enqueue, tell_user
from clinic.models import ExpiryAlert, Message, User
from clinic.selectors.credentials import PaperStanding, standings, with_everything
from clinic.selectors.verification_queue import runs_out
from clinic.services.transactions import in_one_transaction

ALERT_DAYS = (160, 90, 60, 30, 14, 7, 1)
"""Days before the last valid one; 160 is about the span of the longest course (design.md 10)."""


@in_one_transaction
def raise_expiry_alerts(*, now: datetime) -> list[ExpiryAlert]:
    """Write the alerts that are due by now and return those that this run wrote.

    Who holds the paper and all managers are told of each, in the same transaction.
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
    ours = ExpiryAlert.objects.filter(credential__in=[row.credential_id for row in wanted])
    people = ours.select_related("credential__practitioner__user")
    written = list(people.filter(raised_at=now).order_by("pk"))
    if written:
        enqueue(_mails(written, now))
    return written


def _mails(alerts: Collection[ExpiryAlert], now: datetime) -> Iterator[Message]:
    managers = list(User.objects.filter(is_manager=True, is_active=True).order_by("pk"))
    for alert in alerts:
        holder = alert.credential.practitioner
        about = About(PAPER, alert.credential_id, alert.days_before)
        for user in {*managers, *([holder.user] if holder is not None else [])}:
            yield tell_user(kind=CREDENTIAL_EXPIRING, user=user, about=about, due_at=now, now=now)


def _step(item: PaperStanding) -> int | None:
    days = item.days_left
    if days is None or not runs_out(item):
        return None
    return min((step for step in ALERT_DAYS if step >= days), default=None)
