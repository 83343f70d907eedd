"""Make the demo clinic, around a given moment and always alike."""

import random
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from bookings.models import Appointment, TimeOff
from bookings.services.reminding import write_due_reminders
from bookings.services.requests import ask_to_move
from bookings.services.time_off import close_on_public_holidays, local_day, take_time_off
from clinic.models import (
    Client,
    Lane,
    Location,
    Message,
    Practitioner,
    Room,
    RosterHours,
    Segment,
    Service,
    User,
)
from clinic.services.alerts import raise_expiry_alerts
from clinic.services.sign_in import confirm_address
from treatments.demo import cast
from treatments.demo.course_stories import visits_of_courses
from treatments.demo.courses import write_courses, write_protocols
from treatments.demo.history import write_visits
from treatments.demo.needles import write_needles
from treatments.demo.notes import write_notes
from treatments.demo.paper_cast import PAPERS, PAPERS_OF_NEWCOMERS
from treatments.demo.papers import (
    Documents,
    Office,
    decide_latest,
    drawn_documents,
    hand_in_all,
    require_papers,
)
from treatments.demo.stories import visits_wanted, visits_with_newcomers
from treatments.services.caring import write_overdue, write_recalls
from treatments.services.informing import write_cover_needed, write_day_lists

SEED = 20_231
CLOSES = "Theo is at a course"


def demo_logins() -> list[tuple[str, str, str]]:
    """Return role, e-mail and password of the logins that a newcomer can try."""
    people = [
        ("manager", cast.MANAGER[0]),
        ("reception", cast.RECEPTION[0]),
        ("practitioner", cast.PRACTITIONERS[0].email),
        ("practitioner", cast.PRACTITIONERS[3].email),
        ("client", cast.DEMO_CLIENT[0]),
    ]
    return [(role, email, cast.PASSWORD) for role, email in people]


def make_demo_clinic(*, now: datetime) -> None:
    """Make the whole demo clinic in an empty database: places, people, half a year of visits.

    Everything but keys and the names of documents depends on `now` alone.
    """
    _make(now, drawn_documents())


@transaction.atomic
def _make(now: datetime, documents: Documents) -> None:
    luck = random.Random(SEED)
    today = now.astimezone(ZoneInfo(cast.PLACES[0].zone)).date()
    manager = _login(*cast.MANAGER, is_manager=True)
    reception = _login(*cast.RECEPTION, is_reception=True)
    places = {plan.slug: _place(plan) for plan in cast.PLACES}
    services = {
        plan.slug: _service(plan, position) for position, plan in enumerate(cast.OFFERS, start=1)
    }
    for room_plan in cast.ROOMS:
        _room(room_plan, places, services)
    people = {
        person.slug: _practitioner(person, places, services, today, luck)
        for person in cast.PRACTITIONERS
    }
    office = Office(manager, now, today, documents)
    require_papers()
    hand_in_all(PAPERS, {**people, **places}, office)
    clients = [_client(number, name, now, luck) for number, name in enumerate(cast.CLIENTS)]
    _close_and_rest(places.values(), people["theo-lindqvist"], today, manager)
    wishes = visits_of_courses(today)
    write_visits(wishes, clients=clients, reception=reception, now=now, luck=luck)
    wishes = visits_wanted(today, luck)
    write_visits(wishes, clients=clients, reception=reception, now=now, luck=luck)
    _someone_asks_to_move(now)
    newcomers = {
        person.slug: _practitioner(person, places, services, today, luck)
        for person in cast.NEWCOMERS
    }
    hand_in_all(PAPERS_OF_NEWCOMERS, newcomers, office)
    wishes = visits_with_newcomers(today)
    write_visits(wishes, clients=clients, reception=reception, now=now, luck=luck)
    decide_latest(newcomers, office)
    write_needles(now)
    protocols = write_protocols(services)
    write_courses(protocols, clients=clients, reception=reception, luck=luck)
    write_notes(clients, reception=reception, now=now, luck=luck)
    raise_expiry_alerts(now=now)
    _send_nothing(now)


def _send_nothing(now: datetime) -> None:
    """Leave out what was written and what is due by now: nobody of the demo booked today."""
    write_due_reminders(now=now)
    for write in (write_overdue, write_recalls, write_day_lists, write_cover_needed):
        write(now=now)
    Message.objects.waiting().update(state=Message.State.SKIPPED, reason=_("Demo data"))


def _login(email: str, name: str, *, password: str | None = cast.PASSWORD, **roles: bool) -> User:
    user = User.objects.create_user(email, password, name=name, **roles)
    confirm_address(user=user)
    return user


def _uuid(luck: random.Random) -> UUID:
    return UUID(int=luck.getrandbits(128), version=4)


