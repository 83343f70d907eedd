"""What the planner is asked: figures, free times and visits as values of the domain."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.selectors.questions import ClientMarks, SlotQuestion
from bookings.selectors.slots import FreeTime, free_times
from clinic.selectors.catalogue import Catalogue, LocationFacts
from treatments.domain.course import PlanProblem, PlanSession, VisitKind
from treatments.domain.spacing import Gap, GapRule, Pause
from treatments.domain.starts import Candidate, GridTimes
from treatments.domain.wishes import Wishes
from treatments.models import Course, Protocol
from treatments.models.values import phases_from_json, phases_to_json, rules_of_phases
from treatments.selectors.courses import CourseView, SessionView
from treatments.selectors.limits import gaps_after, is_event_over, standing_gaps

START_WITHIN_DAYS = 56
"""How far after the wished start the first session is looked for."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A protocol's figures for a course of some length, as they are copied into it."""

    protocol_id: int
    name: str
    length: int
    rules: tuple[GapRule, ...]
    phases: list[dict[str, int]]
    first_service_id: int
    follow_up_service_id: int
    maintenance_service_id: int
    maintenance_weeks: int
    event_margin_days: int

    @classmethod
    def of(cls, protocol: Protocol, length: int | None = None) -> "Figures":
        """Return the figures of a protocol; `phases` prefetched saves a query."""
        count = length or protocol.sessions
        phases = sorted(
            ((phase.from_gap, phase.rule()) for phase in protocol.phases.all()),
            key=lambda pair: pair[0],
        )
        return cls(
            protocol_id=protocol.pk,
            name=protocol.name,
            length=count,
            rules=rules_of_phases(phases, count - 1),
            phases=phases_to_json(phases),
            first_service_id=protocol.first_service_id,
            follow_up_service_id=protocol.follow_up_service_id,
            maintenance_service_id=protocol.maintenance_service_id,
            maintenance_weeks=protocol.maintenance_weeks,
            event_margin_days=protocol.event_margin_days,
        )

    def with_length(self, length: int) -> "Figures":
        """Return the same figures for a course of another length."""
        return replace(self, length=length, rules=phases_from_json(self.phases, length - 1))


