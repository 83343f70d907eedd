"""Courses of the demo clients, over the visits that they have."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

from bookings.domain.lifecycle import OPEN, State
from bookings.models import Appointment
from clinic.models import Client, Service, User
from treatments.demo.cast import BODY, FIRST_VISIT, FOLLOW_UP, MAINTENANCE
from treatments.demo.course_stories import STARTS_INTENSIVE
from treatments.demo.stories import FOR_THE_BODY
from treatments.domain.wishes import Wishes
from treatments.models import Course, Maintenance, Protocol, Session, SessionVisit
from treatments.models.values import wishes_to_json
from treatments.recipes import RECIPES, CourseServices, make_protocols
from treatments.selectors.planning import Figures

NEVER_BOOKED = (State.HELD, State.EXPIRED)


@dataclass(slots=True)
class Thread:
    """A client's visits as attempts at sessions; `days` are the local dates of those that count."""

    figures: Figures
    done_before: int
    days: list[date] = field(default_factory=list)
    attempts: list[tuple[int, Appointment]] = field(default_factory=list)

    @property
    def is_within_limits(self) -> bool:
        """Tell whether every gap keeps the protocol's floor and ceiling."""
        rules = self.figures.rules[self.done_before :]
        gaps = [(later - earlier).days for earlier, later in pairwise(self.days)]
        return all(
            rule.floor_days <= gap <= rule.ceiling_days
            for gap, rule in zip(gaps, rules, strict=False)
        )


def write_protocols(services: dict[str, Service]) -> dict[str, Protocol]:
    """Make the protocols that the demo clinic offers."""
    return make_protocols(
        RECIPES,
        facial=CourseServices(services[FIRST_VISIT], services[FOLLOW_UP], services[MAINTENANCE]),
        body=CourseServices(services[BODY], services[BODY], services[BODY]),
    )


def write_courses(
    protocols: dict[str, Protocol],
    *,
    clients: Sequence[Client],
    reception: User,
    luck: random.Random,
) -> None:
    """Make courses of the visits of clients, where these keep the limits of a protocol.

    A course whose sessions are all done is completed, and its client in maintenance.
    """
    for number, client in enumerate(clients):
        protocol = protocols[_slug_for(number)]
        thread = _thread(Figures.of(protocol), _visits(client, protocol))
        if len(thread.attempts) and thread.is_within_limits:
            _write(thread, client, client.user or reception, luck)


def _slug_for(number: int) -> str:
    if number in FOR_THE_BODY:
        return "body-course"
    return "intensive-then-settle" if number == STARTS_INTENSIVE else "facial-course"


def _visits(client: Client, protocol: Protocol) -> list[Appointment]:
    """Return what may be a session; none for whoever has visits of other kinds in between."""
    visits = list(
        Appointment.objects.with_people()
        .filter(client=client, service__uses_needles=True)
        .exclude(state__in=NEVER_BOOKED)
        .order_by("starts_at")
    )
    ours = {protocol.first_service_id, protocol.follow_up_service_id}
    after = {protocol.maintenance_service_id} - ours
    if any(visit.service_id not in ours | after for visit in visits):
        return []
    return [visit for visit in visits if visit.service_id in ours]


def _thread(figures: Figures, visits: Sequence[Appointment]) -> Thread:
    """Count visits as sessions; what was missed or called off is another attempt at one.

    Without a first visit among them, the course began on paper.
    """
    begins_here = bool(visits) and visits[0].service_id == figures.first_service_id
    thread = Thread(figures, 0 if begins_here else max(figures.length - len(visits), 0))
    number = thread.done_before + 1
    for visit in visits[: figures.length]:
        thread.attempts.append((number, visit))
        if visit.state == State.COMPLETED or visit.state in OPEN:
            thread.days.append(visit.starts_at.astimezone(visit.location_zone).date())
            number += 1
    return thread


def _write(thread: Thread, client: Client, by: User, luck: random.Random) -> None:
    course = _course(thread, client, by, luck)
    sessions = Session.objects.bulk_create(
        Session(course=course, number=number) for number in range(1, course.length + 1)
    )
    SessionVisit.objects.bulk_create(
        SessionVisit(session=sessions[number - 1], appointment=visit)
        for number, visit in thread.attempts
    )
    ids = [visit.pk for _, visit in thread.attempts]
    Appointment.objects.filter(pk__in=ids).update(in_series=True)
    if course.ending:
        _keep_up(course, thread.days[-1], luck)


def _course(thread: Thread, client: Client, by: User, luck: random.Random) -> Course:
    figures, visits = thread.figures, [visit for _, visit in thread.attempts]
    done = [visit for visit in visits if visit.state == State.COMPLETED]
    is_completed = thread.done_before + len(done) == figures.length
    main = _most_frequent(visit.practitioner_id for visit in visits)
    begun = thread.days[0] if thread.days else None
    on_paper = begun - timedelta(days=7) if begun and thread.done_before else None
    return Course.objects.create(
        public_id=UUID(int=luck.getrandbits(128), version=4),
        client=client,
        protocol_id=figures.protocol_id,
        name=figures.name,
        location_id=visits[0].location_id,
        practitioner_id=main,
        first_service_id=figures.first_service_id,
        follow_up_service_id=figures.follow_up_service_id,
        maintenance_service_id=figures.maintenance_service_id,
        maintenance_weeks=figures.maintenance_weeks,
        length=figures.length,
        phases=figures.phases,
        event_margin_days=figures.event_margin_days,
        wishes=wishes_to_json(Wishes(rather_practitioner_id=main)),
        done_before=thread.done_before if on_paper else 0,
        last_done_date=on_paper,
        created_at=min(visit.created_at for visit in visits),
        created_by=by,
        ended_at=done[-1].ends_at if is_completed else None,
        ending=Course.Ending.COMPLETED if is_completed else "",
    )


def _keep_up(course: Course, last_date: date, luck: random.Random) -> None:
    assert course.ended_at is not None
    Maintenance.objects.create(
        public_id=UUID(int=luck.getrandbits(128), version=4),
        client=course.client,
        course=course,
        service_id=course.maintenance_service_id,
        location_id=course.location_id,
        practitioner_id=course.practitioner_id,
        interval_weeks=course.maintenance_weeks,
        last_date=last_date,
        started_at=course.ended_at,
    )


def _most_frequent(ids: Iterable[int]) -> int:
    found = list(ids)
    return max(sorted(set(found)), key=found.count)