def _place(plan: cast.Place) -> Location:
    return Location.objects.create(
        slug=plan.slug,
        name=plan.name,
        address=plan.address,
        phone=plan.phone,
        email=f"{plan.slug}@example.com",
        zone=plan.zone,
        directions=plan.directions,
    )


def _service(plan: cast.Offer, position: int) -> Service:
    service = Service.objects.create(
        slug=plan.slug,
        name=plan.name,
        summary=plan.summary,
        description=plan.description,
        price_amount=plan.price,
        before_text=plan.before,
        after_text=plan.after,
        position=position,
        **plan.fields,
    )
    Segment.objects.bulk_create(
        Segment(
            service=service,
            position=number,
            kind=kind,
            minutes=minutes,
            holds_practitioner="p" in holds,
            holds_client="c" in holds,
            holds_room="r" in holds,
        )
        for number, (kind, minutes, holds) in enumerate(plan.segments, start=1)
    )
    return service


def _room(plan: cast.RoomPlan, places: dict[str, Location], services: dict[str, Service]) -> None:
    room = Room.objects.create(
        location=places[plan.place], name=plan.name, is_step_free=plan.is_step_free
    )
    room.services.set([services[slug] for slug in plan.services])


def _practitioner(
    plan: cast.Person,
    places: dict[str, Location],
    services: dict[str, Service],
    today: date,
    luck: random.Random,
) -> Practitioner:
    person = Practitioner.objects.create(
        user=_login(plan.email, plan.name, is_practitioner=True, may_verify=plan.may_verify),
        public_id=_uuid(luck),
        slug=plan.slug,
        name=plan.name,
        pronouns=plan.pronouns,
        headline=plan.headline,
        profile=plan.profile,
        languages=list(plan.languages),
    )
    person.services.set([services[slug] for slug in plan.services])
    for number in range(2, plan.lanes + 1):
        Lane.objects.create(practitioner=person, number=number)
    RosterHours.objects.bulk_create(
        RosterHours(
            practitioner=person,
            location=places[shift.place],
            weekday=weekday,
            starts=starts,
            ends=ends,
            valid_from=date(today.year - 1, 1, 1),
        )
        for shift in plan.shifts
        for weekday in shift.weekdays
        for starts, ends in shift.hours
    )
    return person


def _client(number: int, name: str, now: datetime, luck: random.Random) -> Client:
    """Make a client; some were entered at the desk and have no login, a few no e-mail."""
    is_double = number == len(cast.CLIENTS) - 1
    email = name.lower().replace(" ", ".") + "@example.com"
    user = None
    if number == 0:
        email, user = cast.DEMO_CLIENT[0], _login(*cast.DEMO_CLIENT)
    elif is_double or number in (20, 40):
        email = ""
    elif number % 5 != 3:
        user = _login(email, name, password=None)
    seen = cast.LAST_IS_DUPLICATE_OF if is_double else number
    return Client.objects.create(
        user=user,
        public_id=_uuid(luck),
        name=name,
        email=email,
        phone=f"+1212555{100 + seen:04}",
        adult_declared_at=now - timedelta(days=100),
        **_marks(number, now),
    )


def _marks(number: int, now: datetime) -> dict[str, Any]:
    marks: dict[int, dict[str, Any]] = {
        11: {"needs_step_free": True},
        17: {"never_overlap": True},
        23: {"needs_step_free": True},
        53: {"no_needling_before": now.date() + timedelta(days=21)},
        58: {"no_needling_until_cleared": True},
    }
    return marks.get(number, {})


def _close_and_rest(places: Any, theo: Practitioner, today: date, manager: User) -> None:
    for place in places:
        for year in (today.year, today.year + 1):
            close_on_public_holidays(location=place, year=year, by=manager)
    zone = ZoneInfo(cast.PLACES[0].zone)
    starts_at, _ = local_day(zone, today + timedelta(days=24))
    _, ends_at = local_day(zone, today + timedelta(days=27))
    away = TimeOff(
        kind=TimeOff.Kind.AWAY,
        practitioner=theo,
        starts_at=starts_at,
        ends_at=ends_at,
        name=CLOSES,
    )
    take_time_off(time_off=away, by=manager)


def _someone_asks_to_move(now: datetime) -> None:
    """Put one wish on reception's list: of the next client with a login, but the demo's own."""
    visits = Appointment.objects.filter(
        state="booked", starts_at__gt=now + timedelta(minutes=30), client__user__isnull=False
    )
    visits = visits.exclude(client__email=cast.DEMO_CLIENT[0])
    visit = visits.select_related("client__user", "location").order_by("starts_at", "pk").first()
    if visit is not None and visit.client is not None and visit.client.user is not None:
        ask_to_move(
            appointment=visit,
            wish="My train is late. Any time after five, or tomorrow morning?",
            by=visit.client.user,
            now=now,
        )
