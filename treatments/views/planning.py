"""The first step of planning a course: which one, and where."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.selectors.appointments import client_of
from clinic.models import Client
from clinic.selectors.catalogue import Catalogue, catalogue
from clinic.views.access import SignedInRequest, signed_in
from clinic.views.components import Choice
from treatments.domain.wishes import Wishes
from treatments.forms.planning import StartForm
from treatments.selectors.courses import running_course
from treatments.selectors.planning import CourseQuestion
from treatments.selectors.protocols import (
    CourseOffer,
    courses_offered,
    first_visits_of,
    price_of,
)
from treatments.views.plan_drafts import client_to_plan_for, start_draft
from treatments.views.plan_words import (
    price_words,
    sessions_words,
    spacing_words,
    span_words,
    total_words,
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def course_plan(request: HttpRequest) -> HttpResponse:
    """Ask which course and, where there are several places, where."""
    return _start(request, client_of(request.user), for_client=False)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def client_plan(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Begin the same for a client."""
    client = client_to_plan_for(request, public_id)
    if client.public_id != public_id:
        return redirect("client-plan", client.public_id)
    return _start(request, client, for_client=True)


def _start(request: HttpRequest, client: Client | None, *, for_client: bool) -> HttpResponse:
    facts, now = catalogue(), timezone.now()
    offers = courses_offered(facts, now)
    places = [place for place in facts.locations.values() if any(place in o.places for o in offers)]
    said = (request.POST if request.method == "POST" else request.GET).copy()
    if len(places) == 1:
        said["location"] = places[0].slug
    if len(offers) == 1:
        said["protocol"] = offers[0].protocol.slug
    form = StartForm(
        said if request.method == "POST" else None,
        initial=said.dict(),
        protocols=[(offer.protocol.slug, offer.protocol.name) for offer in offers],
        locations=[(place.slug, place.name) for place in places],
    )
    question = _begun(form, facts, offers) if form.is_bound and form.is_valid() else None
    if question is not None:
        if client and for_client:
            question = _from_first_visit(question, client, now)
        draft = start_draft(request, question, client, for_client=for_client)
        return redirect("course-plan-wishes", draft.id)
    chosen = {name: str(form[name].value() or "") for name in ("protocol", "location")}
    return render(
        request,
        "treatments/plan_start.html",
        {
            "form": form,
            "offers": [_offer_card(facts, offer, chosen["protocol"]) for offer in offers],
            "places": [
                Choice(item.slug, item.name, item.address, item.slug == chosen["location"])
                for item in places
            ],
            "asks_place": len(places) > 1,
            "client": client if for_client else None,
            "running": running_course(client.pk) if client else None,
        },
        status=422 if form.errors else 200,
    )


def _begun(form: StartForm, facts: Catalogue, offers: list[CourseOffer]) -> CourseQuestion | None:
    said = form.cleaned_data
    offer = next(offer for offer in offers if offer.protocol.slug == said["protocol"])
    place = next((item for item in offer.places if item.slug == said["location"]), None)
    if place is None:
        names = ", ".join(place.name for place in offer.places)
        form.add_error("location", _("We offer this course in: %(places)s.") % {"places": names})
        return None
    return CourseQuestion(facts, offer.figures, place, Wishes())


def _from_first_visit(question: CourseQuestion, client: Client, now: datetime) -> CourseQuestion:
    """Begin with the client's newest first visit: the usual way when staff plan."""
    visits = first_visits_of(client, question, now)
    return replace(question, first_visit=visits[0]) if visits else question


def _offer_card(facts: Catalogue, offer: CourseOffer, chosen: str) -> dict[str, Any]:
    figures = offer.figures
    price = price_of(facts, figures, list(range(1, figures.length + 1)))
    pace = [sessions_words(figures.length), span_words(figures), spacing_words(figures)]
    return {
        "value": offer.protocol.slug,
        "name": offer.protocol.name,
        "summary": offer.protocol.summary,
        "pace": ", ".join(part for part in pace if part),
        "price": price_words(price),
        "total": total_words(price),
        "is_chosen": offer.protocol.slug == chosen,
    }
