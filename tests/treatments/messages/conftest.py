"""A row of each kind of message of this app and of papers, made by what happens."""

from datetime import date, datetime, timedelta

import pytest

from clinic.models import Message, Purpose
from clinic.services.alerts import raise_expiry_alerts
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_client, make_small_clinic
from tests.factories.credentials import make_type, verified
from tests.support.aftercare import complete, keep, make_weekly, missed_and_planned, visit_in
from tests.support.covering import booked_with_chen, kept_by_dora, make_plan, offered, tell
from tests.support.telling import consent, move_session, send_all
from treatments.services.caring import write_overdue, write_recalls
from treatments.services.informing import write_cover_needed, write_day_lists

CLIENT_KINDS = (
    "course_planned",
    "course_changed",
    "repair_proposed",
    "cover_moved",
    "cover_offered",
    "course_overdue",
    "recall_before",
    "recall_due",
    "recall_after",
)
STAFF_KINDS = ("day_list", "cover_needed", "credential_expiring")
DAY = timedelta(days=1)


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def row_of(clinic):
    """Return a function that makes a row of a kind and the time at which it is written."""
    consent(clinic.alice)
    consent(clinic.alice, Purpose.RECALL)
    return lambda kind, channel="email": _row(kind, channel, clinic)


def _row(kind: str, channel: str, clinic) -> tuple[Message, datetime]:
    now = MAKERS[kind](clinic)
    rows = Message.objects.filter(kind=kind, state="due", **TO.get(kind, {}))
    row = rows.filter(channel="email").get()
    if channel != "email":
        rows.exclude(pk=row.pk).delete()
        rows.update(channel=channel)
    return row, now


TO = {
    "credential_expiring": {"user__is_practitioner": True},
    "cover_needed": {"user__is_manager": True},
}


def _planned(clinic):
    make_weekly(clinic)
    return NOW


def _changed(clinic):
    course = make_weekly(clinic)
    send_all()
    course = move_session(course, 3, days=1)
    move_session(course, 5, days=2)
    return NOW


def _proposed(clinic):
    _repair, now = missed_and_planned(make_weekly(clinic), clinic)
    return now


def _cover_moved(clinic):
    plan, visit = make_plan(clinic), booked_with_chen(clinic)
    send_all()
    tell(plan, kept_by_dora(visit, clinic))
    return NOW


def _cover_offered(clinic):
    plan, visit = make_plan(clinic), booked_with_chen(clinic)
    send_all()
    tell(plan, offered(visit, plan, clinic, visit.starts_at + 8 * DAY))
    return NOW


def _overdue(clinic):
    course = make_weekly(clinic)
    complete(course, 1)
    type(visit_in(course, 2)).objects.filter(state="booked").update(
        state="cancelled", cancelled_by_client=True
    )
    now = at(date(2027, 6, 22), 12)
    write_overdue(now=now)
    return now


def _recall(days: int):
    def make(clinic):
        keep(clinic, last_date=NOW.date() - 84 * DAY - days * DAY)
        now = at(NOW.date(), 12)
        write_recalls(now=now)
        return now

    return make


def _day_list(clinic):
    for client, hour in ((clinic.alice, 10), (make_client("Cleo Other"), 12)):
        book_visit(client, clinic.follow_up, clinic.location, at(NOW.date(), hour))
    now = at(NOW.date(), 8)
    write_day_lists(now=now)
    return now


def _cover_needed(clinic):
    book_visit(clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 15), 9))
    make_type(required_by=[clinic.follow_up])
    write_cover_needed(now=NOW)
    return NOW


def _expiring(clinic):
    verified(make_type(), clinic.chen, by=clinic.mia, expires=NOW.date() + 30 * DAY)
    raise_expiry_alerts(now=NOW)
    return NOW


MAKERS = {
    "course_planned": _planned,
    "course_changed": _changed,
    "repair_proposed": _proposed,
    "cover_moved": _cover_moved,
    "cover_offered": _cover_offered,
    "course_overdue": _overdue,
    "recall_before": _recall(-14),
    "recall_due": _recall(0),
    "recall_after": _recall(28),
    "day_list": _day_list,
    "cover_needed": _cover_needed,
    "credential_expiring": _expiring,
}
