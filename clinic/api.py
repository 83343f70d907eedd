"""The JSON API at /api/v1/: the instance, its errors, services and practitioners."""

import logging
import uuid
from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, RawPostDataException
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Router, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from pydantic import Field

from clinic.callers import OPEN_TO_ALL, SIGNED_IN, anyone, caller
from clinic.models import Service
from clinic.permissions import RUN_DESK, Person, may
from clinic.problems import ApiRefusal, problem, problem_of_refusal
from clinic.refusals import Refusal
from clinic.selectors.catalogue import Catalogue, PractitionerFacts, ServiceFacts, catalogue
from clinic.selectors.credentials import PaperStanding, badges, checked_on
from clinic.selectors.public import listings, locations_listed, services_listed
from clinic.wire import Problem, problems

DESCRIPTION = """
Times are RFC 3339 with an offset, dates are local dates of the location. People and
appointments are named by opaque ids, services and locations by slug. Errors are problem
documents (RFC 9457) with a stable `code`.
"""

ROUTERS_ABOVE = ("bookings.api.router", "treatments.api.router")
"""By name, so that this app imports nothing from those above."""

logger = logging.getLogger(__name__)


class MeridianAPI(NinjaAPI):
    """The API, with the schema of its errors."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        """Return the OpenAPI document."""
        document = super().get_openapi_schema(**kwargs)
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        document["components"]["schemas"].update(schema.pop("$defs"), Problem=schema)
        return document


api = MeridianAPI(
    title="Meridian",
    version="1",
    description=DESCRIPTION.strip(),
    auth=SIGNED_IN,
)
router = Router(tags=["clinic"])


class Price(Schema):
    """An amount of money; the amount is a decimal number in a string."""

    amount: str
    currency: str


class ServiceOut(Schema):
    """Something that can be booked; `client_minutes` is how long the client is there."""

    slug: str
    name: str
    client_minutes: int
    price: Price
    locations: list[str]


class ServicesOut(Schema):
    """All services that the caller may see, in the clinic's order."""

    services: list[ServiceOut]


class VerifiedOut(Schema):
    """A paper that was checked with its issuer; `number` only where it is public."""

    type: str
    label: str
    issuer: str
    checked_on: date
    number: str = Field(default="", description="Left out where it is not public.")


class PractitionerOut(Schema):
    """Someone who can be asked for, with the services and locations for which they can."""

    id: uuid.UUID
    name: str
    services: list[str]
    locations: list[str]
    verified: list[VerifiedOut]


class PractitionersOut(Schema):
    """Everybody who can be asked for, by name."""

    practitioners: list[PractitionerOut]


@router.get(
    "/services", auth=anyone, response=ServicesOut, openapi_extra=problems(401, **OPEN_TO_ALL)
)
def services(request: HttpRequest) -> dict[str, Any]:
    """List what can be booked, where, how long it takes and what it costs."""
    snapshot = catalogue()
    now = timezone.now()
    return {
        "services": [
            {
                "slug": service.slug,
                "name": service.name,
                "client_minutes": service.client_minutes,
                "price": {"amount": str(service.price_amount), "currency": service.price_currency},
                "locations": [place.slug for place in snapshot.locations_of(service.id, now)],
            }
            for service in services_seen_by(caller(request), snapshot)
        ]
    }


@router.get(
    "/practitioners",
    auth=anyone,
    response=PractitionersOut,
    exclude_unset=True,
    openapi_extra=problems(401, **OPEN_TO_ALL),
)
def practitioners(request: HttpRequest) -> dict[str, Any]:
    """List who can be asked for, for which services and where, and what was verified."""
    snapshot = catalogue()
    now = timezone.now()
    seen = services_seen_by(caller(request), snapshot)
    listed = listings(snapshot, now)
    verified = badges(listed, now)
    return {
        "practitioners": [
            {
                **_practitioner(snapshot.practitioners[person_id], pairs, seen, snapshot),
                "verified": [_verified(item) for item in verified[person_id]],
            }
            for person_id, pairs in listed.items()
        ]
    }


def services_seen_by(person: Person, snapshot: Catalogue) -> list[ServiceFacts]:
    """Return the services that somebody may know of: what only staff book, only the desk sees."""
    sees_all = may(person, RUN_DESK)
    return [
        service
        for service in snapshot.services.values()
        if sees_all or service.bookable_by != Service.BookableBy.STAFF
    ]


def _practitioner(
    person: PractitionerFacts,
    pairs: Collection[tuple[int, int]],
    seen: list[ServiceFacts],
    snapshot: Catalogue,
) -> dict[str, Any]:
    offered, places = services_listed(pairs), locations_listed(pairs)
    return {
        "id": person.public_id,
        "name": person.name,
        "services": [service.slug for service in seen if service.id in offered],
        "locations": [place.slug for place in snapshot.locations.values() if place.id in places],
    }


def _verified(item: PaperStanding) -> dict[str, Any]:
    kind = item.row.type
    shown = {"number": item.row.number} if kind.shows_number and item.row.number else {}
    return {
        "type": kind.slug,
        "label": kind.label,
        "issuer": item.row.issuer,
        "checked_on": checked_on(item),
        **shown,
    }


@csrf_exempt
def unknown_path(request: HttpRequest) -> HttpResponse:
    """Answer whatever else is asked under /api/."""
    return problem(404, "not_found")


@api.exception_handler(Refusal)
def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return problem_of_refusal(refusal)


@api.exception_handler(ApiRefusal)
def _refused_by_api(request: HttpRequest, refusal: ApiRefusal) -> HttpResponse:
    return problem(refusal.status, refusal.code, refusal.detail, **refusal.members)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [_field_error(item) for item in error.errors]
    return problem(400, "invalid", _("Please check the request."), errors=errors)


@api.exception_handler(AuthenticationError)
def _unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(401, "unauthenticated")


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, "invalid", _("The body must be JSON."))


@api.exception_handler(RawPostDataException)
def _read_already(request: HttpRequest, error: RawPostDataException) -> HttpResponse:
    # A form with files: the check of the CSRF token has read it, as far as it could be read.
    return problem(400, "invalid", _("The body must be JSON."))


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, "not_found")


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _database_away(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("database unavailable", exc_info=error)
    return problem(503, "busy")


@api.exception_handler(Exception)
def _crashed(request: HttpRequest, error: Exception) -> HttpResponse:
    # Django logs it and answers 500, which `ApiProblems` words as a problem document.
    raise error


def _field_error(item: dict[str, Any]) -> dict[str, str]:
    source, *path = item["loc"]
    # The first step inside a body names our own parameter, not a field of the client's.
    names = path[1:] if source == "body" else path[-1:]
    words = str(item["msg"]).removeprefix("Value error, ")
    field = ".".join(str(name) for name in names)
    return {"field": field.replace("_", "-") if source == "header" else field, "message": words}


api.add_router("", router)
for name in ROUTERS_ABOVE:
    api.add_router("", name)
