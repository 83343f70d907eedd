"""The first steps of booking: what, where, with whom."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bookings.forms.booking import ServiceForm
from bookings.selectors.appointments import client_of
from bookings.services.eligibility import had_first_visit
from clinic import formatting
from clinic.models import Service
from clinic.selectors.catalogue import (
    Catalogue,
    LocationFacts,
    PractitionerFacts,
    ServiceFacts,
    catalogue,
)
from clinic.views.components import Choice

ANYBODY = "any"
GO_ON = "go"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the address of a step says was chosen so far; `practitioner` None is any."""

    catalogue: Catalogue
    service: ServiceFacts
    location: LocationFacts
    practitioner: PractitionerFacts | None

    @classmethod
    def of(cls, request: HttpRequest) -> "Chosen":
        """Read the query; 404 where it names what is not offered."""
        names = ("service", "location", "practitioner")
        return cls.named(**{name: request.GET.get(name, "") for name in names})

    @classmethod
    def named(cls, service: str, location: str, practitioner: str) -> "Chosen":
        """Look the slugs up; 404 where one names what is not offered."""
        facts = catalogue()
        return cls._found(
            facts, facts.service(service), facts.location(location), practitioner or ANYBODY
        )

    @classmethod
    def _found(
        cls,
        facts: Catalogue,
        service: ServiceFacts | None,
        location: LocationFacts | None,
        slug: str,
    ) -> "Chosen":
        now = timezone.now()
        if (
            service is None
            or location is None
            or location not in facts.locations_of(service.id, now)
        ):
            raise Http404
        people = facts.listed(service.id, location.id, now)
        person = next((item for item in people if item.slug == slug), None)
        if person is None and slug != ANYBODY:
            raise Http404
        return cls(facts, service, location, person)

    @property
    def query(self) -> dict[str, str]:
        """Return the choice as the query of an address."""
        return {
            "service": self.service.slug,
            "location": self.location.slug,
            "practitioner": self.practitioner.slug if self.practitioner else ANYBODY,
        }


def step_url(name: str, **query: str) -> str:
    """Return the address of a step with what was chosen."""
    return f"{reverse(name)}?{urlencode(query)}" if query else reverse(name)


@require_safe
def book(request: HttpRequest) -> HttpResponse:
    """Ask what and, where there are several places, where."""
    facts = catalogue()
    now = timezone.now()
    open_services, closed = _services_for(request, facts, now)
    places = _places(facts, open_services, now)
    query = request.GET.copy()
    if len(places) == 1:
        query["location"] = places[0].slug
    form = ServiceForm(
        query if GO_ON in query else None,
        initial=query.dict(),
        services=[(item.slug, item.name) for item in open_services],
        locations=[(item.slug, item.name) for item in places],
    )
    if form.is_bound and form.is_valid() and _is_offered(facts, form, now):
        return redirect(step_url("book-practitioner", **form.cleaned_data))
    chosen = {name: str(form[name].value() or "") for name in ("service", "location")}
    return render(
        request,
        "bookings/book.html",
        {
            "form": form,
            "services": [_service_choice(item, chosen["service"]) for item in open_services],
            "places": [
                Choice(item.slug, item.name, item.address, item.slug == chosen["location"])
                for item in places
            ],
            "asks_place": len(places) > 1,
            "closed": closed,
            "go_on": GO_ON,
        },
        status=422 if form.errors else 200,
    )


@require_safe
def book_practitioner(request: HttpRequest) -> HttpResponse:
    """Ask with whom; passed over where only one person offers the service."""
    chosen = Chosen.of(request)
    people = chosen.catalogue.listed(chosen.service.id, chosen.location.id, timezone.now())
    if len(people) == 1:
        return redirect(step_url("book-times", **chosen.query))
    who = chosen.query["practitioner"]
    anybody = Choice(
        ANYBODY, _("Any practitioner"), _("Shows the most times"), is_chosen=who == ANYBODY
    )
    return render(
        request,
        "bookings/practitioner.html",
        {
            "chosen": chosen,
            "choices": [
                anybody,
                *(Choice(p.slug, p.name, p.headline, is_chosen=who == p.slug) for p in people),
            ],
            "back_url": step_url(
                "book", service=chosen.service.slug, location=chosen.location.slug
            ),
        },
    )


def service_note(service: ServiceFacts) -> str:
    """Return length and price of a service: "90 minutes, $160"."""
    return _("%(minutes)s, %(price)s") % {
        "minutes": formatting.minutes_words(service.client_minutes),
        "price": formatting.price(service.price_amount, service.price_currency),
    }


def _services_for(
    request: HttpRequest, facts: Catalogue, now: datetime
) -> tuple[list[ServiceFacts], list[ServiceFacts]]:
    """Return the services that this person can book, and those for returning clients."""
    offered = [item for item in facts.services.values() if facts.locations_of(item.id, now)]
    anyone = [item for item in offered if item.bookable_by == Service.BookableBy.ANYONE]
    returning = [item for item in offered if item.bookable_by == Service.BookableBy.RETURNING]
    client = client_of(request.user) if returning else None
    if client is not None and had_first_visit(client, now):
        return [item for item in offered if item in anyone or item in returning], []
    return anyone, returning


def _places(facts: Catalogue, services: list[ServiceFacts], now: datetime) -> list[LocationFacts]:
    used = {place.id for item in services for place in facts.locations_of(item.id, now)}
    return [place for place in facts.locations.values() if place.id in used]


def _is_offered(facts: Catalogue, form: ServiceForm, now: datetime) -> bool:
    service = facts.service(form.cleaned_data["service"])
    places = facts.locations_of(service.id, now) if service else []
    if any(place.slug == form.cleaned_data["location"] for place in places):
        return True
    names = ", ".join(place.name for place in places)
    form.add_error("location", _("We offer this visit in: %(places)s.") % {"places": names})
    return False


def _service_choice(service: ServiceFacts, chosen: str) -> Choice:
    return Choice(
        service.slug, service.name, service_note(service), is_chosen=service.slug == chosen
    )
