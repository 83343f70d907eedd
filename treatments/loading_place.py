"""Where the diary for measuring is kept: a location, practitioners and clients of its own."""

from dataclasses import dataclass
from datetime import date, time
from json import dumps
from zoneinfo import ZoneInfo

from django.db import transaction

from clinic.domain.segments import to_json
from clinic.models import (
    Client,
    Lane,
    Location,
    Practitioner,
    Resource,
    Room,
    RosterHours,
    Segment,
    Service,
    User,
)
from treatments.models import Protocol
from treatments.recipes import RECIPES, CourseServices, make_protocols

LOCATION = "bench"
SERVICE = "bench-60"
PROTOCOL_PREFIX = "bench-"
ZONE = ZoneInfo("America/New_York")
HOURS = range(9, 17)
LONG_AGO = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Worker:
    """A practitioner of the bench with the room that they always use."""

    id: int
    hands_id: int
    lane_id: int
    room_id: int
    room_resource_id: int


@dataclass(frozen=True, slots=True)
class Bench:
    """Who and what the visits of the bench are made of; clients are (id, resource id)."""

    location_id: int
    service_id: int
    segments: str
    workers: tuple[Worker, ...]
    clients: tuple[tuple[int, int], ...]


@transaction.atomic
def make_bench(*, practitioners: int, clients: int) -> Bench:
    """Return the bench with at least so many people, whatever it lacks made."""
    location, _ = Location.objects.get_or_create(
        slug=LOCATION,
        defaults={
            "name": "Bench",
            "address": "1 Test Street",
            "phone": "+12125550199",
            "email": "bench@example.com",
            "zone": ZONE.key,
        },
    )
    service = _service()
    _protocols(service)
    workers = tuple(_worker(number, location, service) for number in range(practitioners))
    return Bench(
        location_id=location.pk,
        service_id=service.pk,
        segments=dumps(to_json([segment.plan() for segment in service.segments.all()])),
        workers=workers,
        clients=_clients(clients),
    )


def _service() -> Service:
    service, is_new = Service.objects.get_or_create(
        slug=SERVICE,
        defaults={
            "name": "Bench visit",
            "summary": "An hour, for measuring only",
            "price_amount": "100.00",
            "position": 99,
        },
    )
    if is_new:
        Segment.objects.create(service=service, position=1, kind="insertion", minutes=60)
    return service


def _protocols(service: Service) -> None:
    if not Protocol.objects.filter(slug__startswith=PROTOCOL_PREFIX).exists():
        same = CourseServices(service, service, service)
        make_protocols(RECIPES, facial=same, body=same, slug_prefix=PROTOCOL_PREFIX)


def _worker(number: int, location: Location, service: Service) -> Worker:
    room, _ = Room.objects.get_or_create(location=location, name=f"Bench {number + 1:03}")
    room.services.add(service)
    slug = f"bench-{number + 1:03}"
    person = Practitioner.objects.filter(slug=slug).first()
    if person is None:
        person = _hire(slug, location, service)
    lane = Lane.objects.get(practitioner=person, number=1)
    return Worker(person.pk, person.resource_id, lane.resource_id, room.pk, room.resource_id)


def _hire(slug: str, location: Location, service: Service) -> Practitioner:
    login = User.objects.create_user(f"{slug}@example.com", is_active=False, is_practitioner=True)
    person = Practitioner.objects.create(user=login, slug=slug, name=slug.replace("-", " ").title())
    person.services.add(service)
    RosterHours.objects.bulk_create(
        RosterHours(
            practitioner=person,
            location=location,
            weekday=weekday,
            starts=time(HOURS.start),
            ends=time(HOURS.stop),
            valid_from=LONG_AGO,
        )
        for weekday in range(1, 8)
    )
    return person


def _clients(count: int) -> tuple[tuple[int, int], ...]:
    """Return at least `count` clients of the bench, made as needed."""
    ours = Client.objects.filter(email__startswith="bench-client-", email__endswith="@example.com")
    have = ours.count()
    places = Resource.objects.bulk_create(
        Resource(kind=Resource.Kind.CLIENT) for _ in range(have, count)
    )
    Client.objects.bulk_create(
        Client(
            resource=place,
            name=f"Bench Client {number}",
            email=f"bench-client-{number}@example.com",
        )
        for number, place in enumerate(places, start=have + 1)
    )
    return tuple(ours.order_by("pk").values_list("pk", "resource_id"))
