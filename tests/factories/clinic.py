"""Make rows for tests: a small clinic with a named cast.

Alice is the client, Bea another client, Chen a practitioner, Dora another one, Mia the
manager, Rosa at reception. `NOW` is a Monday; the clinic works 9 to 17, New York time,
every weekday.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from clinic.models import (
    Client,
    Lane,
    Location,
    Practitioner,
    Room,
    RosterHours,
    Segment,
    Service,
    User,
)

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2027, 6, 7, 12, 0, tzinfo=UTC)
"""Monday 7 June 2027, 8am in New York."""
TODAY = date(2027, 6, 7)

WEEKDAYS = (1, 2, 3, 4, 5)

FIRST_VISIT_SEGMENTS = (
    ("consultation", 30, "pcr"),
    ("insertion", 15, "pcr"),
    ("retention", 25, "cr"),
    ("removal", 15, "pcr"),
    ("aftercare", 5, "cr"),
    ("turnover", 10, "r"),
)
FOLLOW_UP_SEGMENTS = (
    ("insertion", 20, "pcr"),
    ("retention", 25, "cr"),
    ("removal", 15, "pcr"),
    ("turnover", 10, "r"),
)


def at(day: date, hour: int, minute: int = 0, zone: ZoneInfo = NEW_YORK) -> datetime:
    """Return the UTC instant of a local time."""
    return datetime.combine(day, time(hour, minute), tzinfo=zone).astimezone(UTC)


def make_user(name: str, **roles: bool) -> User:
    """Make a login such as alice@example.com."""
    email = f"{name.split()[0].lower()}@example.com"
    return User.objects.create_user(email, "correct horse battery", name=name, **roles)


def make_location(slug: str = "new-york", zone: str = "America/New_York", **fields) -> Location:
    """Make a location with the default policies, except that there is no notice."""
    fields = {"minimum_notice_minutes": 0, "name": slug.replace("-", " ").title(), **fields}
    return Location.objects.create(
        slug=slug,
        zone=zone,
        address="1 Test Street",
        phone="+12125550100",
        email=f"{slug}@example.com",
        **fields,
    )


def make_service(slug: str = "follow-up", segments=FOLLOW_UP_SEGMENTS, **fields) -> Service:
    """Make a service; a segment is (kind, minutes, letters of p, c, r that it holds)."""
    name = slug.replace("-", " ").capitalize()
    fields = {"name": name, "summary": name, "price_amount": "120.00", **fields}
    service = Service.objects.create(slug=slug, **fields)
    for position, (kind, minutes, holds) in enumerate(segments):
        Segment.objects.create(
            service=service,
            position=position,
            kind=kind,
            minutes=minutes,
            holds_practitioner="p" in holds,
            holds_client="c" in holds,
            holds_room="r" in holds,
        )
    return service


def make_room(location: Location, name: str, services=(), **fields) -> Room:
    """Make a room that serves the given services."""
    room = Room.objects.create(location=location, name=name, **fields)
    room.services.set(services)
    return room


def make_practitioner(
    name: str,
    *,
    services=(),
    location: Location | None = None,
    lanes: int = 1,
    hours: tuple[tuple[int, int], ...] = ((9, 17),),
    weekdays: tuple[int, ...] = WEEKDAYS,
) -> Practitioner:
    """Make a practitioner with lanes and weekly hours (whole local hours) from 2027 on."""
    person = Practitioner.objects.create(
        user=make_user(name, is_practitioner=True), slug=name.split()[0].lower(), name=name
    )
    person.services.set(services)
    for number in range(2, lanes + 1):
        Lane.objects.create(practitioner=person, number=number)
    for weekday in weekdays if location else ():
        for starts, ends in hours:
            RosterHours.objects.create(
                practitioner=person,
                location=location,
                weekday=weekday,
                starts=time(starts),
                ends=time(ends % 24),
                valid_from=date(2026, 1, 1),
            )
    return person


def make_client(name: str, *, login: bool = True, **fields) -> Client:
    """Make an adult client, with a login of the same first name unless told not to."""
    user = make_user(name) if login else None
    email = user.email if user else fields.pop("email", "")
    return Client.objects.create(
        name=name,
        user=user,
        email=email,
        phone="+12125550111",
        **{"adult_declared_at": NOW, **fields},
    )


@dataclass
class SmallClinic:
    """One location, two rooms, two services, two practitioners, the cast."""

    location: Location
    rooms: list[Room]
    follow_up: Service
    first_visit: Service
    chen: Practitioner
    dora: Practitioner
    alice: Client
    bea: Client
    mia: User
    rosa: User


def make_small_clinic(*, lanes: int = 2, rooms: int = 2) -> SmallClinic:
    """Make the clinic that most tests use."""
    location = make_location()
    follow_up = make_service("follow-up")
    first_visit = make_service(
        "first-visit", FIRST_VISIT_SEGMENTS, may_overlap=False, is_first_visit=True
    )
    services = [follow_up, first_visit]
    return SmallClinic(
        location=location,
        rooms=[make_room(location, f"Room {n}", services) for n in range(1, rooms + 1)],
        follow_up=follow_up,
        first_visit=first_visit,
        chen=make_practitioner("Chen Li", services=services, location=location, lanes=lanes),
        dora=make_practitioner("Dora Novak", services=[], location=location),
        alice=make_client("Alice Arden"),
        bea=make_client("Bea Brook"),
        mia=make_user("Mia Moss", is_manager=True),
        rosa=make_user("Rosa Reed", is_reception=True),
    )
