"""Plans of cover and times that were offered, as people look at them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from bookings.models import Appointment
from clinic.models import Client, Practitioner, Room, User
from clinic.selectors.reach import Reach, reach_of
from treatments.models import Course, CoverOffer, CoverPlan
from treatments.models.cover_steps import CoverStep, steps_from_json
from treatments.selectors.courses import CourseView, courses_of, views_of

OPEN_STATES = (CoverPlan.State.WANTED, CoverPlan.State.READY, CoverPlan.State.FAILED)
SETTLED_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ProposedVisit:
    """A visit with what is proposed for it, and its place in a course if it has one."""

    visit: Appointment
    step: CoverStep
    course: CourseView | None
    number: int | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan with its visits, the soonest first, and all that its page names."""

    plan: CoverPlan
    visits: tuple[ProposedVisit, ...]
    people: Mapping[int, str]
    rooms: Mapping[int, str]
    reach: Mapping[int, Reach]
    offers: Mapping[int, CoverOffer]

    def of(self, public_id: object) -> ProposedVisit | None:
        """Return a visit of the plan."""
        return next((item for item in self.visits if item.visit.public_id == public_id), None)

    def clients(self) -> list[Client]:
        """Return whose visits these are, each once, in order of their first one."""
        found = {item.visit.client_id: item.visit.client for item in self.visits}
        return [client for client in found.values() if client is not None]

    def visits_of(self, client_id: int) -> list[ProposedVisit]:
        """Return a client's visits in the plan."""
        return [item for item in self.visits if item.visit.client_id == client_id]


def plans_seen_by(user: User) -> QuerySet[CoverPlan]:
    """Return the plans that somebody may see: the desk all, a practitioner those for them."""
    rows = CoverPlan.objects.select_related(
        "practitioner", "room__location", "location", "made_by", "settled_by"
    )
    return rows if user.is_desk else rows.filter(practitioner__user=user)


def waiting_plans(user: User) -> QuerySet[CoverPlan]:
    """Return the plans that nobody has settled, the newest first."""
    return plans_seen_by(user).filter(state__in=OPEN_STATES).order_by("-made_at", "-pk")


def settled_plans(user: User) -> Sequence[CoverPlan]:
    """Return the plans that were applied last, the newest first. One query."""
    rows = plans_seen_by(user).filter(state=CoverPlan.State.APPLIED)
    return list(rows.order_by("-settled_at", "-pk")[:SETTLED_SHOWN])


def proposal_of(plan: CoverPlan) -> Proposal:
    """Return a plan with everything that its page shows; a fixed number of queries."""
    steps = steps_from_json(plan.proposal)
    by_id = {step.visit: step for step in steps}
    rows = Appointment.objects.with_people().filter(public_id__in=by_id, client__isnull=False)
    visits = list(rows.order_by("starts_at", "pk"))
    places = courses_of(visits)
    views = _views([course for course, _number in places.values()])
    clients = {visit.client_id: visit.client for visit in visits if visit.client is not None}
    offers = CoverOffer.objects.filter(plan=plan).select_related("hold__practitioner")
    return Proposal(
        plan=plan,
        visits=tuple(
            ProposedVisit(
                visit=visit,
                step=by_id[visit.public_id],
                course=views.get(places[visit.pk][0].pk) if visit.pk in places else None,
                number=places[visit.pk][1] if visit.pk in places else None,
            )
            for visit in visits
        ),
        people=dict(Practitioner.objects.values_list("pk", "name")),
        rooms=dict(Room.objects.values_list("pk", "name")),
        reach=reach_of(clients.values()),
        offers={offer.appointment_id: offer for offer in offers.order_by("pk")},
    )


def offers_with_people() -> QuerySet[CoverOffer]:
    """Return offers with what every page shows of them."""
    return CoverOffer.objects.select_related(
        "plan",
        "appointment__client",
        "appointment__practitioner",
        "appointment__location",
        "appointment__service",
        "appointment__room",
        "hold__practitioner",
        "hold__location",
        "answered_by",
    )


def open_offers(now: datetime) -> QuerySet[CoverOffer]:
    """Return the offers that wait for an answer, what runs out first on top."""
    rows = offers_with_people().filter(state=CoverOffer.State.OPEN, expires_at__gt=now)
    return rows.order_by("expires_at", "pk")


def unanswered_offers(since: datetime) -> QuerySet[CoverOffer]:
    """Return the offers that nobody took and whose visit still stands, the newest first."""
    lost = Q(state__in=[CoverOffer.State.EXPIRED, CoverOffer.State.DECLINED], answered_at__gt=since)
    rows = offers_with_people().filter(lost, appointment__state="booked")
    return rows.order_by("-answered_at", "-pk")


def own_offers(user: User) -> QuerySet[CoverOffer]:
    """Return the offers to the client with this login."""
    return offers_with_people().filter(appointment__client__user=user)


def own_open_offers(user: User, now: datetime) -> list[CoverOffer]:
    """Return what waits for an answer of the client with this login. One query."""
    return list(open_offers(now).filter(appointment__client__user=user))


def open_offers_of(visit_ids: Sequence[int], now: datetime) -> dict[int, CoverOffer]:
    """Return the offer that waits for an answer by visit. One query."""
    rows = open_offers(now).filter(appointment__in=visit_ids) if visit_ids else ()
    return {offer.appointment_id: offer for offer in rows}


def _views(courses: Sequence[Course]) -> dict[int, CourseView]:
    if not courses:
        return {}
    found = {course.pk: course for course in courses}
    return {view.course.pk: view for view in views_of(found.values())}
