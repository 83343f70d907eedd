"""Which courses are offered, and where."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bookings.domain.lifecycle import OPEN, State
from bookings.models import Appointment
from clinic.models import Client
from clinic.selectors.catalogue import (
    Catalogue,
    LocationFacts,
    PractitionerFacts,
    ServiceFacts,
)
from treatments.models import Protocol
from treatments.selectors.planning import CourseQuestion, Figures

FIRST_VISITS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class CourseOffer:
    """A protocol that can be planned, with its services and the places that have both."""

    protocol: Protocol
    figures: Figures
    first: ServiceFacts
    follow_up: ServiceFacts
    places: tuple[LocationFacts, ...]


@dataclass(frozen=True, slots=True)
class CoursePrice:
    """What so many sessions cost; `first` is None when the first one is not among them."""

    first: Decimal | None
    each: Decimal
    total: Decimal
    currency: str


def courses_offered(facts: Catalogue, now: datetime) -> list[CourseOffer]:
    """Return the courses that can be planned somewhere, in list order. Two queries."""
    rows = Protocol.objects.filter(is_active=True).prefetch_related("phases")
    offers = []
    for protocol in rows.order_by("position", "pk"):
        first = facts.services.get(protocol.first_service_id)
        follow_up = facts.services.get(protocol.follow_up_service_id)
        if first is None or follow_up is None:
            continue
        places = tuple(
            place
            for place in facts.locations_of(first.id, now)
            if place in facts.locations_of(follow_up.id, now)
        )
        if places:
            offers.append(CourseOffer(protocol, Figures.of(protocol), first, follow_up, places))
    return offers


def people_for(
    facts: Catalogue, figures: Figures, place: LocationFacts, now: datetime
) -> list[PractitionerFacts]:
    """Return whom one may ask for throughout a course: who offers the later sessions there."""
    return facts.listed(figures.follow_up_service_id, place.id, now)


def price_of(facts: Catalogue, figures: Figures, numbers: list[int]) -> CoursePrice:
    """Return what the sessions with these numbers cost."""
    first = facts.services[figures.first_service_id]
    each = facts.services[figures.follow_up_service_id]
    has_first = 1 in numbers
    total = each.price_amount * (len(numbers) - has_first)
    total += first.price_amount if has_first else 0
    return CoursePrice(
        first=first.price_amount if has_first else None,
        each=each.price_amount,
        total=total,
        currency=each.price_currency,
    )


def first_visits_of(client: Client, question: CourseQuestion, now: datetime) -> list[Appointment]:
    """Return the visits that can become session 1: first visits there, of no course. One query.

    Only those after which the second session can still keep its gap; the latest first.
    """
    rules = question.figures.rules
    since = now - timedelta(days=rules[0].ceiling_days if rules else 0)
    rows = Appointment.objects.with_people().filter(
        client=client,
        service=question.figures.first_service_id,
        location=question.location.id,
        state__in=[*OPEN, State.COMPLETED],
        starts_at__gte=since,
        session_visit=None,
    )
    return list(rows.order_by("-starts_at", "-pk")[:FIRST_VISITS_SHOWN])
