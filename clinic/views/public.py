"""What the clinic tells everybody: treatments, how to prepare, people."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic import formatting
from clinic.models import Service
from clinic.selectors.catalogue import Catalogue, PractitionerFacts, ServiceFacts, catalogue
from clinic.selectors.credentials import badges
from clinic.selectors.public import (
    listings,
    locations_listed,
    practitioners_shown,
    services_listed,
    services_offered,
)
from clinic.views.badges import badge
from clinic.views.components import Row, segment_bar


@dataclass(frozen=True, slots=True)
class Card:
    """A service or a person in a list."""

    title: str
    text: str
    note: str
    url: str
    monogram: str = ""


@require_safe
def services(request: HttpRequest) -> HttpResponse:
    """List what the clinic offers: for everybody, and for returning clients."""
    facts = catalogue()
    offered = list(facts.services.values())
    anyone = [item for item in offered if item.bookable_by == Service.BookableBy.ANYONE]
    returning = [item for item in offered if item.bookable_by == Service.BookableBy.RETURNING]
    by_phone = [item for item in offered if item.bookable_by == Service.BookableBy.STAFF]
    groups = [
        (_("To begin with"), _("Anybody can book these."), anyone),
        (_("For returning clients"), _("After a first visit in the last 12 months."), returning),
        (_("Booked by phone"), _("Call us, and we find a time together."), by_phone),
    ]
    return render(
        request,
        "clinic/services.html",
        {
            "groups": [
                {"title": title, "text": text, "cards": [_service_card(item) for item in items]}
                for title, text, items in groups
                if items
            ]
        },
    )


@require_safe
def service(request: HttpRequest, slug: str) -> HttpResponse:
    """Describe one service: what happens, how long, what it costs, who and where."""
    row = get_object_or_404(services_offered(), slug=slug)
    facts = catalogue()
    known = facts.services.get(row.pk)
    now = timezone.now()
    if known is None:
        raise Http404
    return render(
        request,
        "clinic/service.html",
        {
            "service": row,
            "bar": segment_bar(known.segments),
            "rows": _service_rows(facts, known, now),
            "book_url": _book_url(known, facts, now),
            "is_returning": known.bookable_by == Service.BookableBy.RETURNING,
            "needles": known.uses_needles,
            "people": [
                {"name": p.name, "url": reverse("practitioner", args=[p.slug])}
                for p in _listed_for(facts, known.id, now)
            ],
        },
    )


@require_safe
def service_before(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what to know before coming."""
    return _advice(request, slug, "before_text", _("Before you come"))


@require_safe
def service_after(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what to know after the visit."""
    return _advice(request, slug, "after_text", _("After your visit"))


@require_safe
def before_you_come(request: HttpRequest) -> HttpResponse:
    """Say how to get ready for a first visit, whatever was booked."""
    services = catalogue().services.values()
    first = [item.client_minutes for item in services if item.is_first_visit]
    minutes = formatting.minutes_words(max(first)) if first else ""
    return render(request, "clinic/before_you_come.html", {"minutes": minutes})


@require_safe
def practitioners(request: HttpRequest) -> HttpResponse:
    """List the people who treat."""
    facts = catalogue()
    listed = listings(facts, timezone.now())
    cards = [
        Card(
            title=person.name,
            text=person.headline,
            note=_places(facts, locations_listed(listed[person.pk])),
            url=reverse("practitioner", args=[person.slug]),
            monogram=monogram(person.name),
        )
        for person in practitioners_shown(listed)
    ]
    return render(request, "clinic/practitioners.html", {"cards": cards})


@require_safe
def practitioner(request: HttpRequest, slug: str) -> HttpResponse:
    """Tell about one practitioner: what we checked, and what can be booked with them."""
    now = timezone.now()
    facts = catalogue()
    listed = listings(facts, now)
    person = get_object_or_404(practitioners_shown(listed), slug=slug)
    offered = services_listed(listed[person.pk])
    rows = [
        Row(_("Works in"), _places(facts, locations_listed(listed[person.pk]))),
        Row(_("Speaks"), ", ".join(person.languages)),
        Row(_("Pronouns"), person.pronouns),
    ]
    return render(
        request,
        "clinic/practitioner.html",
        {
            "person": person,
            "monogram": monogram(person.name),
            "rows": [row for row in rows if row.value],
            "badges": [badge(item) for item in badges([person.pk], now)[person.pk]],
            "cards": [
                _service_card(item) for item in facts.services.values() if item.id in offered
            ],
        },
    )


def monogram(name: str) -> str:
    """Return the initials of first and last name."""
    parts = name.split()
    return (parts[0][:1] + (parts[-1][:1] if len(parts) > 1 else "")).upper()


def _advice(request: HttpRequest, slug: str, field: str, title: str) -> HttpResponse:
    row = get_object_or_404(services_offered(), slug=slug)
    text = getattr(row, field)
    if not text:
        raise Http404
    context = {"service": row, "title": title, "text": text}
    return render(request, "clinic/advice.html", context)


def _service_card(item: ServiceFacts) -> Card:
    note = _("%(minutes)s, %(price)s") % {
        "minutes": formatting.minutes_words(item.client_minutes),
        "price": formatting.price(item.price_amount, item.price_currency),
    }
    return Card(item.name, item.summary, note, reverse("service", args=[item.slug]))


def _service_rows(facts: Catalogue, item: ServiceFacts, now: datetime) -> list[Row]:
    price = formatting.price(item.price_amount, item.price_currency)
    note = _("Paid at the clinic") if item.price_amount else ""
    places = [place.name for place in facts.locations_of(item.id, now)]
    return [
        Row(_("Length"), formatting.minutes_words(item.client_minutes)),
        Row(_("Price"), price[:1].upper() + price[1:], note=note),
        Row(_("Where"), ", ".join(places)),
    ]


def _book_url(item: ServiceFacts, facts: Catalogue, now: datetime) -> str:
    if item.bookable_by == Service.BookableBy.STAFF or not facts.locations_of(item.id, now):
        return ""
    return f"{reverse('book')}?service={item.slug}"


def _listed_for(facts: Catalogue, service_id: int, now: datetime) -> list[PractitionerFacts]:
    pairs = listings(facts, now)
    return [
        person
        for person in facts.practitioners.values()
        if service_id in services_listed(pairs.get(person.id, []))
    ]


def _places(facts: Catalogue, ids: set[int]) -> str:
    return ", ".join(place.name for place in facts.locations.values() if place.id in ids)
