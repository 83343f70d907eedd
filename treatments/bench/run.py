"""One run of the benchmark, from loading the diaries to what was found."""

import json
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection

from treatments.bench import courses, covering, dispatching, names, peers, rivals, searching, staff
from treatments.bench import diary as diaries
from treatments.bench.databases import (
    Databases,
    migrate,
    on,
    settings_of_connection,
    using,
)
from treatments.bench.diary import RESERVATIONS_A_VISIT, Diary
from treatments.bench.http_load import Target, measure_in_turn
from treatments.bench.report import Findings
from treatments.bench.servers import WebServer, peak_mb, web_server

CLIENTS = (1, 8)
MAIN, SMALL, LARGE = "main", "small", "large"
HISTORIES = (SMALL, LARGE)
DIARIES = {SMALL: None, MAIN: SMALL, LARGE: MAIN}
"""Each but the first begins as a copy of another one and gets more history."""
DATABASES = [*DIARIES, peers.DATABASE]

DAYS_AHEAD = {SMALL: 62, MAIN: 190, LARGE: 190}
"""The large and the main diary are full for as long as a course can take."""

LAST_START_SECONDS = 510
"""No round begins later than this, so that a run ends within ten minutes."""

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    rounds: int
    seconds: float
    appointments: int
    practitioners: int
    small_reservations: int
    large_reservations: int
    bookings: int
    searches: int
    plans: int
    messages: int
    with_peer: bool

    def appointments_of(self, diary: str) -> int:
        """Return how many visits a diary is loaded with."""
        if diary == MAIN:
            return self.appointments
        reservations = self.small_reservations if diary == SMALL else self.large_reservations
        return reservations // RESERVATIONS_A_VISIT


@dataclass(slots=True)
class Bench:
    """What a round needs: the plan, the loaded diary, the running servers, the findings."""

    plan: Plan
    now: datetime
    databases: Databases
    diary: Diary
    rivals: list[rivals.Rival]
    ours: WebServer
    targets: list[Target]
    found: Findings


def run(plan: Plan, databases: Databases, now: datetime, say: Say) -> Findings:
    """Load, measure round by round, clean up what was made."""
    found = Findings(run=asdict(plan))
    began = time.monotonic()
    try:
        for name, copy_of in DIARIES.items():
            say(f"loading the diary {name}: {plan.appointments_of(name):,} appointments")
            _load(name, copy_of, plan, databases, found)
        with ExitStack() as stack:
            stack.enter_context(databases.opened(MAIN))
            bench = _start(stack, plan, databases, now, found, say)
            for number in range(plan.rounds):
                if number and time.monotonic() - began > LAST_START_SECONDS:
                    say("no more rounds: the time is up")
                    break
                say(f"round {number + 1} of {plan.rounds}")
                _round(bench)
            say("covering a week of illness")
            found.cover = covering.measure(bench.diary, bench.rivals, now)
            say("sending messages")
            dispatching.measure(found, now, plan.messages)
            found.memory_mb["web workers"] = bench.ours.worker_peaks_mb()
            found.memory_mb["the benchmark itself"] = [peak_mb()]
    finally:
        databases.drop(DATABASES)
    return found


def _load(
    name: str, copy_of: str | None, plan: Plan, databases: Databases, found: Findings
) -> None:
    is_new = databases.create(name, copy_of=copy_of)
    with databases.opened(name):
        migrate()
        if is_new:
            began = time.monotonic()
            diaries.load(plan.appointments_of(name), plan.practitioners, DAYS_AHEAD[name])
            found.load_seconds[name] = time.monotonic() - began
        found.sizes[name] = diaries.sizes()


def _start(
    stack: ExitStack,
    plan: Plan,
    databases: Databases,
    now: datetime,
    found: Findings,
    say: Say,
) -> Bench:
    diary = diaries.read(now)
    people = rivals.make_rivals(now)
    rivals.set_all_free(people, now)
    courses.may_book_courses(people)
    ours = stack.enter_context(_our_server())
    staff.thin_out(diary, now)
    targets = [*_our_targets(diary, ours.port), *staff.targets(diary, ours.port, now)]
    found.visits_shown = staff.count_shown(diary, now)
    if plan.with_peer:
        say(f"installing and loading django-appointment {names.PEER_VERSION}")
        try:
            peer = peers.prepare(databases, diary)
            server = stack.enter_context(peer.served(diary))
            targets.append(peer.one_day(diary, server.port))
        except peers.PeerUnavailable as reason:
            found.missing_peer = str(reason)
    else:
        found.missing_peer = "left out"
    _count_slots(diary, now, found)
    found.queries = courses.count_queries(diary, people[0], now)
    found.memory_mb["one plan, its own"] = [courses.planning_mb(diary, now)]
    return Bench(plan, now, databases, diary, people, ours, targets, found)


