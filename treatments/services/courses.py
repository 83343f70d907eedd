"""Book a planned course: all of its visits, or none."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from allauth.account.models import EmailAddress
from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import OPEN, State
from bookings.models import Appointment
from bookings.refusals import KeyReused, NotBookable, SlotTaken
from bookings.services.keys import refusing_reused_keys, request_made, request_of
from bookings.services.series import SeriesTaken, SeriesVisit, write_series
from clinic.models import Client, User
from clinic.permissions import BOOK_FOR_CLIENT, PLAN_COURSE, may, require
from clinic.refusals import AlreadyChanged, Refusal
from clinic.services.transactions import in_one_transaction
from treatments.domain.contract import check
from treatments.domain.course import PlanProblem, PlanSession, VisitKind, assemble
from treatments.domain.starts import Candidate, ListedTimes
from treatments.models import Course, Session, SessionVisit
from treatments.models.values import wishes_to_json
from treatments.selectors.limits import gaps_after
from treatments.selectors.planning import CourseQuestion, candidate_of
from treatments.services.planning import Proposal, propose_again
from treatments.services.telling import tell_planned


class PlanLost(SlotTaken):
    """Some slots of the plan are gone; `proposal` is a fresh plan, `lost` the old numbers."""

    message = _("Some of these times have just gone. Here is a new plan; nothing is booked yet.")

    def __init__(self, proposal: Proposal, lost: Sequence[int]) -> None:
        super().__init__()
        self.proposal = proposal
        self.lost = list(lost)


class OneCourseAtATime(NotBookable):
    """The client has a course that has not ended."""

    message = _("You have a course already. Call us if you want a second one.")


class EmailNotVerified(NotBookable):
    """A course asks for a verified e-mail address."""

    message = _("Please confirm your e-mail address first.")


class BreaksCourse(Refusal):
    """The limits of the course do not allow it."""

    code = "breaks_course"
    status = 409
    message = _("Sessions would be too close together, too far apart, or too near an event.")


@dataclass(frozen=True, slots=True)
class CourseWish:
    """A course to be booked: the question that was planned, and the slots to book."""

    question: CourseQuestion
    slots: tuple[Candidate, ...]

    def fingerprint(self, client: Client) -> str:
        """Return a hash that tells two different requests apart."""
        figures = self.question.figures
        parts = [
            client.pk,
            figures.protocol_id,
            figures.length,
            self.question.location.id,
            [(slot.starts_at.isoformat(), slot.practitioner_id) for slot in self.slots],
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def book_course(
    *, wish: CourseWish, client: Client, request_id: str, by: User, now: datetime
) -> Course:
    """Book all visits of a planned course, or none; the same `request_id` books once.

    A fixed number of queries. Raises `PlanLost` with a fresh plan when a slot was lost
    meanwhile (`InfeasiblePlan` if there is none any more), `OneCourseAtATime`,
    `EmailNotVerified`, `NotBookable`, `BreaksCourse`, `KeyReused`, `NotAllowed` or `Busy`.
    """
    if not may(by, PLAN_COURSE, client):
        require(by, BOOK_FOR_CLIENT, client)
    try:
        return _book_course(wish=wish, client=client, request_id=request_id, by=by, now=now)
    except Refusal as refusal:
        # As in booking a visit: a twin gets what the first one made.
        made = request_made(by=by, key=request_id, fingerprint=wish.fingerprint(client))
        if made is not None:
            return _course_of(made)
        if isinstance(refusal, SlotTaken):
            raise _plan_lost(wish, refusal, now) from refusal
        raise


def _plan_lost(wish: CourseWish, refusal: SlotTaken, now: datetime) -> PlanLost:
    # Where the constraint itself refused, which of the slots it was shows in the fresh plan.
    lost = refusal.lost if isinstance(refusal, SeriesTaken) else []
    fresh = propose_again(question=wish.question, slots=wish.slots, now=now)
    first = wish.question.figures.length - len(wish.slots) + 1
    return PlanLost(fresh, [first + position for position in lost])


@in_one_transaction
def _book_course(
    *, wish: CourseWish, client: Client, request_id: str, by: User, now: datetime
) -> Course:
    question, figures = wish.question, wish.question.figures
    check_limits(wish)
    first_number = figures.length - len(wish.slots) + 1
    visits = write_series(
        client=client,
        location_id=question.location.id,
        visits=[
            SeriesVisit(
                service_id=_service_of(question, number),
                starts_at=slot.starts_at,
                practitioner_id=slot.practitioner_id,
                any_practitioner=_asked_for_nobody(question),
            )
            for number, slot in enumerate(wish.slots, first_number)
        ],
        by=by,
        now=now,
        by_clinic=may(by, PLAN_COURSE, client),
    )
    # The client's resource is locked by now, so two courses at once can't both be the only one.
    check_client_may_have_course(client, by=by)
    check_first_visit(question, client)
    course = _write(wish, client, by, now)
    _write_sessions(course, wish, visits, first_number)
    fingerprint = wish.fingerprint(client)
    with refusing_reused_keys():
        request_of(visits[0], by=by, key=request_id, fingerprint=fingerprint, now=now).save()
    known = [question.first_visit] if question.first_visit is not None else []
    tell_planned(course, known, by_client=not may(by, PLAN_COURSE, client), now=now)
    return course


def check_client_may_have_course(client: Client, *, by: User) -> None:
    """Raise a `NotBookable` unless a client may book a course alone; staff know better."""
    if may(by, PLAN_COURSE, client):
        return
    if client.adult_declared_at is None:
        raise NotBookable(_("Please tell us first that you are 18 or over."))
    if Course.objects.running().filter(client=client).exists():
        raise OneCourseAtATime
    if not EmailAddress.objects.filter(user=client.user, verified=True).exists():
        raise EmailNotVerified


def check_first_visit(question: CourseQuestion, client: Client) -> None:
    """Raise `AlreadyChanged` unless the first visit is the client's, stands, and is free."""
    if question.first_visit is None:
        return
    stands = Appointment.objects.filter(
        pk=question.first_visit.pk,
        client=client,
        starts_at=question.first_visit.starts_at,
        service_id=question.figures.first_service_id,
        state__in=[*OPEN, State.COMPLETED],
        session_visit=None,
    )
    if not stands.update(in_series=True):
        raise AlreadyChanged


