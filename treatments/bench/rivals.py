"""Clients with logins and tokens who book, alone and in races."""

import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.db import connection, connections

from bookings.models import Appointment
from bookings.refusals import SlotTaken
from bookings.selectors.slots import Slot, free_time
from bookings.services.booking import VisitWish, book
from bookings.services.cancelling import cancel_appointment
from clinic.models import Client, User
from clinic.services.tokens import issue_token
from treatments.bench import names
from treatments.bench.diary import BOOKINGS_DAYS, BOOKINGS_FROM_DAYS, Diary
from treatments.bench.http_load import UnexpectedAnswer, all_at_once, ask, request_bytes
from treatments.bench.samples import Row

RIVALS_AT_A_SLOT = 50
RIVALS = 200
SLOTS_RACED_FOR = 50
PROCESSES = 4
"""The threads of the race at service level are spread over so many processes."""
START_SECONDS = 60
BOOKED = "booked"
TAKEN = SlotTaken.__name__

Answer = tuple[str, float, float]
"""An outcome, and when (by the machine's one clock) it was asked for and answered."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Somebody with a record, a login and a token."""

    client: Client
    user: User
    token: str


@dataclass(frozen=True, slots=True)
class Race:
    """How a race ended: answers by kind, and milliseconds from start to the last one."""

    outcomes: dict[str, int]
    slowest_ms: float


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
    return _race(answers)


def race_at_service(
    diary: Diary, rivals: Sequence[Rival], slots: Sequence[Slot], now: datetime
) -> Race:
    """Let several clients go for each slot at once, with a connection each."""
    wishes = [(rival, slots[number % len(slots)]) for number, rival in enumerate(rivals)]
    # A forked process must not share our connection.
    connection.close()
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(len(wishes), timeout=START_SECONDS)
    answers = fork.SimpleQueue()
    processes = [
        fork.Process(target=_race_process, args=(diary, wishes[n::PROCESSES], now, start, answers))
        for n in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    found = [answers.get() for _ in wishes]
    for process in processes:
        process.join()
    return _race(found)


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


def _race_process(
    diary: Diary, wishes: Sequence[tuple[Rival, Slot]], now: datetime, start: Any, answers: Any
) -> None:
    def go(rival: Rival, slot: Slot) -> None:
        began = time.perf_counter()
        try:
            # As in a worker that runs already: a new connection's first search takes longer.
            free_time(diary.window(diary.monday, days=1), now)
            start.wait()
            began = time.perf_counter()
            _book(diary, rival, slot, now)
            outcome = BOOKED
        except Exception as error:  # of any kind: it is told as the outcome
            outcome = type(error).__name__
        answers.put((outcome, began, time.perf_counter()))
        connections.close_all()

    all_at_once([partial(go, *wish) for wish in wishes])


def _book(diary: Diary, rival: Rival, slot: Slot, now: datetime) -> None:
    wish = VisitWish(
        catalogue=diary.catalogue,
        service=diary.service,
        location=diary.location,
        starts_at=slot.starts_at,
        practitioner_id=slot.practitioner_id,
    )
    book(wish=wish, client=rival.client, request_id=str(uuid4()), by=rival.user, now=now)


def _race(answers: Sequence[Answer]) -> Race:
    outcomes = Counter(outcome for outcome, _, _ in answers)
    first = min(began for _, began, _ in answers)
    return Race(dict(outcomes), (max(ended for _, _, ended in answers) - first) * 1000)
