"""Slots and appointments of the JSON API."""

import uuid
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Header, Query, Router, Schema
from pydantic import BaseModel, Field, StringConstraints

from bookings.models import Appointment
from bookings.named import client_named, location_named, practitioner_named, service_named
from bookings.refusals import SlotTaken
from bookings.selectors.appointments import client_of, visible_to
from bookings.selectors.openings import openings
from bookings.selectors.questions import ClientMarks, SlotQuestion
from bookings.services.booking import VisitWish, book
from bookings.services.cancelling import cancel_appointment
from bookings.services.moving import move_appointment
from bookings.wire import (
    appointment_json,
    appointments_json,
    booked_json,
    slot_json,
    slots_json,
)
from clinic.callers import OPEN_TO_ALL, SIGNED_IN, anyone, caller, signed_in
from clinic.models import Service
from clinic.permissions import RUN_DESK, Person, may
from clinic.problems import ApiRefusal, invalid, unknown
from clinic.selectors.catalogue import LocationFacts, ServiceFacts, catalogue
from clinic.wire import NO_ID, Body, Instant, LocalDate, PublicId, Slug, problems, read_id

MAX_DAYS = 62
DEFAULT_DAYS = 7

router = Router(tags=["bookings"], auth=SIGNED_IN)


class SlotsQuery(BaseModel):
    """Which slots; dates are local dates of the location, `to` is exclusive."""

    service: Slug
    location: Slug
    practitioner: PublicId = None
    first_date: LocalDate = Field(None, alias="from", description="Default: today.")
    end_date: LocalDate = Field(
        None, alias="to", description="Exclusive, at most 62 days on. Default: 7 days on."
    )


class SlotOut(Schema):
    """A free start with one practitioner; `ends_at` is the last minute of the client."""

    starts_at: datetime
    ends_at: datetime
    practitioner: uuid.UUID
    location: str
    service: str


class SlotsOut(Schema):
    """Free slots, and the first start from `to` on within the horizon."""

    slots: list[SlotOut]
    next_available_at: datetime | None


class CoursePlaceOut(Schema):
    """The visit is session `number` of the `of` sessions of a course."""

    id: uuid.UUID
    number: int
    of: int


class AppointmentOut(Schema):
    """A booked visit. `version` rises when it is moved or cancelled."""

    id: uuid.UUID
    service: str
    practitioner: uuid.UUID
    location: str
    starts_at: datetime
    ends_at: datetime
    state: str
    version: int
    course: CoursePlaceOut | None


class AppointmentsOut(Schema):
    """A page of appointments, the newest start first."""

    appointments: list[AppointmentOut]
    has_more: bool


class BookingIn(Body):
    """A visit to book; without a practitioner anybody who is free. `client` is for the desk."""

    service: Slug
    practitioner: PublicId = None
    location: Slug
    starts_at: Instant
    client: PublicId = None


class MoveIn(Body):
    """Another time. Without `practitioner` the same one treats; null means anybody."""

    starts_at: Instant
    practitioner: PublicId = None


class PageQuery(Schema):
    """Which part of a list."""

    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=1_000_000)


IdempotencyKey = Annotated[
    str, StringConstraints(min_length=1, max_length=255, pattern=r"^[ -~]+$")
]


@router.get(
    "/slots", auth=anyone, response=SlotsOut, openapi_extra=problems(400, 401, 404, **OPEN_TO_ALL)
)
def slots(request: HttpRequest, query: Query[SlotsQuery]) -> HttpResponse:
    """List free slots, one row per start and practitioner.

    For a signed-in client the own visits are subtracted.
    """
    now = timezone.now()
    question = _question(query, caller(request), now)
    text = slots_json(openings(question, now))
    return HttpResponse(text, content_type="application/json; charset=utf-8")


@router.get("/appointments", response=AppointmentsOut, openapi_extra=problems(400, 401))
def list_appointments(request: HttpRequest, page: Query[PageQuery]) -> HttpResponse:
    """List the appointments that the caller may see, the newest start first.

    Clients see their own, practitioners also those with them, the desk all.
    """
    visits = visible_to(signed_in(request)).order_by("-starts_at", "-pk")
    rows = list(visits[page.offset : page.offset + page.limit + 1])
    return JsonResponse(
        {
            "appointments": appointments_json(rows[: page.limit]),
            "has_more": len(rows) > page.limit,
        }
    )


