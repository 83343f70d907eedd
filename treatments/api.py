"""Protocols, plans and courses of the JSON API."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Header, Router

from bookings.api import IdempotencyKey
from bookings.named import client_named, location_named, practitioner_named
from bookings.refusals import BeyondHorizon
from bookings.selectors.appointments import client_of
from bookings.selectors.questions import ClientMarks
from clinic.api import services_seen_by
from clinic.callers import OPEN_TO_ALL, SIGNED_IN, anyone, caller, signed_in
from clinic.models import Client, User
from clinic.permissions import RUN_DESK, Person, may
from clinic.problems import ApiRefusal, invalid, unknown
from clinic.selectors.catalogue import Catalogue, catalogue
from clinic.wire import problems
from treatments.bodies import (
    CancelSessionIn,
    CourseIn,
    CourseOut,
    CoursePlanIn,
    CoursePlanOut,
    MoveSessionIn,
    PauseIn,
    PreviewOut,
    ProtocolsOut,
    Step,
    wishes_of,
)
from treatments.models import Course
from treatments.named import course_named, session_named
from treatments.selectors.courses import CourseView, view_of
from treatments.selectors.planning import CourseQuestion, Figures
from treatments.selectors.protocols import CourseOffer, courses_offered
from treatments.services.change_tokens import change_of_token
from treatments.services.changing import ChangeKind, apply_change
from treatments.services.courses import CourseWish, PlanLost, book_course
from treatments.services.drafts import draft_from_json
from treatments.services.ending import stop_course
from treatments.services.planning import InfeasiblePlan, propose
from treatments.services.proposing import (
    RepairWay,
    preview_cancel,
    preview_move,
    preview_pause,
)
from treatments.wire import (
    course_json,
    diagnosis_json,
    plan_json,
    plan_of_token,
    preview_json,
    protocol_json,
)

router = Router(tags=["courses"], auth=SIGNED_IN)


@router.get(
    "/protocols", auth=anyone, response=ProtocolsOut, openapi_extra=problems(401, **OPEN_TO_ALL)
)
def protocols(request: HttpRequest) -> HttpResponse:
    """List the courses that can be planned, with the figures of each gap."""
    snapshot = catalogue()
    offers = _offers(caller(request), snapshot, timezone.now())
    return JsonResponse({"protocols": [protocol_json(offer, snapshot) for offer in offers]})


@router.post(
    "/course-plans",
    auth=anyone,
    response=CoursePlanOut,
    openapi_extra=problems(400, 401, 403, 404, 422, **OPEN_TO_ALL),
)
def plan_course(request: HttpRequest, wanted: CoursePlanIn) -> HttpResponse:
    """Plan a whole course; nothing is booked or held.

    The best of all plans within the limits. Without one `reasons` say why, and each of
    `relaxations` has wishes that give a plan, to be put into the request as they are.
    """
    now = timezone.now()
    question = _question(wanted, caller(request), now)
    try:
        proposal = propose(question=question, now=now)
    except InfeasiblePlan as refusal:
        raise _infeasible(refusal, question.catalogue) from refusal
    return JsonResponse(plan_json(proposal))


@router.post(
    "/courses", response={201: CourseOut}, openapi_extra=problems(400, 401, 403, 404, 409, 422)
)
def book(
    request: HttpRequest,
    wanted: CourseIn,
    idempotency_key: Annotated[IdempotencyKey, Header(alias="Idempotency-Key")],
) -> HttpResponse:
    """Book all visits of a plan, or none.

    The same key with the same plan answers 201 with the same course again and books
    nothing. `slot_taken` comes with a fresh `plan` and the numbers that were `lost`.
    """
    user, snapshot = signed_in(request), catalogue()
    draft = plan_of_token(wanted.plan)
    client = client_named(user, wanted.client)
    question, slots = draft_from_json(draft, snapshot, ClientMarks.of(client))
    try:
        course = book_course(
            wish=CourseWish(question, slots),
            client=client,
            request_id=idempotency_key,
            by=user,
            now=timezone.now(),
        )
    except PlanLost as refusal:
        fresh = {"plan": plan_json(refusal.proposal), "lost": refusal.lost}
        raise ApiRefusal(refusal.status, refusal.code, refusal.message, **fresh) from refusal
    except InfeasiblePlan as refusal:
        raise _infeasible(refusal, snapshot) from refusal
    response = _answer(course)
    response.status_code = HTTPStatus.CREATED
    response["Location"] = f"{request.path}/{course.public_id}"
    return response


@router.get("/courses/{course_id}", response=CourseOut, openapi_extra=problems(401, 404))
def show(request: HttpRequest, course_id: str) -> HttpResponse:
    """Show a course with all its sessions."""
    return JsonResponse(course_json(course_named(signed_in(request), course_id)))


CHANGES: dict[str, Any] = problems(400, 401, 403, 404, 409, 422)
Changed = PreviewOut | CourseOut


@router.post("/courses/{course_id}/sessions/{number}/move", response=Changed, openapi_extra=CHANGES)
def move(request: HttpRequest, course_id: str, number: str, wanted: MoveSessionIn) -> HttpResponse:
    """Show what moving a session changes; with `apply` do just that.

    `repair`: `smallest` moves as few other sessions as possible, `keep` none, `shift` all
    later ones by the same days.
    """
    view = course_named(signed_in(request), course_id)
    if wanted.apply is not None:
        return _apply(request, view, wanted, ChangeKind.MOVE, session_named(view, number))
    if wanted.starts_at is None:
        raise invalid("starts_at", _("Say when, or apply a preview."))
    change = preview_move(
        view=view,
        number=session_named(view, number),
        starts_at=wanted.starts_at,
        practitioner_id=practitioner_named(catalogue(), wanted.practitioner),
        repair=RepairWay(wanted.repair),
        by=signed_in(request),
        now=timezone.now(),
    )
    return JsonResponse(preview_json(change, view, catalogue()))


@router.post(
    "/courses/{course_id}/sessions/{number}/cancel",
    response=Changed,
    by_alias=True,
    openapi_extra=CHANGES,
)
def cancel(
    request: HttpRequest, course_id: str, number: str, wanted: CancelSessionIn
) -> HttpResponse:
    """Show what cancelling a session changes; with `apply` do just that.

    The course keeps its number of sessions. With `book_again` another time is proposed;
    without it the session waits to be booked.
    """
    view = course_named(signed_in(request), course_id)
    if wanted.apply is not None:
        return _apply(request, view, wanted, ChangeKind.CANCEL, session_named(view, number))
    change = preview_cancel(
        view=view,
        number=session_named(view, number),
        book_again=wanted.book_again,
        by=signed_in(request),
        now=timezone.now(),
    )
    return JsonResponse(preview_json(change, view, catalogue()))


@router.post("/courses/{course_id}/pause", response=Changed, by_alias=True, openapi_extra=CHANGES)
def pause(request: HttpRequest, course_id: str, wanted: PauseIn) -> HttpResponse:
    """Show what a pause changes; with `apply` do just that. Sessions in it move."""
    view = course_named(signed_in(request), course_id)
    if wanted.apply is not None:
        return _apply(request, view, wanted, ChangeKind.PAUSE)
    if wanted.first_date is None or wanted.end_date is None:
        field = "from" if wanted.first_date is None else "to"
        raise invalid(field, _("Say from when to when, or apply a preview."))
    change = preview_pause(
        view=view,
        first_date=wanted.first_date,
        end_date=wanted.end_date,
        by=signed_in(request),
        now=timezone.now(),
    )
    return JsonResponse(preview_json(change, view, catalogue()))


@router.post(
    "/courses/{course_id}/stop",
    response=CourseOut,
    openapi_extra=problems(401, 403, 404, 409, 422),
)
def stop(request: HttpRequest, course_id: str) -> HttpResponse:
    """Stop a course for good: its visits are cancelled, late ones marked as late."""
    view = course_named(signed_in(request), course_id)
    return _answer(stop_course(view=view, by=signed_in(request), now=timezone.now()))


def _apply(
    request: HttpRequest,
    view: CourseView,
    wanted: Step,
    kind: ChangeKind,
    number: int | None = None,
) -> HttpResponse:
    if wanted.model_fields_set != {"apply"} or wanted.apply is None:
        raise invalid("apply", _("With “apply” send nothing else."))
    change = change_of_token(wanted.apply, view.course)
    if (change.kind, change.number) != (kind, number):
        raise invalid("apply", _("This token is for another change."))
    return _answer(apply_change(change=change, by=signed_in(request), now=timezone.now()))


def _answer(course: Course) -> JsonResponse:
    return JsonResponse(course_json(view_of(Course.objects.with_people().get(pk=course.pk))))


def _infeasible(refusal: InfeasiblePlan, snapshot: Catalogue) -> ApiRefusal:
    found = diagnosis_json(refusal.diagnosis, snapshot)
    return ApiRefusal(refusal.status, refusal.code, refusal.message, **found)


def _offers(person: Person, snapshot: Catalogue, now: datetime) -> list[CourseOffer]:
    seen = services_seen_by(person, snapshot)
    offers = courses_offered(snapshot, now)
    return [offer for offer in offers if offer.first in seen and offer.follow_up in seen]


def _question(wanted: CoursePlanIn, person: Person, now: datetime) -> CourseQuestion:
    snapshot = catalogue()
    offers = {offer.protocol.slug: offer for offer in _offers(person, snapshot, now)}
    offer = offers.get(wanted.protocol)
    if offer is None:
        raise unknown(_("There is no such course."))
    place = location_named(snapshot, wanted.location)
    if place not in offer.places:
        raise unknown(_("There is no such course at this location."))
    length = wanted.sessions or offer.protocol.sessions
    if length > offer.protocol.sessions and not may(person, RUN_DESK):
        raise invalid("sessions", _("Call us if you want a longer course."))
    latest = now.astimezone(place.zone).date() + timedelta(days=place.horizon_days)
    if wanted.not_before is not None and wanted.not_before > latest:
        raise BeyondHorizon
    practitioner_id = practitioner_named(snapshot, wanted.practitioner)
    if wanted.only.practitioner and practitioner_id is None:
        raise invalid("practitioner", _("Say with whom, if it must be that person."))
    figures = Figures.of(offer.protocol, length)
    client = _planned_for(person, wanted)
    margin = timedelta(days=figures.event_margin_days)
    return CourseQuestion(
        catalogue=snapshot,
        figures=figures,
        location=place,
        wishes=wishes_of(wanted, practitioner_id),
        client=ClientMarks.of(client) if client else None,
        event_date=wanted.ready_by + margin if wanted.ready_by else None,
    )


def _planned_for(person: Person, wanted: CoursePlanIn) -> Client | None:
    """Return whose own visits and marks count; nobody's for a visitor."""
    if wanted.client is None:
        return client_of(person)
    if not isinstance(person, User):
        raise ApiRefusal(401, "unauthenticated")
    return client_named(person, wanted.client)
