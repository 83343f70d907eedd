"""Clients with logins and tokens who book, alone and in races."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from bookings.models import Appointment
from bookings.refusals import SlotTaken
from bookings.selectors.slots import Slot, free_time
from bookings.services.booking import VisitWish, book
from bookings.services.cancelling import cancel_appointment
from clinic.models import Client, User
from clinic.services.tokens import issue_token
from treatments.bench import names, racing
from treatments.bench.diary import BOOKINGS_DAYS, BOOKINGS_FROM_DAYS, Diary
from treatments.bench.http_load import UnexpectedAnswer, all_at_once, ask, request_bytes
from treatments.bench.racing import Answer, Race
from treatments.bench.samples import Row

RIVALS_AT_A_SLOT = 50
RIVALS = 200
SLOTS_RACED_FOR = 50
BOOKED = "booked"
TAKEN = SlotTaken.__name__


@dataclass(frozen=True, slots=True)
class Rival:
    """Somebody with a record, a login and a token."""

    client: Client
    user: User
    token: str


def make_rivals(now: datetime, count: int = RIVALS) -> list[Rival]:
    """Make clients who may book; whom an earlier run made, books on."""
    return [_make_rival(number, now) for number in range(count)]


def fresh_slots(diary: Diary, now: datetime, count: int) -> list[Slot]:
    """Return free slots far from the searched window, no two of one practitioner's day."""
    first = diary.monday + timedelta(days=BOOKINGS_FROM_DAYS)
    found: dict[tuple[int, object], Slot] = {}
    for slot in free_time(diary.window(first, days=BOOKINGS_DAYS), now).slots():
        day = slot.starts_at.astimezone(diary.location.zone).date()
        found.setdefault((slot.practitioner_id, day), slot)
    if len(found) < count:
        raise UnexpectedAnswer(f"the diary has {len(found)} slots to book, not {count}")
    return list(found.values())[:count]


def book_over_http(port: int, diary: Diary, rivals: Sequence[Rival], slots: Sequence[Slot]) -> Row:
    """Book each slot for another client, one after the other; all must be won."""
    times = []
    for rival, slot in zip(rivals, slots, strict=False):
        request = _booking_request(diary, rival, slot)
        began = time.perf_counter()
        status, answer = ask(port, request)
        times.append(time.perf_counter() - began)
        if status != 201:
            raise UnexpectedAnswer(f"a booking was answered {answer[:600]!r}")
    return Row.of(names.BOOKING, times)


def race_over_http(port: int, diary: Diary, rivals: Sequence[Rival], slot: Slot) -> Race:
    """Send everybody for one slot at once; count the answers by status."""
    requests = [_booking_request(diary, rival, slot) for rival in rivals]
    answers: list[Answer] = []

    def go(request: bytes) -> None:
        began = time.perf_counter()
        status, _ = ask(port, request)
        answers.append((str(status), began, time.perf_counter()))

    all_at_once([partial(go, request) for request in requests])
    return Race.of(answers)


def race_at_service(
    diary: Diary, rivals: Sequence[Rival], slots: Sequence[Slot], now: datetime
) -> Race:
    """Let several clients go for each slot at once, with a connection each."""
    return racing.race_at_service(
        [
            partial(_book, diary, rival, slots[number % len(slots)], now)
            for number, rival in enumerate(rivals)
        ],
        won=BOOKED,
        warm_up=partial(_warm_up, diary, now),
    )


def set_all_free(rivals: Sequence[Rival], now: datetime) -> None:
    """Cancel what the rivals have booked, for the next round."""
    users = {rival.client.pk: rival.user for rival in rivals}
    for visit in Appointment.objects.filter(client_id__in=users, state="booked"):
        cancel_appointment(appointment=visit, by=users[visit.client_id or 0], now=now)


def _make_rival(number: int, now: datetime) -> Rival:
    email = f"rival-{number}@bench.example"
    user = User.objects.filter(email=email).first()
    if user is None:
        # Without a password: hashing two hundred takes ten seconds.
        user = User.objects.create_user(email, name=f"Rival {number}")
        Client.objects.create(user=user, name=user.name, email=email, adult_declared_at=now)
    return Rival(client=user.client, user=user, token=issue_token(user=user, now=now))


def _booking_request(diary: Diary, rival: Rival, slot: Slot) -> bytes:
    body = {
        "service": diary.service.slug,
        "location": diary.location.slug,
        "practitioner": str(slot.practitioner_public_id),
        "starts_at": slot.starts_at.isoformat(),
    }
    headers = (f"Authorization: Bearer {rival.token}", f"Idempotency-Key: {uuid4()}")
    return request_bytes("POST", "/api/v1/appointments", headers, json.dumps(body).encode())


def _warm_up(diary: Diary, now: datetime) -> None:
    free_time(diary.window(diary.monday, days=1), now)


def _book(diary: Diary, rival: Rival, slot: Slot, now: datetime) -> None:
    wish = VisitWish(
        catalogue=diary.catalogue,
        service=diary.service,
        location=diary.location,
        starts_at=slot.starts_at,
        practitioner_id=slot.practitioner_id,
    )
    book(wish=wish, client=rival.client, request_id=str(uuid4()), by=rival.user, now=now)