@router.post(
    "/appointments",
    response={201: AppointmentOut},
    openapi_extra=problems(400, 401, 403, 404, 409, 422),
)
def book_appointment(
    request: HttpRequest,
    wanted: BookingIn,
    idempotency_key: Annotated[IdempotencyKey, Header(alias="Idempotency-Key")],
) -> HttpResponse:
    """Book a visit.

    The same key with the same body answers 201 with the same appointment again and
    books nothing. With another body it is refused.
    """
    user = signed_in(request)
    snapshot = catalogue()
    service, location = (
        service_named(snapshot, wanted.service),
        location_named(snapshot, wanted.location),
    )
    wish = VisitWish(
        catalogue=snapshot,
        service=service,
        location=location,
        starts_at=wanted.starts_at,
        practitioner_id=practitioner_named(snapshot, wanted.practitioner),
    )
    try:
        visit = book(
            wish=wish,
            client=client_named(user, wanted.client),
            request_id=idempotency_key,
            by=user,
            now=timezone.now(),
        )
    except SlotTaken as refusal:
        raise _slot_taken(refusal, service, location) from refusal
    response = JsonResponse(booked_json(visit, snapshot), status=HTTPStatus.CREATED)
    response["Location"] = f"{request.path}/{visit.public_id}"
    return response


@router.get(
    "/appointments/{appointment_id}", response=AppointmentOut, openapi_extra=problems(401, 404)
)
def show_appointment(request: HttpRequest, appointment_id: str) -> HttpResponse:
    """Show one appointment."""
    return _answer(_visit(request, appointment_id))


@router.patch(
    "/appointments/{appointment_id}",
    response=AppointmentOut,
    openapi_extra=problems(400, 401, 403, 404, 409, 422),
)
def move(request: HttpRequest, appointment_id: str, wanted: MoveIn) -> HttpResponse:
    """Move an appointment to another start; a refusal leaves it as it was.

    The other sessions of its course stay: `breaks_course` where a limit would break.
    """
    visit = _visit(request, appointment_id)
    snapshot = catalogue()
    practitioner_id: int | None = visit.practitioner_id
    if "practitioner" in wanted.model_fields_set:
        practitioner_id = practitioner_named(snapshot, wanted.practitioner)
    try:
        moved = move_appointment(
            appointment=visit,
            starts_at=wanted.starts_at,
            practitioner_id=practitioner_id,
            catalogue=snapshot,
            by=signed_in(request),
            now=timezone.now(),
        )
    except SlotTaken as refusal:
        service = service_named(snapshot, visit.service.slug)
        location = location_named(snapshot, visit.location.slug)
        raise _slot_taken(refusal, service, location) from refusal
    return _answer(moved)


@router.post(
    "/appointments/{appointment_id}/cancel",
    response=AppointmentOut,
    openapi_extra=problems(401, 403, 404, 409, 422),
)
def cancel(request: HttpRequest, appointment_id: str) -> HttpResponse:
    """Cancel an appointment; once more changes nothing."""
    visit = _visit(request, appointment_id)
    return _answer(cancel_appointment(appointment=visit, by=signed_in(request), now=timezone.now()))


def _answer(visit: Appointment) -> HttpResponse:
    return JsonResponse(appointment_json(visit))


def _slot_taken(refusal: SlotTaken, service: ServiceFacts, location: LocationFacts) -> ApiRefusal:
    return ApiRefusal(
        refusal.status,
        refusal.code,
        refusal.message,
        alternatives=[slot_json(slot, service, location) for slot in refusal.alternatives],
    )


def _question(query: SlotsQuery, person: Person, now: datetime) -> SlotQuestion:
    snapshot = catalogue()
    service, location = (
        service_named(snapshot, query.service),
        location_named(snapshot, query.location),
    )
    if service.bookable_by == Service.BookableBy.STAFF and not may(person, RUN_DESK):
        raise unknown(_("There is no such service."))
    first_date, end_date = _window(query, now.astimezone(location.zone).date())
    client = client_of(person)
    return SlotQuestion(
        catalogue=snapshot,
        service=service,
        location=location,
        first_date=first_date,
        end_date=end_date,
        practitioner_id=practitioner_named(snapshot, query.practitioner),
        client=ClientMarks.of(client) if client else None,
    )


def _window(query: SlotsQuery, today: date) -> tuple[date, date]:
    first_date = query.first_date or today
    end_date = query.end_date or first_date + timedelta(days=DEFAULT_DAYS)
    if end_date <= first_date:
        raise invalid("to", _("“to” must be later than “from”; it is exclusive."))
    if (end_date - first_date).days > MAX_DAYS:
        raise invalid("to", _("Ask for at most %(days)s days at once.") % {"days": MAX_DAYS})
    return first_date, end_date


def _visit(request: HttpRequest, appointment_id: str) -> Appointment:
    visits = visible_to(signed_in(request))
    visit = visits.filter(public_id=read_id(appointment_id) or NO_ID).first()
    if visit is None:
        raise unknown(_("There is no such appointment."))
    return visit
