"""Ask clients back when it is time: a course without a next visit, and maintenance.

Safe to run twice, and at the same time: the unique key of the outbox decides. A run that was
missed loses nothing, since each asks what is true by now.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils.translation import gettext as _

from clinic.domain.quiet import when_not_quiet
from clinic.messaging.outbox import About, ToClient, call, settle_calls, tell_clients
from clinic.messaging.rules import rules
from clinic.models import CallEntry, Message, Purpose
from clinic.services.transactions import in_one_transaction
from treatments.domain.recalls import SHELF, DueRecall, Recall, due_recall
from treatments.domain.timing import moment
from treatments.messages.care import COURSE_OVERDUE, GAP, MAINTENANCE, RECALL_KINDS
from treatments.models import Course, Maintenance
from treatments.selectors.drifting import Overdue, overdue_courses
from treatments.selectors.maintenance import due_list

OVERDUE_SHELF = timedelta(days=14)
"""So late a client is still written to; from then on it is for staff alone."""

CLIENT_RULE, STAFF_RULE = "course-overdue", "course-overdue-staff"


@in_one_transaction
def write_overdue(*, now: datetime) -> int:
    """Write to clients whose course waits, and later put them onto the call list.

    Returns how many are new to either. Open calls of courses that wait no more are ticked
    off. A fixed number of queries.
    """
    found = overdue_courses(now)
    _settle_others([item.course_id for item in found], now)
    timings = rules(CLIENT_RULE, STAFF_RULE)
    known = _known(GAP, [COURSE_OVERDUE], [item.course_id for item in found])
    to_write, to_call = [], []
    for item in found:
        moments = {name: moment(item.since, after, item.zone) for name, after in timings.items()}
        if CLIENT_RULE in moments and _is_fresh(item, known, moments[CLIENT_RULE], now):
            to_write.append((item, when_not_quiet(moments[CLIENT_RULE], item.zone)))
        if STAFF_RULE in moments and moments[STAFF_RULE] <= now:
            to_call.append((item, now))
    wishes = _overdue_wishes([*to_write, *to_call])
    first = len(to_write)
    unreached = tell_clients(wishes[:first], now)
    called = CallEntry.objects.filter(about=GAP).count()
    call(wishes[first:], reason=CallEntry.Reason.OVERDUE, call_by=None, now=now)
    return first - len(unreached) + CallEntry.objects.filter(about=GAP).count() - called


@in_one_transaction
def write_recalls(*, now: datetime) -> int:
    """Write the recalls that are due by now to who consents; return how many.

    A fixed number of queries. Each due date has each recall once; a visit in the diary
    stops them.
    """
    timings = {Recall(name): after for name, after in rules(*Recall).items()}
    if not timings:
        return 0
    latest = max(timings.values()) + SHELF + timedelta(days=1)
    ahead = -min(timings.values()).days
    recent = due_list(now, ahead_days=ahead).filter(due__gte=F("today") - latest.days)  # type: ignore[misc]
    rows = list(recent)
    known = _known(MAINTENANCE, RECALL_KINDS.values(), [row.pk for row in rows])
    wishes = []
    for row in rows:
        due_date = row.due  # type: ignore[attr-defined]
        item = due_recall(due_date, timings, ZoneInfo(row.location.zone), now)
        about = About(MAINTENANCE, row.pk, due_date.toordinal())
        if item is not None and (RECALL_KINDS[item.recall], about.id, about.version) not in known:
            wishes.append(_recall_wish(row, about, item))
    unreached = tell_clients(wishes, now)
    return len(wishes) - len(unreached)


def _is_fresh(item: Overdue, known: Collection[object], at: datetime, now: datetime) -> bool:
    key = (COURSE_OVERDUE, item.course_id, item.last_date.toordinal())
    return key not in known and at <= now <= at + OVERDUE_SHELF


def _overdue_wishes(items: Collection[tuple[Overdue, datetime]]) -> list[ToClient]:
    ids = {item.course_id for item, _due_at in items}
    courses = Course.objects.select_related("client", "location").in_bulk(list(ids))
    return [
        ToClient(
            kind=COURSE_OVERDUE,
            client=courses[item.course_id].client,
            about=About(GAP, item.course_id, item.last_date.toordinal()),
            location_id=courses[item.course_id].location_id,
            due_at=due_at,
        )
        for item, due_at in items
    ]


def _recall_wish(row: Maintenance, about: About, item: DueRecall) -> ToClient:
    return ToClient(
        kind=RECALL_KINDS[item.recall],
        client=row.client,
        about=about,
        location_id=row.location_id,
        due_at=item.due_at,
        purpose=Purpose.RECALL,
        details={"until": item.until.isoformat()},
    )


def _settle_others(course_ids: Collection[int], now: datetime) -> None:
    open_calls = CallEntry.objects.filter(about=GAP, settled_at=None)
    done = open_calls.exclude(about_id__in=course_ids).values_list("about_id", flat=True)
    ids = list(done)
    if ids:
        note = _("The course does not wait any more.")
        settle_calls(about=GAP, ids=ids, but_version=None, now=now, note=note)


def _known(about: str, kinds: Iterable[str], ids: Collection[int]) -> set[tuple[str, int, int]]:
    """Return what was written before: kind, id and version."""
    rows = Message.objects.filter(about=about, about_id__in=ids, kind__in=list(kinds))
    return set(rows.values_list("kind", "about_id", "about_version"))