def _our_server() -> AbstractContextManager[WebServer]:
    environment = {
        "DJANGO_SETTINGS_MODULE": "clinic.settings.bench",
        # Ours: who is signed in here is signed in there, and addresses that are signed hold.
        "SECRET_KEY": settings.SECRET_KEY,
        "BENCH_DATABASE": json.dumps(settings_of_connection()),
        "BENCH_CACHE": settings.CACHES["default"]["LOCATION"],
    }
    return web_server(
        python=sys.executable,
        application="clinic.wsgi",
        folder=settings.BASE_DIR,
        environment=environment,
        probe="/bench/hello",
    )


def _our_targets(diary: Diary, port: int) -> list[Target]:
    slots = f"/api/v1/slots?service={diary.service.slug}&location={diary.location.slug}"
    days = searching.day_questions(diary)
    clinic = searching.clinic_questions(diary)
    rows = diaries.some_appointments(100)
    return [
        Target(names.HELLO, port, ("/bench/hello",)),
        Target(names.ONE_QUERY, port, tuple(f"/bench/one-query/{pk}" for pk in rows)),
        Target(
            names.DAY,
            port,
            tuple(
                f"{slots}&from={ask.first_date}&to={ask.end_date}&practitioner={person.public_id}"
                for ask, person in zip(days, diary.people, strict=False)
            ),
        ),
        Target(
            names.CLINIC,
            port,
            tuple(f"{slots}&from={ask.first_date}&to={ask.end_date}" for ask in clinic),
        ),
    ]


def _count_slots(diary: Diary, now: datetime, found: Findings) -> None:
    for name, ask in (
        (names.DAY, searching.day_questions(diary)[0]),
        (names.CLINIC, searching.clinic_questions(diary)[0]),
    ):
        found.slots_in_answer[name] = len(searching.search(ask, now).slots())


def _round(bench: Bench) -> None:
    for clients in CLIENTS:
        for row in measure_in_turn(bench.targets, clients=clients, seconds=bench.plan.seconds):
            bench.found.samples.add(row)
    _search(bench)
    _search_histories(bench)
    _book(bench)
    _race(bench)
    _courses(bench)


def _search(bench: Bench) -> None:
    clinic = searching.searches(searching.clinic_questions(bench.diary), bench.now)
    no_papers = bench.diary.without_papers()
    day = searching.searches(searching.day_questions(bench.diary), bench.now)
    acts = {
        names.SQL: [searching.bare_sql(act) for act in clinic],
        names.SEARCH: clinic,
        names.SEARCH_OPEN: searching.searches(searching.clinic_questions(no_papers), bench.now),
        names.SQL_DAY: [searching.bare_sql(act) for act in day],
        names.SEARCH_DAY: day,
    }
    for row in searching.interleaved(acts, bench.plan.searches):
        bench.found.samples.add(row)


def _search_histories(bench: Bench) -> None:
    """Search the small and the large diary in turn, each on its own open connection."""
    acts: dict[str, list[searching.Act]] = {}
    with ExitStack() as stack:
        for history in HISTORIES:
            there = stack.enter_context(closing(bench.databases.connect(history)))
            with using(there):
                diary = diaries.read(bench.now)
            for name, questions in (
                (names.SEARCH_DAY, searching.day_questions(diary)),
                (names.SEARCH, searching.clinic_questions(diary)),
            ):
                acts[names.of_history(name, history)] = [
                    on(there, act) for act in searching.free_times(questions, bench.now)
                ]
        rows = searching.interleaved(acts, bench.plan.searches)
    for row in rows:
        bench.found.samples.add(row)


def _book(bench: Bench) -> None:
    slots = rivals.fresh_slots(bench.diary, bench.now, bench.plan.bookings)
    bench.found.samples.add(
        rivals.book_over_http(bench.ours.port, bench.diary, bench.rivals, slots)
    )
    rivals.set_all_free(bench.rivals, bench.now)


def _race(bench: Bench) -> None:
    slots = rivals.fresh_slots(bench.diary, bench.now, rivals.SLOTS_RACED_FOR)
    at_a_slot = bench.rivals[: rivals.RIVALS_AT_A_SLOT]
    bench.found.slot_races.append(
        rivals.race_over_http(bench.ours.port, bench.diary, at_a_slot, slots[0])
    )
    rivals.set_all_free(bench.rivals, bench.now)
    connection.close()
    bench.found.service_races.append(
        rivals.race_at_service(bench.diary, bench.rivals, slots, bench.now)
    )
    rivals.set_all_free(bench.rivals, bench.now)


def _courses(bench: Bench) -> None:
    plans = bench.plan.plans
    for row in courses.time_planning(bench.diary, bench.now, plans):
        bench.found.samples.add(row)
    row = courses.time_booking(bench.diary, bench.rivals[:plans], bench.now)
    bench.found.samples.add(row)
    bench.found.course_races.append(courses.race_for_courses(bench.diary, bench.rivals, bench.now))
