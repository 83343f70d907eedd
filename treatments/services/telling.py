"""Tell a client of a course: all dates once, then only what differs from what they know.

Rows of the outbox, in the transaction of the change; `treatments/domain/telling.py` decides.
What waits about the visits in question is taken over, so that nobody is told twice:

    waiting, not begun        a change by the same side         by the clinic, after the client
    ------------------------  --------------------------------  -------------------------------
    nothing                   course_changed                    course_changed
    course_planned            course_planned, of the new dates  that, and course_changed
    course_changed, visit_*   one course_changed of it all      course_changed, from the plan on
    all back as it was told   nothing                           nothing
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bookings.domain.lifecycle import State
from bookings.domain.telling import Telling
from bookings.messages.kinds import VISIT
from bookings.models import Appointment
from bookings.services.telling import take_over
from clinic.messaging.outbox import (
    About,
    ToClient,
    after_grace,
    call,
    settle_calls,
    supersede,
    tell_clients,
)
from clinic.models import CallEntry, Message
from treatments.domain.telling import (
    Change,
    Dates,
    Told,
    Unsent,
    changes,
    differing,
    is_urgent,
    last_told,
)
from treatments.messages.courses import COURSE, CourseTelling, from_details, to_details
from treatments.models import Course
from treatments.selectors.courses import CourseView


def dates_of(view: CourseView, now: datetime) -> Dates:
    """Return the visits of a course that its client expects, to be asked before a change."""
    visits = [visit for item in view.sessions for visit in item.attempts]
    return {
        visit.pk: Told(visit.starts_at, visit.practitioner_id)
        for visit in visits
        if visit.state == State.BOOKED and visit.starts_at > now
    }


def tell_planned(
    course: Course, visits: Collection[Appointment], *, by_client: bool, now: datetime
) -> None:
    """Tell of a course that is new, in one message with all its dates.

    `visits` are those that were booked before and belong to it now: that they are booked is
    said by this one. Their reminders stay, since they stand as they stood.
    """
    if visits:
        ids, reason = [visit.pk for visit in visits], _("Told with the others of its course.")
        supersede(about=VISIT, ids=ids, kinds=[Telling.BOOKED], reason=reason)
    tell_clients([_plan(course, by_client=by_client, now=now)], now)


def tell_changed(course: Course, before: Dates, *, by_client: bool, now: datetime) -> None:
    """Tell what became of the dates of a course, after it was written with its new version.

    Nothing if none differs from what the client knows. Needs `client` loaded.
    """
    after = _dates_now(course, now)
    touched = differing(before, after)
    if not touched:
        return
    unsent, planned_by_client = _taken_over(course, list(touched), now)
    if planned_by_client is not None:
        if after:
            tell_clients([_plan(course, by_client=planned_by_client, now=now)], now)
        if by_client or not planned_by_client:
            return
    different = differing(last_told(before, after, unsent, by_client=by_client), after)
    if different:
        _tell(course, different, changes(different, after), by_client=by_client, now=now)


def _tell(
    course: Course,
    different: Mapping[int, Told | None],
    lines: Collection[Change],
    *,
    by_client: bool,
    now: datetime,
) -> None:
    urgent = is_urgent(lines, at=now, by_client=by_client)
    wish = ToClient(
        kind=CourseTelling.CHANGED,
        client=course.client,
        about=About(COURSE, course.pk, course.version),
        location_id=course.location_id,
        due_at=now if urgent else after_grace(now),
        everywhere=urgent,
        details=to_details(different, by_client=by_client),
    )
    unreached = tell_clients([wish], now)
    starts = [item.starts_at for line in lines for item in (line.was, line.now) if item]
    reason = CallEntry.Reason.CHANGED_SOON if urgent else CallEntry.Reason.NO_ADDRESS
    if not by_client:
        call([wish] if urgent else unreached, reason=reason, call_by=min(starts), now=now)


def _plan(course: Course, *, by_client: bool, now: datetime) -> ToClient:
    return ToClient(
        kind=CourseTelling.PLANNED,
        client=course.client,
        about=About(COURSE, course.pk, course.version),
        location_id=course.location_id,
        due_at=after_grace(now),
        details={"by_client": by_client},
    )


def _dates_now(course: Course, now: datetime) -> dict[int, Told]:
    visits = Appointment.objects.filter(
        session_visit__session__course=course, state=State.BOOKED, starts_at__gt=now
    )
    rows = visits.values_list("pk", "starts_at", "practitioner_id")
    return {pk: Told(starts_at, practitioner_id) for pk, starts_at, practitioner_id in rows}


def _taken_over(
    course: Course, visit_ids: Collection[int], now: datetime
) -> tuple[list[Unsent], bool | None]:
    """Drop what waits about a course and some of its visits; return what nobody was sent yet.

    Second, if the plan itself was among it: whether it told of the client's own act.
    """
    note = _("The visits have changed again.")
    settle_calls(about=COURSE, ids=[course.pk], but_version=course.version, now=now, note=note)
    kinds = list(CourseTelling)
    waiting = supersede(about=COURSE, ids=[course.pk], kinds=kinds, reason=note)
    unsent: list[Unsent] = []
    planned_by_client: bool | None = None
    for row in waiting:
        details: dict[str, Any] = row.details
        if row.tries or _is_under_way(row):
            continue
        if row.kind == CourseTelling.PLANNED:
            planned_by_client = details.get("by_client", False)
        else:
            unsent.append(Unsent(from_details(details), details.get("by_client", False)))
    for visit_id, one in take_over(visit_ids, now).items():
        told = one.told
        known = (
            Told(told.starts_at, told.practitioner_id) if told and not told.is_cancelled else None
        )
        unsent.append(Unsent({visit_id: known}, one.by_client))
    return unsent, planned_by_client


def _is_under_way(row: Message) -> bool:
    """Say whether another channel was faster with the same message."""
    same = Message.objects.about(row.about, row.about_id).filter(
        kind=row.kind, about_version=row.about_version
    )
    return same.filter(state__in=[Message.State.CLAIMED, Message.State.SENT]).exists()