def check_limits(wish: CourseWish) -> None:
    """Raise `BreaksCourse` if the slots break a hard rule of the course; asks no diary."""
    question = wish.question
    fixed: list[PlanSession] = []
    if question.done_before and question.last_done_date is not None:
        done = Candidate(question.last_done_date, 0, wish.slots[0].starts_at, 0)
        fixed = [PlanSession(VisitKind.FOLLOW_UP, completed=done)]
    elif question.first_visit is not None:
        fixed = [PlanSession(VisitKind.FIRST, completed=candidate_of(question.first_visit))]
    chosen = [*(item.completed for item in fixed if item.completed), *wish.slots]
    length = question.figures.length - question.offset
    if len(chosen) != length:
        raise BreaksCourse
    listed = ListedTimes(wish.slots)
    problem = PlanProblem(
        sessions=(*fixed, *(PlanSession(VisitKind.FOLLOW_UP, pinned=slot) for slot in wish.slots)),
        gaps=tuple(
            gaps_after(
                question.figures.rules[question.offset :], is_half_way=question.done_before > 0
            )
        ),
        first=listed,
        follow_up=listed,
        now=wish.slots[0].starts_at,
        wishes=question.wishes,
    )
    if check(problem, assemble(problem, chosen)):
        raise BreaksCourse


def _course_of(visit: Appointment) -> Course:
    course = Course.objects.filter(sessions__visits__appointment=visit).first()
    if course is None:
        raise KeyReused
    return course


def _service_of(question: CourseQuestion, number: int) -> int:
    figures = question.figures
    return figures.first_service_id if number == 1 else figures.follow_up_service_id


def _asked_for_nobody(question: CourseQuestion) -> bool:
    wishes = question.wishes
    return wishes.only_practitioner_id is None and wishes.rather_practitioner_id is None


def _write(wish: CourseWish, client: Client, by: User, now: datetime) -> Course:
    question, figures = wish.question, wish.question.figures
    wished = question.wishes.only_practitioner_id or question.wishes.rather_practitioner_id
    return Course.objects.create(
        client=client,
        protocol_id=figures.protocol_id,
        name=figures.name,
        location_id=question.location.id,
        practitioner_id=wished or _most_frequent(wish.slots),
        first_service_id=figures.first_service_id,
        follow_up_service_id=figures.follow_up_service_id,
        maintenance_service_id=figures.maintenance_service_id,
        maintenance_weeks=figures.maintenance_weeks,
        length=figures.length,
        phases=figures.phases,
        event_margin_days=figures.event_margin_days,
        event_date=question.event_date,
        wishes=wishes_to_json(question.wishes),
        done_before=question.done_before,
        last_done_date=question.last_done_date,
        created_at=now,
        created_by=by,
    )


def _most_frequent(slots: Sequence[Candidate]) -> int:
    people = [slot.practitioner_id for slot in slots]
    return max(sorted(set(people)), key=people.count)


def _write_sessions(
    course: Course, wish: CourseWish, visits: Sequence[Appointment], first_number: int
) -> None:
    question = wish.question
    ideal = _ideal_dates(wish, first_number)
    rows = [
        Session(course=course, number=number, ideal_date=ideal.get(number))
        for number in range(1, course.length + 1)
    ]
    Session.objects.bulk_create(rows)
    pairs = [(rows[number - 1], visit) for number, visit in enumerate(visits, first_number)]
    if question.first_visit is not None:
        if SessionVisit.objects.filter(appointment=question.first_visit).exists():
            raise AlreadyChanged
        pairs.append((rows[0], question.first_visit))
    SessionVisit.objects.bulk_create(
        SessionVisit(session=session, appointment=visit) for session, visit in pairs
    )


def _ideal_dates(wish: CourseWish, first_number: int) -> dict[int, date]:
    """Return for each session the date that its gap's target gives after the one before."""
    dates: dict[int, date] = {}
    before = wish.question.last_done_date
    if wish.question.first_visit is not None:
        before = candidate_of(wish.question.first_visit).date
    for number, slot in enumerate(wish.slots, first_number):
        target = wish.question.figures.rules[number - 2].target_days if number > 1 else 0
        dates[number] = before + timedelta(days=target) if before else slot.date
        before = slot.date
    return dates