@dataclass(frozen=True, slots=True)
class CourseQuestion:
    """A course to be planned for somebody: figures, place, wishes, what is there already.

    `first_visit` is a visit, done or booked, that becomes session 1; `done_before` with
    `last_done_date` says that so many sessions were done elsewhere or on paper.
    """

    catalogue: Catalogue
    figures: Figures
    location: LocationFacts
    wishes: Wishes
    client: ClientMarks | None = None
    event_date: date | None = None
    first_visit: Appointment | None = None
    done_before: int = 0
    last_done_date: date | None = None

    @property
    def offset(self) -> int:
        """How many sessions come before the first one of the problem."""
        return max(self.done_before - 1, 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """A problem for the planner; its session 1 is the course's session `offset` + 1.

    `first` and `follow_up` are the searches behind it.
    """

    problem: PlanProblem
    offset: int
    first: FreeTime = field(repr=False)
    follow_up: FreeTime = field(repr=False)


def ask_for_new(question: CourseQuestion, now: datetime) -> Asked:
    """Return the problem of a course that is not booked yet. One query for all free times."""
    figures, zone = question.figures, question.location.zone
    sessions = []
    for number in range(question.offset + 1, figures.length + 1):
        kind = VisitKind.FIRST if number == 1 else VisitKind.FOLLOW_UP
        fixed = None
        if number == question.done_before and question.last_done_date is not None:
            fixed = _on_paper(question.last_done_date, question.wishes, now)
        elif number == 1 and question.first_visit is not None:
            fixed = candidate_of(question.first_visit)
        sessions.append(PlanSession(kind, completed=fixed))
    begins = _first_fixed(sessions) or max(
        question.wishes.not_before or now.astimezone(zone).date(), now.astimezone(zone).date()
    )
    rules = figures.rules[question.offset :]
    return _ask(
        question.catalogue,
        question.location,
        figures.first_service_id,
        figures.follow_up_service_id,
        question.client,
        sessions=sessions,
        gaps=gaps_after(rules, is_half_way=question.done_before > 0),
        wishes=question.wishes,
        pauses=(),
        begins=begins,
        but=(),
        offset=question.offset,
        now=now,
    )


def ask_for_course(
    view: CourseView,
    catalogue: Catalogue,
    now: datetime,
    *,
    lost: Collection[int] = (),
    pinned: Mapping[int, Candidate] | None = None,
    fixed: Collection[int] = (),
    excused: Collection[int] = (),
    pauses: tuple[Pause, ...] | None = None,
    wishes: Wishes | None = None,
    waives_notice: bool = False,
) -> Asked | None:
    """Return the problem of a running course as it stands, from its last done session on.

    `lost` are numbers whose booked slot can't be kept, `pinned` slots chosen by hand,
    `fixed` numbers that must stay as they are booked, `excused` sessions whose gap before
    may pass its ceiling. None when nothing is left to plan, or its place or a service is
    closed. Needs a view with `client` loaded. One query for all free times.
    """
    course = view.course
    place = catalogue.locations.get(course.location_id)
    last = view.last_done
    offset = last.number - 1 if last is not None else 0
    left = view.sessions[offset:]
    later_id = course.follow_up_service_id
    # Once a session is done, nobody comes for the first one any more.
    first_id = course.first_service_id if last is None else later_id
    if not {first_id, later_id} <= catalogue.services.keys():
        return None
    if place is None or not [item for item in left if not item.is_done]:
        return None
    asked = wishes or course.asked_for
    today = now.astimezone(place.zone).date()
    if is_event_over(course, today):
        asked = replace(asked, ready_by=None)
    sessions = []
    for item in left:
        sessions.append(_standing(item, asked, course, lost, fixed, pinned or {}, now))
    booked = [item.visit.pk for item in left if item.is_booked and item.visit is not None]
    return _ask(
        catalogue,
        place,
        first_id,
        later_id,
        ClientMarks.of(course.client),
        sessions=sessions,
        gaps=standing_gaps(view, offset + 1, excused),
        wishes=asked,
        pauses=course.known_pauses if pauses is None else pauses,
        begins=max(today, last.date if last and last.date else today),
        but=tuple(booked),
        offset=offset,
        now=now,
        waives_notice=waives_notice,
    )


def candidate_of(visit: Appointment) -> Candidate:
    """Return a visit's slot as the planner sees it. Needs `location` loaded."""
    local = visit.starts_at.astimezone(visit.location_zone)
    return Candidate(
        date=local.date(),
        minute=local.hour * 60 + local.minute,
        starts_at=visit.starts_at,
        practitioner_id=visit.practitioner_id,
    )


def candidate_at(place: LocationFacts, starts_at: datetime, practitioner_id: int) -> Candidate:
    """Return a start as the planner sees it."""
    local = starts_at.astimezone(place.zone)
    return Candidate(local.date(), local.hour * 60 + local.minute, starts_at, practitioner_id)


def _standing(
    item: SessionView,
    wishes: Wishes,
    course: Course,
    lost: Collection[int],
    fixed: Collection[int],
    pinned: Mapping[int, Candidate],
    now: datetime,
) -> PlanSession:
    kind = VisitKind.FIRST if item.number == 1 else VisitKind.FOLLOW_UP
    if item.is_done:
        on_paper = item.visit is None and item.date is not None
        done = _on_paper(item.date, wishes, now) if on_paper and item.date else None
        if done is None and item.visit is not None:
            done = candidate_of(item.visit)
        return PlanSession(kind, completed=done)
    booked = candidate_of(item.visit) if item.is_booked and item.visit is not None else None
    if booked is not None and (item.visit is None or item.visit.state != State.BOOKED):
        return PlanSession(kind, completed=booked)
    if booked is not None and (item.number in fixed or booked.starts_at <= now):
        return PlanSession(kind, completed=booked)
    return PlanSession(
        kind,
        booked=booked,
        lost=booked is not None and item.number in lost,
        pinned=pinned.get(item.number),
    )


def _on_paper(on: date, wishes: Wishes, now: datetime) -> Candidate:
    # Nobody knows with whom it was: the wished practitioner costs no change.
    who = wishes.only_practitioner_id or wishes.rather_practitioner_id or 0
    return Candidate(on, 0, now, who)


def _first_fixed(sessions: list[PlanSession]) -> date | None:
    return next((item.completed.date for item in sessions if item.completed), None)


def _ask(
    catalogue: Catalogue,
    place: LocationFacts,
    first_service_id: int,
    follow_up_service_id: int,
    client: ClientMarks | None,
    *,
    sessions: list[PlanSession],
    gaps: list[Gap],
    wishes: Wishes,
    pauses: tuple[Pause, ...],
    begins: date,
    but: tuple[int, ...],
    offset: int,
    now: datetime,
    waives_notice: bool = False,
) -> Asked:
    today = now.astimezone(place.zone).date()
    first_date = max(begins, today)
    paused = sum((pause.end_date - pause.first_date).days for pause in pauses)
    reach = START_WITHIN_DAYS + sum(gap.rule.ceiling_days for gap in gaps) + paused
    end_date = min(first_date + timedelta(days=reach), today + timedelta(days=place.horizon_days))
    if wishes.ready_by is not None:
        # A later one is tried when there is no plan, so only what lies far behind is cut.
        end_date = max(min(end_date, wishes.ready_by + timedelta(days=reach)), first_date)
    questions = [
        SlotQuestion(
            catalogue=catalogue,
            service=catalogue.services[service_id],
            location=place,
            first_date=first_date,
            end_date=end_date + timedelta(days=1),
            client=client,
            but_appointments=but,
            waives_notice=waives_notice,
        )
        for service_id in (first_service_id, follow_up_service_id)
    ]
    first, follow_up = free_times(questions, now)
    problem = PlanProblem(
        sessions=tuple(sessions),
        gaps=tuple(gaps),
        first=GridTimes(first.grid, place.zone, first.found),
        follow_up=GridTimes(follow_up.grid, place.zone, follow_up.found),
        now=now,
        wishes=wishes,
        pauses=pauses,
    )
    return Asked(problem, offset, first, follow_up)
