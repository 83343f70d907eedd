"""Tell a client of new dates that are kept for them, and take that back once it is settled."""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from clinic.domain.quiet import when_not_quiet
from clinic.messaging.outbox import (
    About,
    ToClient,
    after_grace,
    call,
    settle_calls,
    supersede,
    tell_clients,
)
from clinic.models import CallEntry
from treatments.messages.repairs import REPAIR, REPAIR_PROPOSED
from treatments.models import Course, Repair


def propose_to_client(repair: Repair, course: Course, now: datetime) -> None:
    """Tell a client of a proposal, by every channel since its time is kept for a day at most.

    In the morning if it is night, unless the kept time would be over by then. Who has no
    address is called. Needs the course's `client` and `location` loaded.
    """
    assert repair.expires_at is not None
    zone = ZoneInfo(course.location.zone)
    morning = when_not_quiet(after_grace(now), zone)
    wish = ToClient(
        kind=REPAIR_PROPOSED,
        client=course.client,
        about=About(REPAIR, repair.pk, repair.course_version),
        location_id=course.location_id,
        due_at=morning if morning < repair.expires_at else after_grace(now),
        everywhere=True,
    )
    unreached = tell_clients([wish], now)
    call(unreached, reason=CallEntry.Reason.REPAIR, call_by=repair.expires_at, now=now)


def withdraw(repairs: Collection[Repair], now: datetime) -> None:
    """Take back what waits to be said of proposals that are settled. Calling twice is fine."""
    if not repairs:
        return
    ids = [repair.pk for repair in repairs]
    note = _("The proposal is settled.")
    supersede(about=REPAIR, ids=ids, kinds=[REPAIR_PROPOSED], reason=note)
    settle_calls(about=REPAIR, ids=ids, but_version=None, now=now, note=note)
